
# Amazon Linux stays at the release of its image until it is told to follow the latest one.
echo latest >/etc/dnf/vars/releasever
have dnf-automatic
cat >/etc/dnf/automatic.conf <<'END'
[commands]
upgrade_type = security
download_updates = yes
apply_updates = yes
random_sleep = 0

[emitters]
emit_via = stdio
END
try systemctl enable --now dnf-automatic-install.timer
