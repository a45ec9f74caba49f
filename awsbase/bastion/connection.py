"""The command that opens a session on a bastion, or forwards a port through it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from awsbase.bastion.host import Host
from awsbase.errors import AwsbaseError, UsageError
from awsbase.records import record
from awsbase.userdata import Mode

FORWARD = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]*):(\d{1,5})(?::(\d{1,5}))?")
PRIVILEGED = 1024
REMOTE_PORT = "AWS-StartPortForwardingSessionToRemoteHost"

PLUGIN_PAGE = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"
)
CLI_PAGE = "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"
DOWNLOADS = "https://s3.amazonaws.com/session-manager-downloads/plugin/latest"


@record
class Forward:
    """A local port that is forwarded to a port of a host that the bastion reaches."""

    host: str
    port: int
    local: int

    @property
    def description(self) -> str:
        """Return the forward as text."""
        return f"127.0.0.1:{self.local} leads to {self.host}:{self.port}"


def forward(text: str) -> Forward:
    """Parse HOST:PORT[:LOCAL]; raises UsageError when it is invalid.

    The local port defaults to the same number, plus 8000 for ports below 1024, which only root can open.
    """
    found = FORWARD.fullmatch(text.strip())
    if not found:
        raise UsageError(
            f"{text!r} is no port to forward",
            hint="write HOST:PORT or HOST:PORT:LOCAL, as in db.internal:5432:15432; an IPv6 address in brackets",
        )
    port = int(found[2])
    local = int(found[3]) if found[3] else port if port >= PRIVILEGED else port + 8000
    for number in (port, local):
        if not 1 <= number <= 65535:
            raise UsageError(f"{number} is no port", hint="ports are 1 to 65535")
    return Forward(found[1], port, local)


@record
class Connection:
    """The parameters of a connection: host, mode, region, profile, login and forwards."""

    host: Host
    mode: Mode
    region: str
    profile: str | None = None
    login: str = ""
    forwards: Sequence[Forward] = ()


def command(to: Connection) -> list[str]:
    """Return the command that opens a connection."""
    return COMMANDS[to.mode](to)


def session(to: Connection) -> list[str]:
    """Return the command of a session through Systems Manager, which needs no open port.

    Raises UsageError for several forwards.
    """
    if len(to.forwards) > 1:
        raise UsageError("Session Manager forwards one port a session", hint="run connect once for each --forward")
    start = ["aws", "ssm", "start-session", "--target", to.host.id, *common(to)]
    for each in to.forwards:
        parameters = {
            "host": [each.host.strip("[]")],
            "portNumber": [str(each.port)],
            "localPortNumber": [str(each.local)],
        }
        start += ["--document-name", REMOTE_PORT, "--parameters", json.dumps(parameters, separators=(",", ":"))]
    return start


def ssh(to: Connection) -> list[str]:
    """Return the ssh command; host keys are stored per instance, since each has its own.

    Raises AwsbaseError when the host has no address.
    """
    address = to.host.public_ip or to.host.private_ip
    if not address:
        raise AwsbaseError(f"{to.host.id} has no address", hint="`awsbase bastion doctor` says why")
    known = ["-o", f"HostKeyAlias={to.host.id}", "-o", "StrictHostKeyChecking=accept-new"]
    tunnels = [part for each in to.forwards for part in ("-L", f"127.0.0.1:{each.local}:{each.host}:{each.port}")]
    only = ["-N", "-o", "ExitOnForwardFailure=yes"] if tunnels else []
    return ["ssh", *known, *only, *tunnels, f"{to.login}@{address}"]


def instance_connect(to: Connection) -> list[str]:
    """Return the command through the EC2 Instance Connect endpoint, with a key that is valid for a minute.

    Raises UsageError for several forwards.
    """
    if len(to.forwards) > 1:
        raise UsageError("EC2 Instance Connect forwards one port", hint="run connect once for each --forward")
    start = ["aws", "ec2-instance-connect", "ssh", "--instance-id", to.host.id, "--connection-type", "eice"]
    start += ["--os-user", to.login or "ec2-user", *common(to)]
    for each in to.forwards:
        start += ["--local-forwarding", f"127.0.0.1:{each.local}:{each.host}:{each.port}"]
    return start


def common(to: Connection) -> list[str]:
    """Return the common options of the AWS CLI."""
    return ["--region", to.region, *(["--profile", to.profile] if to.profile else [])]


COMMANDS: dict[Mode, Callable[[Connection], list[str]]] = {
    "ssm": session,
    "ssh": ssh,
    "instance-connect": instance_connect,
}
PROGRAMS: dict[Mode, tuple[str, ...]] = {
    "ssm": ("aws", "session-manager-plugin"),
    "ssh": ("ssh",),
    "instance-connect": ("aws", "ssh"),
}


def require_programs(mode: Mode, which: Callable[[str], str | None], *, platform: str = sys.platform) -> None:
    """Check that the programs of a mode are installed; raises AwsbaseError with a hint how to install a missing one."""
    for program in PROGRAMS[mode]:
        if which(program) is None:
            raise AwsbaseError(f"mode {mode} needs the program {program}", hint=install(program, platform))


def install(program: str, platform: str, release: str | None = None) -> str:
    """Return how to install a program on this machine."""
    if program == "session-manager-plugin":
        if platform == "darwin":
            return "install it with `brew install --cask session-manager-plugin`"
        release = os_release() if release is None else release
        arm = "arm64" if machine() in ("aarch64", "arm64") else "64bit"
        if re.search(r"^ID(_LIKE)?=.*(debian|ubuntu)", release, re.MULTILINE):
            package = f"{DOWNLOADS}/ubuntu_{arm}/session-manager-plugin.deb"
            return f"`curl -fsSLO {package} && sudo dpkg -i session-manager-plugin.deb` installs it"
        if re.search(r"^ID(_LIKE)?=.*(fedora|rhel|amzn|centos)", release, re.MULTILINE):
            return f"`sudo dnf install -y {DOWNLOADS}/linux_{arm}/session-manager-plugin.rpm` installs it"
        return f"{PLUGIN_PAGE} explains how to install it"
    if program == "aws":
        return f"install the AWS CLI, version 2: {CLI_PAGE}"
    return "install OpenSSH's client"


def os_release(file: Path = Path("/etc/os-release")) -> str:
    """Return the content of os-release; empty when there is no such file."""
    return file.read_text(encoding="utf-8") if file.exists() else ""


def machine() -> str:
    """Return the architecture of this machine."""
    import platform

    return platform.machine()
