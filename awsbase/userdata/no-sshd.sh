
# Nobody comes in by ssh: sessions go through the agent, which calls out.
try systemctl disable --now sshd.service
