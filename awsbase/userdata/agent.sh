
# Session Manager; also the way in when all others are broken. Ubuntu's images have it as a snap.
if [ -e /snap/amazon-ssm-agent ]; then
  try snap start --enable amazon-ssm-agent
else
  if [ "$apt" ]; then
    from_aws amazon-ssm-agent amazon-ssm "latest/debian_$(dpkg --print-architecture)"
  else
    have amazon-ssm-agent
  fi
  try systemctl enable --now amazon-ssm-agent.service
fi
