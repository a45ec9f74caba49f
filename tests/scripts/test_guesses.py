"""Wrong guesses: each is answered by what works."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from awsbase import __version__, packages
from awsbase.scripts import cli, guesses
from tests.scripts.conftest import EMPTY, written


def advice(*arguments: str) -> str:
    ended = CliRunner().invoke(cli, arguments, prog_name="awsbase")
    assert (ended.exit_code, ended.stdout) == (2, "")
    return ended.stderr


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("apply acme.yaml", "no command 'apply'", "`awsbase reconcile acme.yaml` shows the plan, asks, and applies it"),
        ("diff", "no command 'diff'", "`awsbase plan MANIFEST` shows what would change, and only reads"),
        (
            "delete acme.yaml",
            "no command 'delete'",
            "`awsbase destroy acme.yaml` deletes what awsbase made for it",
        ),
        ("reconsile acme.yaml", "no command 'reconsile'", "did you mean `awsbase reconcile`?"),
        ("xyzzy", "no command 'xyzzy'", "`awsbase help` lists all"),
        (
            "nosuch.yaml",
            "no command 'nosuch.yaml'",
            "`awsbase plan nosuch.yaml` shows what would change, `awsbase reconcile nosuch.yaml` applies it",
        ),
        ("mfa refesh", "mfa has no command 'refesh'", "did you mean `awsbase mfa refresh`?"),
        ("mfa enrol", "mfa has no command 'enrol'", "did you mean `awsbase mfa create`?"),
        ("state xyzzy", "state has no command 'xyzzy'", "there are backend"),
        ("help mfa refesh", "mfa has no command 'refesh'", "did you mean `awsbase mfa refresh`?"),
        ("reconcile acme.yaml --auto-approve", "reconcile has no option --auto-approve", guesses.YES),
        ("reconcile acme.yaml -auto-approve", "reconcile has no option --auto-approve", guesses.YES),
        (
            "plan acme.yaml --auto-approve",
            "plan has no option --auto-approve",
            "`awsbase reconcile acme.yaml --yes` applies a plan without a question",
        ),
        (
            "reconcile acme.yaml --dry-run",
            "reconcile has no option --dry-run",
            "`awsbase plan acme.yaml` shows what would change, and only reads",
        ),
        ("reconcile a.yaml --force", "reconcile has no option --force", f"{guesses.YES}, and {guesses.RISKY}"),
        ("unlock acme.yaml --force", "unlock has no option --force", guesses.YES),
        ("plan -target=vpc acme.yaml", "plan has no option --target", "--only ADDRESS|SECTION limits a run"),
        ("plan -f acme.yaml", "plan has no option -f", "write the manifest without one: `awsbase plan acme.yaml`"),
        ("plan acme.yaml --detaild", "plan has no option --detaild", "did you mean --detailed-exitcode?"),
        ("plan acme.yaml --xyzzy", "plan has no option --xyzzy", "`awsbase plan --help` lists them"),
        (
            "whoami --sandbox",
            "whoami has no option --sandbox",
            "`awsbase sandbox -- awsbase …` runs a command against an embedded AWS",
        ),
        ("--sandbox plan acme.yaml", "options come after the command", "write `awsbase plan --sandbox …`"),
        ("--profile work mfa refresh", "options come after the command", "write `awsbase mfa refresh --profile …`"),
        ("mfa --profile work refresh", "options come after the command", "write `awsbase mfa refresh --profile …`"),
        ("validate a.yaml b.yaml", "validate takes one manifest", "run it once for each"),
        (
            "unlock",
            "unlock needs a manifest",
            "write `awsbase unlock MANIFEST`; `awsbase init` writes a manifest",
        ),
    ],
)  # fmt: skip
def test_a_wrong_guess_is_answered_by_what_works(
    line: str, what: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert advice(*line.split()) == f"awsbase: {what}\n  → {hint}\n"


def test_a_manifest_without_a_command_names_those_that_take_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(Path("acme.yaml"), EMPTY)
    assert advice("acme.yaml").startswith("awsbase: acme.yaml is a manifest, and the command comes first\n")
    assert advice("unlock") == "awsbase: unlock needs a manifest\n  → write `awsbase unlock acme.yaml`\n"
    written(Path("other.yaml"), "name: no manifest\n")
    assert advice("unlock").endswith("  → write `awsbase unlock acme.yaml`\n")
    written(Path("zoo.yml"), EMPTY)
    assert advice("unlock").endswith("  → write `awsbase unlock MANIFEST`\n")


def test_version_is_a_command_too() -> None:
    assert CliRunner().invoke(cli, ["version"]).stdout == f"awsbase {__version__}\n"


def test_each_answer_names_what_is_there() -> None:
    """A command, a command of a group, and an option that an answer names exist; what it answers does not."""
    context = click.Context(cli, info_name="awsbase")
    names = set(cli.list_commands(context))
    assert not names & guesses.COMMANDS.keys()
    for answer in {*guesses.COMMANDS.values(), *guesses.ELSEWHERE.values()}:
        for command in answer.split("`awsbase ")[1:]:
            word = command.split("`")[0].split()[0]
            assert word in names or word == "--version"
    for group, words in guesses.WITHIN.items():
        found = cli.get_command(context, group)
        assert isinstance(found, click.Group)
        there = set(found.list_commands(context))
        assert set(words.values()) <= there
        assert not words.keys() & there
    reconcile = cli.get_command(context, "reconcile")
    assert reconcile is not None
    options = {each for parameter in reconcile.params for each in parameter.opts}
    for answers in guesses.OPTIONS.values():
        for answer in answers:
            assert answer.split()[0] in options | {"--output"}


METADATA = """\
Metadata-Version: 2.4
Name: awsbase
Version: 9
Requires-Dist: click>=8.1
Provides-Extra: sandbox
Requires-Dist: moto[s3]<5.3,>=5.2.5; extra == "sandbox"
Provides-Extra: keychain
Requires-Dist: keyring>=25; extra == "keychain"
"""


@pytest.mark.parametrize(
    ("extra", "expected"),
    [("sandbox", "'moto[s3]<5.3,>=5.2.5'"), ("keychain", "'keyring>=25'"), ("later", "missing")],
)
def test_what_an_extra_needs_is_installed_by_name(
    extra: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No index need have awsbase: it can come from a wheel or a folder."""
    (tmp_path / "awsbase-9.dist-info").mkdir()
    (tmp_path / "awsbase-9.dist-info/METADATA").write_text(METADATA)
    monkeypatch.syspath_prepend(tmp_path)
    program, _, words = packages.install_command(extra, "missing").partition(" install ")
    assert program in (f"{sys.executable} -m pip", "uv pip")
    assert words.removeprefix(f"--python {sys.executable} ") == expected
