"""What is tried on a booted bastion: who gets in, what they may do, what is forwarded, who is blocked, who is gone."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path

from awsbase.records import record
from tests.host.machine import Ended, Machine

# A boot installs packages; without KVM it takes long.
BOOT = 5400.0
# What only AWS has: the script says that it did not get them, and goes on.
ONLY_ON_AWS = re.compile(
    r"failed: (no package amazon-\S+ from AWS|systemctl enable --now amazon-ssm-agent\S*|/opt/aws/.*)"
)
DONE = re.compile(r"Cloud-init v\. \S+ finished at")
PASSWORD = "Correct-Horse-1"
PRIVATE = "10.99.0.2"
# A subnet of one host behind the bastion, as a namespace of its own.
SUBNET = f"""\
ip netns add private && ip link add behind type veth peer name eth0 netns private
ip address add 10.99.0.1/24 dev behind && ip link set behind up
ip -n private address add {PRIVATE}/24 dev eth0 && ip -n private link set eth0 up
ip -n private route add default via 10.99.0.1
"""
OUTWARD = "ip netns exec private curl -s -o /dev/null -m 10 -w '%{http_code}' http://169.254.169.254/latest/meta-data/"


@record
class Seen:
    """One thing that was tried, whether it was as it should be, and what was seen."""

    what: str
    fine: bool
    shown: str = ""

    @property
    def line(self) -> str:
        """Return it as one line."""
        return f"{'ok  ' if self.fine else 'FAIL'} {self.what}" + (f": {self.shown}" if self.shown else "")


@record
class Host:
    """The machine, and the private keys of those who try to get in."""

    machine: Machine
    keys: dict[str, Path] = field(default_factory=dict)

    def run(self, login: str, *command: str, key: str | None = None, options: tuple[str, ...] = ()) -> Ended:
        """Run a command as somebody, with their own key unless another one is named."""
        return self.machine.ssh(login, *command, key=self.keys[key or login], options=options)

    def root(self, script: str) -> Ended:
        """Run a script as root, by the administrator's sudo."""
        return self.machine.ssh("alice", "sudo", "bash", "-s", key=self.keys["alice"], text=script)


def up(what: str, host: Host) -> Seen:
    """Wait until cloud-init says on the console that it has ended.

    Who knocked before there is an account would be blocked by fail2ban, which reads what was logged before it started.
    """
    began, shown = time.monotonic(), ""
    while time.monotonic() - began < BOOT and host.machine.off_after(1) is None:
        shown = host.machine.console.read_text(errors="replace")
        if DONE.search(shown):
            return Seen(what, True, f"{time.monotonic() - began:.0f} seconds until cloud-init was done")
    return Seen(what, False, shown[-2000:])


def off(what: str, seconds: float | None) -> Seen:
    """Say how long the host took to switch itself off."""
    return Seen(what, seconds is not None, f"off after {seconds:.0f} seconds" if seconds is not None else "on still")


def cloud_init(host: Host) -> Iterator[Seen]:
    """Yield whether cloud-init had errors, and whether the script failed in anything that can be had without AWS."""
    status = json.loads(host.root("cloud-init status --format json").text or "{}")
    errors = [status.get("errors"), status.get("recoverable_errors")]
    source = status.get("datasource", "")
    yield Seen("cloud-init reports no error", errors == [[], {}], f"{status.get('extended_status')}, {errors}")
    # cloud-init tells which of its two ways it took: with the network it brought up itself, or early on.
    yield Seen("the user data came as on EC2", source in ("ec2", "ec2local"), f"data source {source}, IMDSv2")
    said = host.root("journalctl -b -t awsbase -o cat").text.splitlines()
    failed = [line for line in said if line.startswith("failed: ")]
    unexpected = [line for line in failed if not ONLY_ON_AWS.fullmatch(line)]
    yield Seen(
        "the script ran to its end", any(line.startswith("this host is as") for line in said), said[-1] if said else ""
    )
    yield Seen("nothing failed but what needs AWS", unexpected == [], "; ".join(unexpected or failed))


def first_boot(host: Host) -> Iterator[Seen]:
    """Yield what the first boot has set up."""
    yield Seen("the system", True, host.root(". /etc/os-release; echo $PRETTY_NAME, Linux $(uname -r)").text)
    yield from cloud_init(host)
    units = ("ssh.service", "fail2ban.service", "rsyslog.service", "apt-daily-upgrade.timer")
    active = host.root(f"systemctl is-active {' '.join(units)}").text.split()
    yield Seen("its services are active", active == ["active"] * len(units), ", ".join(units))
    updates = host.root("apt-config dump APT::Periodic; unattended-upgrade --dry-run && echo can run").text
    yield Seen("security updates come by themselves", 'Unattended-Upgrade "1"' in updates and "can run" in updates)


def who_gets_in(host: Host) -> Iterator[Seen]:
    """Yield that a key opens the door, and nothing else does."""
    # All these knocks come from one address, which fail2ban would block before they are through.
    host.root(f"fail2ban-client set sshd addignoreip {host.machine.outside}")
    for login in ("alice", "bob"):
        yield Seen(f"{login} gets in with their key", host.run(login, "id", "-un").text == login)
    yield refused("bob's key does not open alice's account", host.run("alice", "true", key="bob"))
    yield refused("a key of nobody's opens no account", host.run("alice", "true", key="mallory"))
    yield refused("the administrator's key does not open root's account", host.run("root", "true", key="alice"))
    yield refused("nor the account of the image", host.run("ec2-user", "true", key="alice"))
    host.root(f"echo 'bob:{PASSWORD}' | chpasswd")
    for method in ("password", "keyboard-interactive"):
        options = ("-o", f"PreferredAuthentications={method}", "-o", "NumberOfPasswordPrompts=1")
        yield refused(f"bob's password opens nothing ({method})", by_password(host, options))
    host.root("passwd --lock bob")


def by_password(host: Host, options: tuple[str, ...]) -> Ended:
    """Try to log in with the password that bob has for the moment."""
    return host.machine.ssh("bob", "true", key=None, options=options, password=PASSWORD)


def refused(what: str, ended: Ended) -> Seen:
    """Say whether sshd refused somebody."""
    return Seen(
        what, ended.code != 0 and "Permission denied" in ended.text, ended.text.splitlines()[-1] if ended.text else ""
    )


def what_they_may(host: Host) -> Iterator[Seen]:
    """Yield that the administrator is root by sudo, and the person is not."""
    yield Seen("an administrator has sudo", host.run("alice", "sudo", "-n", "id", "-un").text == "root")
    person = host.run("bob", "sudo", "-n", "id", "-un")
    yield Seen("a person has not", person.code != 0, person.text.splitlines()[-1] if person.text else "")
    keys = host.run("bob", "sh", "-c", "'echo x >>/etc/ssh/awsbase/bob'")
    yield Seen("a person cannot let others in", keys.code != 0, keys.text)


def forwarding(host: Host) -> Iterator[Seen]:
    """Yield that the private subnet goes out by the host, and by the rules alone."""
    made = host.root(SUBNET)
    yield Seen("a private subnet behind it", made.code == 0, f"{PRIVATE}, {made.text}".rstrip(", "))
    # The metadata service outside answers 401 to whoever has no token: that is an answer.
    yield Seen("the private subnet goes out", host.root(OUTWARD).text == "401", "an answer from outside")
    without = "nft list table ip awsbase_nat >/run/nat && nft delete table ip awsbase_nat; "
    closed = host.root(f"{without}{OUTWARD}").text
    yield Seen("and does not without the rules", closed == "000", "no answer")
    yield Seen("the rules are put back", host.root(f"nft -f /run/nat; {OUTWARD}").text == "401")


def blocking(host: Host) -> Iterator[Seen]:
    """Yield that failed logins of one address block it, and no other."""
    knock = (
        "ip netns exec private ssh -n -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5"
    )
    tries = "ssh-keygen -q -t ed25519 -N '' -f /root/wrong; "
    tries += f"for _ in 1 2 3 4 5 6; do {knock} -i /root/wrong alice@10.99.0.1; done"
    host.root(tries)
    banned = ""
    for _ in range(30):
        banned = host.root("fail2ban-client get sshd banip").text
        if PRIVATE in banned:
            break
        time.sleep(2)
    yield Seen("fail2ban blocks after failed logins", PRIVATE in banned, banned)
    again = host.root(f"{knock} -i /root/wrong alice@10.99.0.1").text.splitlines()
    yield Seen(
        "the blocked address gets no answer", any("refused" in line or "timed out" in line for line in again), again[-1]
    )
    yield Seen("other addresses still get in", host.run("alice", "true").code == 0)
    host.root("fail2ban-client unban --all")


def after_bob_left(host: Host) -> Iterator[Seen]:
    """Yield that nothing is left of somebody whom the manifest no longer names."""
    yield from cloud_init(host)
    yield refused("bob does not get in", host.run("bob", "true"))
    account = host.root(
        "getent passwd bob; ls -d /home/bob /etc/ssh/awsbase/bob 2>/dev/null; ps -u bob 2>/dev/null | tail -n +2"
    )
    yield Seen(
        "bob has no account, home, key or process",
        account.text in ("", "error: user name does not exist"),
        account.text,
    )
    said = [line for line in host.root("journalctl -b -t awsbase -o cat").text.splitlines() if "bob" in line]
    yield Seen("the host's log says so", said != [], "; ".join(said))
    yield Seen("alice gets in, and has sudo", host.run("alice", "sudo", "-n", "id", "-un").text == "root")
