"""The way in: the one command that opens a session on a bastion, or forwards a port through it."""

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
    """A port of this machine that leads to a port of a host which the bastion reaches."""

    host: str
    port: int
    local: int

    @property
    def said(self) -> str:
        return f"127.0.0.1:{self.local} leads to {self.host}:{self.port}"


def forward(text: str) -> Forward:
    """Read HOST:PORT[:LOCAL]; the local port is the same one, or 8000 more where only root may listen."""
    found = FORWARD.fullmatch(text.strip())
    if not found:
        raise UsageError(
            f"{text!r} is nothing to forward",
            hint="write HOST:PORT or HOST:PORT:LOCAL, as in db.internal:5432:15432; an IPv6 address in brackets",
        )
    port = int(found[2])
    local = int(found[3]) if found[3] else port if port >= PRIVILEGED else port + 8000
    for number in (port, local):
        if not 1 <= number <= 65535:
            raise UsageError(f"{number} is no port", hint="ports are 1 to 65535")
    return Forward(found[1], port, local)


@record
class Way:
    """What decides how to get in: the host, its mode and region, the profile to use, the login, and forwards."""

    host: Host
    mode: Mode
    region: str
    profile: str | None = None
    login: str = ""
    forwards: Sequence[Forward] = ()


def command(way: Way) -> list[str]:
    """Return the command that goes this way."""
    return COMMANDS[way.mode](way)


def session(way: Way) -> list[str]:
    """Start a session through Systems Manager, which needs no open port."""
    if len(way.forwards) > 1:
        raise UsageError("Session Manager forwards one port a session", hint="run connect once for each --forward")
    start = ["aws", "ssm", "start-session", "--target", way.host.id, *common(way)]
    for to in way.forwards:
        given = {
            "host": [to.host.strip("[]")],
            "portNumber": [str(to.port)],
            "localPortNumber": [str(to.local)],
        }
        start += ["--document-name", REMOTE_PORT, "--parameters", json.dumps(given, separators=(",", ":"))]
    return start


def ssh(way: Way) -> list[str]:
    """Go straight to the host; its key is remembered for this instance, as the next one has another key."""
    address = way.host.public_ip or way.host.private_ip
    if not address:
        raise AwsbaseError(f"{way.host.id} has no address", hint="`awsbase bastion doctor` says why")
    known = ["-o", f"HostKeyAlias={way.host.id}", "-o", "StrictHostKeyChecking=accept-new"]
    to = [part for each in way.forwards for part in ("-L", f"127.0.0.1:{each.local}:{each.host}:{each.port}")]
    only = ["-N", "-o", "ExitOnForwardFailure=yes"] if to else []
    return ["ssh", *known, *only, *to, f"{way.login}@{address}"]


def instance_connect(way: Way) -> list[str]:
    """Go through the EC2 Instance Connect endpoint with a key that lives for a minute."""
    if len(way.forwards) > 1:
        raise UsageError("EC2 Instance Connect forwards one port", hint="run connect once for each --forward")
    start = ["aws", "ec2-instance-connect", "ssh", "--instance-id", way.host.id, "--connection-type", "eice"]
    start += ["--os-user", way.login or "ec2-user", *common(way)]
    for to in way.forwards:
        start += ["--local-forwarding", f"127.0.0.1:{to.local}:{to.host}:{to.port}"]
    return start


def common(way: Way) -> list[str]:
    return ["--region", way.region, *(["--profile", way.profile] if way.profile else [])]


COMMANDS: dict[Mode, Callable[[Way], list[str]]] = {"ssm": session, "ssh": ssh, "instance-connect": instance_connect}
PROGRAMS: dict[Mode, tuple[str, ...]] = {
    "ssm": ("aws", "session-manager-plugin"),
    "ssh": ("ssh",),
    "instance-connect": ("aws", "ssh"),
}


def equipped(mode: Mode, which: Callable[[str], str | None], *, platform: str = sys.platform) -> None:
    """Raise AwsbaseError with the way to install it when a program that a mode needs is missing."""
    for program in PROGRAMS[mode]:
        if which(program) is None:
            raise AwsbaseError(f"mode {mode} needs the program {program}", hint=install(program, platform))


def install(program: str, platform: str, release: str | None = None) -> str:
    """Say how to install a program on this machine."""
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
        return f"{PLUGIN_PAGE} tells how to install it"
    if program == "aws":
        return f"install the AWS CLI, version 2: {CLI_PAGE}"
    return "install OpenSSH's client"


def os_release(file: Path = Path("/etc/os-release")) -> str:
    """Return what this machine says of its distribution; nothing where there is no such file."""
    return file.read_text(encoding="utf-8") if file.exists() else ""


def machine() -> str:
    """Return the architecture of this machine."""
    import platform

    return platform.machine()
