
# Who came in and who became root, kept where nobody on this host can erase it.
if [ "$apt" ]; then
  from_aws amazon-cloudwatch-agent amazoncloudwatch-agent \
    "$(cloud-init query distro)/$(dpkg --print-architecture)/latest"
else
  have amazon-cloudwatch-agent
fi
install -d -m 755 /etc/awsbase
sed "s|AUTH_LOG|$auth_log|" >/etc/awsbase/logs.json <<'END'
@logs@
END
try /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl \
  -a fetch-config -m ec2 -s -c file:/etc/awsbase/logs.json
