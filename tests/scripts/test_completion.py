"""What shells complete: from files only, and in each shell as it was typed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pexpect
import pytest
from click.testing import CliRunner

from awsbase.scripts import cli
from tests.conftest import needs
from tests.scripts.conftest import FULL

ROOT = Path(__file__).parents[2]
CREDENTIALS = """\
[work]
aws_access_key_id = AKIA
[work-mfa]
x_role_arn = arn:aws:iam::111122223333:role/team/Ops
x_mfa_serial = arn:aws:iam::111122223333:mfa/alice
[my profile]
aws_access_key_id = AKIA
"""
CONFIG = """\
[profile work]
region = eu-west-1
mfa_serial = arn:aws:iam::111122223333:mfa/alice
[profile other]
role_arn = arn:aws:iam::444455556666:role/Audit
mfa_serial = arn:aws:iam::111122223333:mfa/bob,spare
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home folder with two AWS files, and a manifest in it."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(CREDENTIALS)
    (tmp_path / ".aws/config").write_text(CONFIG)
    (tmp_path / "acme.yaml").write_text(FULL)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def completed(line: str, shell: str = "fish") -> list[str]:
    """Return the completions of a line, as a shell asks for them; the last word is being typed."""
    asked = {
        "fish": {"COMP_WORDS": line, "COMP_CWORD": line.rpartition(" ")[2]},
        "zsh": {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))},
        "bash": {"COMP_LINE": line},
    }[shell]
    shown = CliRunner().invoke(cli, [], env={"_AWSBASE_COMPLETE": f"{shell}_complete", **asked}, prog_name="awsbase")
    assert shown.exit_code == 0, shown.output
    if shell == "zsh":
        return shown.stdout.splitlines()[1::3]
    return [each.partition(",")[2].partition("\t")[0] for each in shown.stdout.splitlines() if each]


ALICE = "arn:aws:iam::111122223333:mfa/alice"
OPS = "arn:aws:iam::111122223333:role/team/Ops"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("awsbase whoami --profile w", ["work", "work-mfa"]),
        ("awsbase mfa refresh --destination o", ["other"]),
        ("awsbase bootstrap acme.yaml alice --as wo", ["work", "work-mfa"]),
        ("awsbase exec --role ", ["Ops", OPS, "arn:aws:iam::444455556666:role/Audit"]),
        ("awsbase mfa refresh --device a", ["alice", ALICE, "arn:aws:iam::111122223333:mfa/bob,spare"]),
        ("awsbase mfa remove bo", ["bob,spare"]),
        ("awsbase plan acme.yaml --only n", ["notify"]),
        ("awsbase plan acme.yaml --only topic/", ["topic/acme-billing@us-east-1", "topic/acme-security"]),
        ("awsbase reconcile --only topic/", []),
        ("awsbase plan nosuch.yaml --only topic/", []),
        ("awsbase init --region eu-central-", ["eu-central-1", "eu-central-2"]),
        ("awsbase mfa list --region us-gov", ["us-gov-east-1", "us-gov-west-1"]),
        ("awsbase help mfa re", ["refresh", "resync", "remove"]),
        ("awsbase help nosuch ", []),
        ("awsbase whoami --profile=work", ["--profile=work", "--profile=work-mfa"]),
    ],
)
def test_values_are_completed(line: str, expected: list[str], home: Path) -> None:
    assert sorted(completed(line)) == sorted(expected)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_word_that_is_typed_is_completed_in_each_shell(shell: str, home: Path) -> None:
    assert completed("awsbase whoami --profile wor", shell) == ["work", "work-mfa"]
    whole = [f"--profile={name}" for name in ("work", "work-mfa")]
    assert completed("awsbase whoami --profile=wor", shell) == (["work", "work-mfa"] if shell == "bash" else whole)
    (found,) = completed("awsbase mfa refresh --device arn:aws:iam::111122223333:mfa/al", shell)
    # Readline replaces only what is behind the last colon.
    assert found.replace("\\:", ":") == ("mfa/alice" if shell == "bash" else ALICE)


def test_an_invalid_file_completes_nothing(home: Path) -> None:
    (home / ".aws/config").write_text("[profile")
    assert completed("awsbase whoami --profile w") == []


NAMES = {"profile", "region", "role", "destination", "only", "as_profile"}


def every_parameter(command: click.Command = cli) -> Iterator[tuple[str, click.Parameter]]:
    yield from ((command.name or "", each) for each in command.params)
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from every_parameter(found)


def test_every_option_for_a_profile_role_address_or_region_is_completed(home: Path) -> None:
    seen = {}
    for command, parameter in every_parameter():
        if parameter.name in NAMES or (parameter.name in ("device", "devices") and command != "create"):
            context = click.Context(click.Command("any"))
            context.params["manifest"] = home / "acme.yaml"
            seen[command, parameter.name] = parameter.shell_complete(context, "")
    assert len(seen) > 30
    assert [key for key, items in seen.items() if not items] == []


# In the shells themselves.

SETUP = {
    "bash": 'PS1="> "; bind "set enable-bracketed-paste off"; eval "$(awsbase completion bash)"',
    "zsh": 'PS1="> "; autoload -U compinit; compinit -u; eval "$(awsbase completion zsh)"',
    "fish": "function fish_prompt; echo -n '> '; end; awsbase completion fish | source",
}
START = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"], "fish": ["--no-config", "-i"]}
LINES = [
    ("whoami --profile oth", ["whoami", "--profile", "other"]),
    ("whoami --profile=oth", ["whoami", "--profile=other"]),
    ("whoami --profile my", ["whoami", "--profile", "my profile"]),
    ("exec --device arn:aws:iam::111122223333:mfa/al", ["exec", "--device", ALICE]),
    ("exec --device bob", ["exec", "--device", "bob,spare"]),
    ("plan acme.yaml --only topic/acme-bi", ["plan", "acme.yaml", "--only", "topic/acme-billing@us-east-1"]),
]


@pytest.mark.slow
@pytest.mark.sampled(1)
@pytest.mark.parametrize("shell", [pytest.param(shell, marks=needs(shell)) for shell in START])
def test_a_tab_completes_the_line(shell: str, home: Path) -> None:
    programs = home / "bin"
    programs.mkdir()
    # What the shell would run is shown instead: each word in brackets.
    (programs / "awsbase").write_text(
        f'#!/bin/sh\n[ -n "$_AWSBASE_COMPLETE" ] || [ "$1" = completion ] || {{ printf "<%s>" "$@"; echo .; exit; }}\n'
        f'exec "{sys.executable}" -m awsbase "$@"\n'
    )
    (programs / "awsbase").chmod(0o755)
    environ = {
        "HOME": str(home),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TERM": "dumb",
        "LANG": "C.UTF-8",
    }
    run: Any = pexpect.spawn(
        shell, START[shell], env=environ, encoding="utf-8", timeout=60, dimensions=(40, 200), cwd=str(home)
    )
    run.sendline(f"{SETUP[shell]}; echo re''ady")
    run.expect_exact("ready")
    for typed, expected in LINES:
        run.send(f"awsbase {typed}\t")
        run.send("\n")
        run.expect(r"<([^\r\n]*)>\.")
        assert run.match[1].split("><") == expected, typed
    run.sendline("exit")
    run.close()
