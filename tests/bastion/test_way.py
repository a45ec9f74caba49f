"""The way in: which command it is for each mode, and what is said when it cannot be run."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from awsbase.bastion.connection import Forward, Way, command, equipped, forward, install
from awsbase.bastion.host import Host
from awsbase.errors import AwsbaseError, UsageError
from awsbase.userdata import Mode

HOST = Host(
    id="i-0123456789abcdef0",
    state="running",
    type="t4g.nano",
    image="ami-1",
    zone="eu-west-1a",
    launched=datetime(2026, 1, 1, tzinfo=UTC),
    public_ip="203.0.113.9",
    private_ip="10.0.0.9",
)
DB = Forward("db.internal", 5432, 15432)
WEB = Forward("[fd00::1]", 443, 8443)


def way(mode: Mode, *forwards: Forward, profile: str | None = None, login: str = "") -> Way:
    return Way(HOST, mode, "eu-west-1", profile, login, forwards)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (way("ssm"), "aws ssm start-session --target i-0123456789abcdef0 --region eu-west-1"),
        (
            way("ssm", DB, profile="work"),
            "aws ssm start-session --target i-0123456789abcdef0 --region eu-west-1 --profile work "
            "--document-name AWS-StartPortForwardingSessionToRemoteHost --parameters "
            """'{"host":["db.internal"],"portNumber":["5432"],"localPortNumber":["15432"]}'""",
        ),
        (
            way("ssh", login="alice"),
            "ssh -o HostKeyAlias=i-0123456789abcdef0 -o StrictHostKeyChecking=accept-new alice@203.0.113.9",
        ),
        (
            way("ssh", DB, WEB, login="alice"),
            "ssh -o HostKeyAlias=i-0123456789abcdef0 -o StrictHostKeyChecking=accept-new -N "
            "-o ExitOnForwardFailure=yes -L 127.0.0.1:15432:db.internal:5432 -L '127.0.0.1:8443:[fd00::1]:443' "
            "alice@203.0.113.9",
        ),
        (
            way("instance-connect", DB),
            "aws ec2-instance-connect ssh --instance-id i-0123456789abcdef0 --connection-type eice "
            "--os-user ec2-user --region eu-west-1 --local-forwarding 127.0.0.1:15432:db.internal:5432",
        ),
    ],
    ids=["ssm", "ssm forward", "ssh", "ssh forwards", "instance-connect forward"],
)
def test_each_mode_has_its_command(given: Way, words: str) -> None:
    assert command(given) == shlex.split(words)


def test_ssh_goes_inside_where_there_is_no_public_address() -> None:
    inside = replace(way("ssh", login="alice"), host=replace(HOST, public_ip=None))
    assert command(inside)[-1] == "alice@10.0.0.9"


@pytest.mark.parametrize("mode", ["ssm", "instance-connect"])
def test_some_modes_forward_one_port_at_a_time(mode: Mode) -> None:
    with pytest.raises(UsageError, match="forward"):
        command(way(mode, DB, WEB))


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("db.internal:5432", Forward("db.internal", 5432, 5432)),
        ("db.internal:5432:15432", DB),
        ("10.0.0.5:443", Forward("10.0.0.5", 443, 8443)),
        ("[fd00::1]:443", WEB),
    ],
)
def test_a_forward_is_read(text: str, leads: Forward) -> None:
    assert forward(text) == leads


@pytest.mark.parametrize(
    "text", ["db", "db:", ":5432", "db:0", "db:99999", "fd00::1:443", "db:1:2:3", "-oX:22", "a b:1"]
)
def test_what_is_no_forward_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        forward(text)


@pytest.mark.parametrize(
    ("mode", "there", "missing"),
    [("ssm", {"aws"}, "session-manager-plugin"), ("ssm", set(), "aws"), ("ssh", set(), "ssh")],
)
def test_a_missing_program_is_named_with_the_way_to_get_it(mode: Mode, there: set[str], missing: str) -> None:
    with pytest.raises(AwsbaseError) as caught:
        equipped(mode, lambda name: name if name in there else None)
    assert caught.value.message == f"mode {mode} needs the program {missing}"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("platform", "release", "said"),
    [
        ("darwin", "", "brew install --cask session-manager-plugin"),
        ("linux", "ID=ubuntu\nID_LIKE=debian\n", "session-manager-plugin.deb"),
        ("linux", 'ID="amzn"\nID_LIKE="fedora"\n', "session-manager-plugin.rpm"),
        ("linux", "ID=nixos\n", "https://docs.aws.amazon.com/"),
        ("win32", "", "https://docs.aws.amazon.com/"),
    ],
)
def test_the_plugin_is_installed_as_the_machine_does(platform: str, release: str, said: str) -> None:
    assert said in install("session-manager-plugin", platform, release)
