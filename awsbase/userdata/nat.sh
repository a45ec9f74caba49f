
# Private subnets go out by this host: IPv4 only, as IPv6 has egress-only gateways.
have nftables
echo 'net.ipv4.ip_forward = 1' >/etc/sysctl.d/90-awsbase-nat.conf
try sysctl -q -p /etc/sysctl.d/90-awsbase-nat.conf
uplink=$(ip -o -4 route show to default | awk '{print $5; exit}')
nft -f - <<END || say 'failed: the rules for NAT'
table ip awsbase_nat
delete table ip awsbase_nat
table ip awsbase_nat {
  chain forward {
    type filter hook forward priority filter; policy accept;
    ct state invalid drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "$uplink" masquerade
  }
}
END
