"""The login of an IAM user on a host."""

from __future__ import annotations

import re

LENGTH = 32
# System accounts of a host: no IAM user gets one of these logins.
TAKEN = """
adm apache bin bastion chrony cwagent daemon dbus ec2-instance-connect ec2-user fail2ban ftp games halt lp mail nobody
operator postfix root rpc shutdown ssm-user sshd sync sys systemd-network systemd-oom systemd-resolve tss
awsbase-admins awsbase-people
"""
# The accounts and groups that Debian and Ubuntu have beside them, which are words that people use.
DEBIAN = """
admin audio backup cdrom dialout disk floppy fax gnats input irc kmem kvm landscape list lxd man messagebus netdev
news plugdev polkitd pollinate proxy render sasl sgx shadow src staff sudo syslog tape tty ubuntu users utmp uucp
uuidd video voice www-data
"""
DEBIAN_ACCOUNTS = frozenset(DEBIAN.split())


def login(name: str) -> str:
    """Return the login of an IAM user: lower case, without a mail domain, with hyphens for invalid characters."""
    local = name.partition("@")[0].lower()
    return re.sub(r"[^a-z0-9_-]", "-", local)[:LENGTH]


def login_fault(name: str) -> str | None:
    """Return why an IAM user's name makes no valid login; None when it does."""
    result = login(name)
    if not re.fullmatch(r"[a-z_][a-z0-9_-]*", result):
        return f"{result!r} is no login: it begins with a letter"
    if result in TAKEN.split() or result.startswith("systemd-"):
        return f"the login {result!r} belongs to the host itself"
    return None
