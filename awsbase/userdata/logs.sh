
# Who came in and who became root, kept where nobody on this host can erase it.
have rsyslog amazon-cloudwatch-agent
try systemctl enable --now rsyslog.service
install -d -m 755 /etc/awsbase
cat >/etc/awsbase/logs.json <<'END'
@logs@
END
try /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl \
  -a fetch-config -m ec2 -s -c file:/etc/awsbase/logs.json
