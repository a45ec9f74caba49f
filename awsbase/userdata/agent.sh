
# Session Manager; also the way in when all others are broken.
have amazon-ssm-agent
try systemctl enable --now amazon-ssm-agent.service
