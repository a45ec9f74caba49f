
# Whoever knocks too often waits: at the filter, in any case, and by what the log says, with fail2ban.
have nftables
nft -f - <<'END' || say 'failed: the filter for ssh'
table inet awsbase_ssh
delete table inet awsbase_ssh
table inet awsbase_ssh {
  set knocks4 { type ipv4_addr; size 65535; flags dynamic, timeout; timeout 10m; }
  set knocks6 { type ipv6_addr; size 65535; flags dynamic, timeout; timeout 10m; }
  chain input {
    type filter hook input priority filter - 5; policy accept;
    tcp dport 22 ct state new update @knocks4 { ip saddr limit rate over 20/minute burst 20 packets } drop
    tcp dport 22 ct state new update @knocks6 { ip6 saddr limit rate over 20/minute burst 20 packets } drop
  }
}
END
if [ "$apt" ]; then fail2ban=fail2ban; else fail2ban='fail2ban-server'; fi
# It stands in the supplementary packages of Amazon Linux.
held $fail2ban || add $fail2ban || { [ -z "$apt" ] && add spal-release && add $fail2ban; } ||
  say "failed: no package $fail2ban for this image; the filter alone slows down who knocks"
if held $fail2ban; then
  cat >/etc/fail2ban/jail.d/awsbase.local <<END
[DEFAULT]
banaction = nftables
banaction_allports = nftables[type=allports]

[sshd]
enabled = true
backend = auto
logpath = $auth_log
mode = aggressive
maxretry = 5
findtime = 10m
bantime = 1h
bantime.increment = true
END
  try systemctl enable fail2ban.service
  try systemctl restart fail2ban.service
fi
