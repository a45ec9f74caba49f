
# The log of sshd and sudo. rsyslog makes it with its first line, as whom it runs.
have rsyslog
try systemctl enable --now rsyslog.service
if [ "$apt" ]; then auth_log=/var/log/auth.log; else auth_log=/var/log/secure; fi
logger -p authpriv.info -t awsbase 'this log is read'
tries=0
until [ -e "$auth_log" ] || [ $((++tries)) -gt 10 ]; do sleep 1; done
