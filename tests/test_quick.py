"""What is answered before click is imported is answered as by the command line, and nothing else is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import pytest

from awsbase import quick
from awsbase.scripts import cli, mfa
from tests.people.shell import ROOT

ROLE = "arn:aws:iam::123456789012:role/Ops"
KEYS = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {0}-secret\n"
KEPT = """
[{0}]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = none
aws_session_token = none
x_security_token_expires = {1}
x_source_profile = work
x_source_key_id = AKIAIOSFODNN7EXAMPLE
x_mfa_serial = arn:aws:iam::123456789012:mfa/alice
"""
CREDENTIALS = (
    "[work]\n"
    + KEYS.format("work")
    + KEPT.format("work-mfa", "2026-06-30T19:05:30Z")
    + KEPT.format("work-Ops-mfa", "2026-06-30T13:00:00+00:00")
    + f"x_role_arn = {ROLE}\n"
    + KEPT.format("mine", "2026-06-30T12:30:00Z")
    + KEPT.format("short", "2026-06-30T12:09:00Z")
    + "[own]\n"
    + KEYS.format("own")
    + "[changed]\n"
    + KEYS.format("changed")
    + KEPT.format("changed-mfa", "2026-06-30T19:00:00Z").replace("= work", "= changed").replace("AKIA", "AKIB")
)
CONFIG = f"""
[profile work]
region = eu-west-1
[profile ops]
role_arn = {ROLE}
source_profile = work
mfa_serial = arn:aws:iam::123456789012:mfa/alice
"""


class Noon(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Noon:
        return cls(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with sessions, at the same moment for both ways."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(CREDENTIALS)
    (tmp_path / ".aws/config").write_text(CONFIG)
    for name in [name for name in os.environ if name.startswith("AWS")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    for module in (quick, mfa):
        monkeypatch.setattr(module, "datetime", Noon)
    return tmp_path


SESSION_IN_USE = {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}


@pytest.mark.parametrize("command", ["refresh", "refresh --json", "credentials"])
@pytest.mark.parametrize(
    ("options", "environ", "expected"),
    [
        ("--profile work", {}, "work-mfa"),
        ("--profile=work", {}, "work-mfa"),
        ("", {"AWS_PROFILE": "work"}, "work-mfa"),
        ("", {"AWS_DEFAULT_PROFILE": "work-mfa"}, "work-mfa"),
        ("--profile work", SESSION_IN_USE, "work-mfa"),
        ("", {**SESSION_IN_USE, "AWS_PROFILE": "work-mfa"}, "work-mfa"),
        ("--profile work --role Ops", {}, "work-Ops-mfa"),
        (f"--role={ROLE} --profile work", {}, "work-Ops-mfa"),
        ("--profile work --destination mine --device alice", {}, "mine"),
    ],
    ids=["profile", "with =", "variable", "session", "keys win", "session wins", "role", "ARN", "destination"],
)
def test_a_live_session_is_printed_as_by_the_command_line(
    command: str,
    options: str,
    environ: dict[str, str],
    expected: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    arguments = ["mfa", *command.split(), *options.split()]
    before = sorted(home.rglob("*"))

    assert quick.answer(arguments)
    printed = capsys.readouterr()
    assert "Expiration" in printed.out or expected in printed.out
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert (capsys.readouterr(), end.value.code) == (printed, 0)
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize(
    "options",
    [
        "--profile short --destination short",
        "--profile work --destination short",
        "--profile work --destination own",
        "--profile work --destination nowhere",
        "--profile work --device bob",
        "--profile ops",
        "--profile changed",
        "--profile own --destination work-mfa",
        "--profile absent",
        "--profile=",
        "",
        "--profile work --region eu-west-1",
        "--profile work --duration 1h",
        "--profile work --force",
        "--profile work --debug",
        "--profile work --console",
        "--profile work --json --json",
        "--profile work --profile work",
        "--profile work --help",
        "--profile",
        "--profile -x",
        "--profile work -- x",
        "--prof work",
        "work",
    ],
)
def test_anything_else_is_left_to_the_command_line(
    options: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("refresh", "credentials"):
        assert not quick.answer(["mfa", command, *options.split()])
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "arguments", ["mfa", "mfa list", "mfa refresh-all", "plan mfa refresh", "mfa credentials --json"]
)
def test_other_commands_are_left_to_the_command_line(arguments: str, home: Path) -> None:
    assert not quick.answer([*arguments.split(), "--profile", "work"])


@pytest.mark.parametrize("content", [b"[work", b"\xff\xfe", None], ids=["no header", "no text", "a folder"])
def test_a_file_that_cannot_be_read_is_explained_by_the_command_line(
    content: bytes | None, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    credentials = home / ".aws/credentials"
    credentials.unlink()
    if content is None:
        credentials.mkdir()
    else:
        credentials.write_bytes(content)
    assert not quick.answer(["mfa", "refresh", "--profile", "work"])
    with pytest.raises(SystemExit) as end:
        cli.main(["mfa", "refresh", "--profile", "work"])
    assert (end.value.code, str(credentials) in capsys.readouterr().err) == (1, True)


def environ_of(home: Path) -> dict[str, str]:
    (home / ".aws/credentials").write_text(CREDENTIALS.replace("2026", "2999"))
    return {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}


@pytest.mark.parametrize("command", ["refresh", "credentials"])
def test_a_live_session_is_found_with_few_modules(command: str, home: Path) -> None:
    script = (
        "import atexit, sys\natexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        f"sys.argv = ['awsbase', 'mfa', {command!r}, '--profile', 'work']\n"
        "from awsbase.__main__ import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", script], env=environ_of(home), capture_output=True, text=True)
    assert (done.returncode, "mfa" in done.stdout or json.loads(done.stdout)["Version"] == 1) == (0, True)
    imported = {name.partition(".")[0] for name in done.stderr.split()}
    assert {"click", "dataclasses", "inspect", "typing", "logging", "threading"}.isdisjoint(imported)
    assert {"boto3", "botocore", "pydantic", "rich", "yaml", "difflib", "textwrap"}.isdisjoint(imported)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a disk that is always full")
def test_output_that_cannot_be_written_is_an_error_on_both_ways(home: Path) -> None:
    environ, command = environ_of(home), [sys.executable, "-m", "awsbase", "mfa", "credentials", "--profile", "work"]
    with open("/dev/full", "w") as full:
        ends = [
            subprocess.run([*command, *more], env=environ, stdout=full, stderr=subprocess.PIPE, text=True)
            for more in ([], ["--debug"])
        ]
    assert ends[0].returncode == ends[1].returncode == 1
    assert ends[0].stderr == "awsbase: the output could not be written: No space left on device\n"
    assert ends[1].stderr.startswith(ends[0].stderr)
