"""The script runs with dnf and with apt, and asks each distribution for what that one has; stand-ins run instead of it.

Debian's is booted as well, by `make host`. For Amazon Linux and Ubuntu this table stands in.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from itertools import product
from pathlib import Path

import pytest

from awsbase.userdata import Mode, Person, render
from tests.userdata.keys import ed25519
from tests.userdata.test_render import script

# What each has, in its archives or in its image; AWS serves its agents for Debian and Ubuntu from buckets of its own.
PACKAGES = {
    # docs.aws.amazon.com/linux/al2023/release-notes/all-packages.html; fail2ban-server by spal-release.
    "amazon-linux": "amazon-cloudwatch-agent amazon-ssm-agent dnf-automatic ec2-instance-connect fail2ban-server "
    "nftables rsyslog spal-release sudo",
    # packages.debian.org/trixie
    "debian": "curl fail2ban nftables rsyslog sudo unattended-upgrades",
    # packages.ubuntu.com/noble
    "ubuntu": "curl ec2-instance-connect fail2ban nftables rsyslog sudo unattended-upgrades",
}
UNITS = {
    "amazon-linux": "amazon-ssm-agent.service dnf-automatic-install.timer fail2ban.service rsyslog.service "
    "sshd.service sshd.socket",
    "debian": "amazon-ssm-agent.service apt-daily-upgrade.timer apt-daily.timer fail2ban.service rsyslog.service "
    "ssh.service ssh.socket",
    # sshd.socket is Fedora's name; Ubuntu has the agent as a snap.
    "ubuntu": "apt-daily-upgrade.timer apt-daily.timer fail2ban.service rsyslog.service ssh.service ssh.socket",
}
# AWS's documentation of both agents names these objects.
SSM_AGENT = "https://s3.eu-west-1.amazonaws.com/amazon-ssm-eu-west-1/latest/debian_arm64/amazon-ssm-agent.deb"
LOGS_AGENT = (
    "https://s3.eu-west-1.amazonaws.com/amazoncloudwatch-agent-eu-west-1/{}/arm64/latest/amazon-cloudwatch-agent.deb"
)
FETCHED: dict[str, set[str]] = {
    "amazon-linux": set(),
    "debian": {SSM_AGENT, LOGS_AGENT.format("debian")},
    "ubuntu": {LOGS_AGENT.format("ubuntu")},
}
STAND_IN = """\
#!/bin/bash
echo "${0##*/} $*" >>"$HOST/log"
case ${0##*/} in
  rpm | dpkg-query)
    for name in "${@: -1}"; do grep -qx -- "$name" "$HOST/installed" || exit 1; echo installed; done ;;
  dnf | apt-get) [[ $* != *install* ]] || echo "${@: -1}" >>"$HOST/installed" ;;
  systemctl) [ "$1" != cat ] || grep -qx "$2" "$HOST/units" ;;
  cloud-init) case $2 in region) echo eu-west-1 ;; distro) cat "$HOST/distro" ;; esac ;;
  dpkg) echo arm64 ;;
  id) exit 1 ;;
  logger) [[ $* != *authpriv* ]] || touch "$HOST/var/log/secure" "$HOST/var/log/auth.log" ;;
esac
"""
STOOD_IN = """
curl getent gpasswd groupadd id ip logger nft pkill rpm sshd sysctl systemctl useradd userdel usermod visudo
"""
REAL = "awk bash cat chmod cut grep install mv rm sed sleep touch tr"
MODES: tuple[Mode, ...] = ("ssm", "ssh", "instance-connect")


def run(folder: Path, distribution: str, mode: Mode) -> list[list[str]]:
    """Run the script on a host of files; return the calls of the stand-ins, word by word."""
    for name in ("bin", "etc/ssh/sshd_config.d", "etc/sudoers.d", "etc/fail2ban/jail.d", "etc/dnf/vars", "var/log"):
        (folder / name).mkdir(parents=True)
    for name in ("etc/apt/apt.conf.d", "etc/sysctl.d", "etc/awsbase", "run", "snap"):
        (folder / name).mkdir(parents=True)
    (folder / "etc/ssh/sshd_config").write_text("")
    (folder / "installed").write_text("")
    (folder / "distro").write_text(distribution)
    (folder / "units").write_text(UNITS[distribution].replace(" ", "\n") + "\n")
    if distribution == "ubuntu":
        (folder / "snap/amazon-ssm-agent").mkdir()
    manager = ["dnf"] if distribution == "amazon-linux" else ["apt-get", "dpkg", "dpkg-query", "snap", "cloud-init"]
    for name in (*STOOD_IN.split(), *manager):
        (folder / "bin" / name).write_text(STAND_IN)
        (folder / "bin" / name).chmod(0o755)
    for name in REAL.split():
        (folder / "bin" / name).symlink_to(shutil.which(name) or os.devnull)
    text = script(render(mode=mode, people=[Person("alice", (ed25519(),))], log_group="/acme/auth", nat=True))
    for name in ("etc", "var", "run", "snap"):
        text = text.replace(f"/{name}/", f"{folder}/{name}/")
    environment = {"PATH": f"{folder}/bin", "HOST": str(folder)}
    ended = subprocess.run(["/bin/bash"], input=text, env=environment, capture_output=True, text=True, check=False)
    assert [line for line in ended.stderr.splitlines() if "/opt/aws/" not in line] == []
    said = [line for line in ended.stdout.splitlines() if "failed: " in line]
    assert [line for line in said if "/opt/aws/" not in line] == []
    return [line.split() for line in (folder / "log").read_text().splitlines()]


@pytest.mark.parametrize(
    ("distribution", "mode"),
    # Debian has no package of EC2 Instance Connect, and the manifest refuses the two together.
    [each for each in product(PACKAGES, MODES) if each != ("debian", "instance-connect")],
)
def test_it_asks_a_distribution_for_what_that_one_has(distribution: str, mode: Mode, tmp_path: Path) -> None:
    calls = run(tmp_path, distribution, mode)
    installed = [call[-1] for call in calls if call[0] in ("dnf", "apt-get") and "install" in call]
    files = [name for name in installed if name.endswith(".deb")]
    assert set(installed) - set(files) <= set(PACKAGES[distribution].split())
    fetched = [call[-1] for call in calls if call[0] == "curl"]
    assert set(fetched) == FETCHED[distribution]
    assert len(files) == len(fetched)
    units = {word for call in calls if call[0] == "systemctl" and call[1] != "cat" for word in call if "." in word}
    assert units <= set(UNITS[distribution].split())


@pytest.mark.parametrize("distribution", ["debian", "ubuntu"])
def test_sshd_of_ubuntu_does_not_listen_by_its_socket(distribution: str, tmp_path: Path) -> None:
    calls = [" ".join(call) for call in run(tmp_path, distribution, "ssm")]
    assert calls.index("systemctl disable --now ssh.socket") < calls.index("systemctl disable --now ssh.service")
