"""The command that connects in each mode, and the errors when it cannot run."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from awsbase.bastion.connection import Connection, Forward, command, forward, install, require_programs
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


def connection(mode: Mode, *forwards: Forward, profile: str | None = None, login: str = "") -> Connection:
    return Connection(HOST, mode, "eu-west-1", profile, login, forwards)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (connection("ssm"), "aws ssm start-session --target i-0123456789abcdef0 --region eu-west-1"),
        (
            connection("ssm", DB, profile="work"),
            "aws ssm start-session --target i-0123456789abcdef0 --region eu-west-1 --profile work "
            "--document-name AWS-StartPortForwardingSessionToRemoteHost --parameters "
            """'{"host":["db.internal"],"portNumber":["5432"],"localPortNumber":["15432"]}'""",
        ),
        (
            connection("ssh", login="alice"),
            "ssh -o HostKeyAlias=i-0123456789abcdef0 -o StrictHostKeyChecking=accept-new alice@203.0.113.9",
        ),
        (
            connection("ssh", DB, WEB, login="alice"),
            "ssh -o HostKeyAlias=i-0123456789abcdef0 -o StrictHostKeyChecking=accept-new -N "
            "-o ExitOnForwardFailure=yes -L 127.0.0.1:15432:db.internal:5432 -L '127.0.0.1:8443:[fd00::1]:443' "
            "alice@203.0.113.9",
        ),
        (
            connection("instance-connect", DB),
            "aws ec2-instance-connect ssh --instance-id i-0123456789abcdef0 --connection-type eice "
            "--os-user ec2-user --region eu-west-1 --local-forwarding 127.0.0.1:15432:db.internal:5432",
        ),
    ],
    ids=["ssm", "ssm forward", "ssh", "ssh forwards", "instance-connect forward"],
)
def test_each_mode_has_its_command(given: Connection, words: str) -> None:
    assert command(given) == shlex.split(words)


def test_ssh_uses_the_private_address_without_a_public_one() -> None:
    inside = replace(connection("ssh", login="alice"), host=replace(HOST, public_ip=None))
    assert command(inside)[-1] == "alice@10.0.0.9"


@pytest.mark.parametrize("mode", ["ssm", "instance-connect"])
def test_some_modes_forward_only_one_port(mode: Mode) -> None:
    with pytest.raises(UsageError, match="forward"):
        command(connection(mode, DB, WEB))


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("db.internal:5432", Forward("db.internal", 5432, 5432)),
        ("db.internal:5432:15432", DB),
        ("10.0.0.5:443", Forward("10.0.0.5", 443, 8443)),
        ("[fd00::1]:443", WEB),
    ],
)
def test_a_forward_is_parsed(text: str, leads: Forward) -> None:
    assert forward(text) == leads


@pytest.mark.parametrize(
    "text", ["db", "db:", ":5432", "db:0", "db:99999", "fd00::1:443", "db:1:2:3", "-oX:22", "a b:1"]
)
def test_an_invalid_forward_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        forward(text)


@pytest.mark.parametrize(
    ("mode", "there", "missing"),
    [("ssm", {"aws"}, "session-manager-plugin"), ("ssm", set(), "aws"), ("ssh", set(), "ssh")],
)
def test_a_missing_program_is_named_with_its_installation(mode: Mode, there: set[str], missing: str) -> None:
    with pytest.raises(AwsbaseError) as caught:
        require_programs(mode, lambda name: name if name in there else None)
    assert caught.value.message == f"mode {mode} needs the program {missing}"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("platform", "release", "expected"),
    [
        ("darwin", "", "brew install --cask session-manager-plugin"),
        ("linux", "ID=ubuntu\nID_LIKE=debian\n", "session-manager-plugin.deb"),
        ("linux", 'ID="amzn"\nID_LIKE="fedora"\n', "session-manager-plugin.rpm"),
        ("linux", "ID=nixos\n", "https://docs.aws.amazon.com/"),
        ("win32", "", "https://docs.aws.amazon.com/"),
    ],
)
def test_the_plugin_is_installed_by_the_package_manager_of_the_machine(
    platform: str, release: str, expected: str
) -> None:
    assert expected in install("session-manager-plugin", platform, release)
