"""The login that an IAM user has on a host."""

from __future__ import annotations

import re

LENGTH = 32
# Accounts that a host has anyway; nobody may become one of them by being called like it.
TAKEN = """
adm apache bin bastion chrony cwagent daemon dbus ec2-instance-connect ec2-user fail2ban ftp games halt lp mail nobody
operator postfix root rpc shutdown ssm-user sshd sync sys systemd-network systemd-oom systemd-resolve tss
awsbase-admins awsbase-people
"""


def login(name: str) -> str:
    """Return the login of an IAM user: lower case, without a mail domain, hyphens for what Linux does not take."""
    local = name.partition("@")[0].lower()
    return re.sub(r"[^a-z0-9_-]", "-", local)[:LENGTH]


def login_fault(name: str) -> str | None:
    """Tell why an IAM user cannot have a login of their name."""
    made = login(name)
    if not re.fullmatch(r"[a-z_][a-z0-9_-]*", made):
        return f"{made!r} is no login: it begins with a letter"
    if made in TAKEN.split() or made.startswith("systemd-"):
        return f"the login {made!r} belongs to the host itself"
    return None
