
# Security updates, every day.
if [ "$apt" ]; then
  have unattended-upgrades
  cat >/etc/apt/apt.conf.d/99awsbase <<'END'
APT::Periodic::Enable "1";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
END
  try systemctl enable --now apt-daily.timer apt-daily-upgrade.timer
else
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
fi
