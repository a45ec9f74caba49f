
# The first word that sshd finds on a subject counts, so this file comes first.
cat >/etc/ssh/sshd_config.d/00-awsbase.conf <<'END'
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
AllowGroups @groups@
AuthorizedKeysFile @keys@
AllowAgentForwarding no
AllowTcpForwarding local
GatewayPorts no
X11Forwarding no
PermitTunnel no
PermitUserEnvironment no
MaxAuthTries 3
LoginGraceTime 20
ClientAliveInterval 300
ClientAliveCountMax 2
LogLevel VERBOSE
END
chmod 600 /etc/ssh/sshd_config.d/00-awsbase.conf
grep -qiE '^[[:space:]]*Include[[:space:]]+/etc/ssh/sshd_config\.d/' /etc/ssh/sshd_config ||
  sed -i '1i Include /etc/ssh/sshd_config.d/*.conf' /etc/ssh/sshd_config
@instance_connect@
systemctl daemon-reload
no_socket
# Where sshd has never run, Debian's is without this folder, and refuses any settings.
install -d -m 755 /run/sshd
if sshd -t; then
  try systemctl enable "$sshd"
  try systemctl restart "$sshd"
else
  say 'failed: sshd refuses its settings, and is stopped'
  systemctl disable --now "$sshd"
fi
