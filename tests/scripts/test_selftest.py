"""`awsbase selftest`: which accounts it refuses, what it asks, and what it reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from awsbase.sandbox import Sandbox
from awsbase.sandbox.serve import warm
from awsbase.scripts import cli
from awsbase.testing.subject import FEWER
from tests.later import unhurried
from tests.scripts.conftest import ACCOUNT, Served, serving
from tests.scripts.test_terminal import ended, terminal

pytestmark = pytest.mark.slow


@pytest.fixture
def account(nobody: dict[str, str]) -> Iterator[Served]:
    """Serve an account with few regions."""
    sandbox = unhurried(Sandbox(account=ACCOUNT, rules=FEWER))
    warm(sandbox)
    with serving(sandbox, nobody) as served:
        yield served


def awsbase(served: Served, *words: object, **environment: str) -> Result:
    named = dict.fromkeys(("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"))
    return CliRunner().invoke(cli, ["selftest", *map(str, words)], env={**named, **served.environment, **environment})


def test_an_empty_account_is_tried_and_reported(account: Served, tmp_path: Path) -> None:
    page, records = tmp_path / "report.md", tmp_path / "records"
    done = awsbase(account, "--account", ACCOUNT, "--kinds", "group", "--report", page, "--record", records, "--json")
    assert done.exit_code == 0, done.stderr
    said = json.loads(done.stdout)
    assert {each["sample"]: each["failed"] for each in said["samples"]} == {
        "group": False,
        "user": False,
        "group and user made by hand": False,
        "mail": False,
        "mail made by hand": False,
    }
    assert said["differences"] == []
    assert said["not_tried"]["key pair"] == "its kinds were not named"
    assert "5 samples, at most $0.0012 for an hour of each, and by use: " in done.stderr
    assert "; the budget is $1.00" in done.stderr
    assert ACCOUNT not in page.read_text()
    assert "| group | yes | yes | 4 of 4 | yes |" in page.read_text()
    assert {file.name for file in records.iterdir()} == {
        "group.jsonl",
        "user.jsonl",
        "group-and-user-made-by-hand.jsonl",
        "mail.jsonl",
        "mail-made-by-hand.jsonl",
    }
    assert account.sandbox.snapshot()["iam"]["aws"]["groups"] == {}

    again = awsbase(account, "--clean", "--account", ACCOUNT)
    assert (again.exit_code, again.stderr.splitlines()[-1][:9]) == (0, "This take"), again.stderr


def test_an_account_that_is_somebodys_is_refused_without_a_prefix(account: Served, tmp_path: Path) -> None:
    account.sandbox.client("sns", "eu-west-1").create_topic(Name="orders")
    account.sandbox.calls.clear()
    refused = awsbase(account, "--account", ACCOUNT)
    assert refused.exit_code == 1
    assert f"account {ACCOUNT} is somebody's; it has:\nawsbase:   topic/orders\n" in refused.stderr
    recorded = awsbase(account, "--account", ACCOUNT, "--prefix", "mine", "--record", tmp_path / "records")
    assert "whose names would be recorded" in recorded.stderr
    assert (recorded.exit_code, account.writes) == (1, [])

    isolated = awsbase(account, "--account", ACCOUNT, "--prefix", "mine", "--kinds", "key-pair", "--json")
    assert isolated.exit_code == 0, isolated.stderr
    assert json.loads(isolated.stdout)["differences"] == []


def test_a_management_account_and_root_are_refused(account: Served) -> None:
    root = account.sandbox.key("root")
    refused = awsbase(account, "--account", ACCOUNT, AWS_ACCESS_KEY_ID=root.id, AWS_SECRET_ACCESS_KEY=root.secret)
    assert (refused.exit_code, "these are root credentials" in refused.stderr) == (1, True)
    account.sandbox.call_moto("organizations:CreateOrganization", FeatureSet="ALL")
    refused = awsbase(account, "--account", ACCOUNT)
    assert (refused.exit_code, "manages the organization" in refused.stderr) == (1, True)
    assert account.writes == []


def test_nothing_is_written_unless_the_accounts_id_is_typed(account: Served) -> None:
    nobody_there = awsbase(account, "--kinds", "group")
    assert (nobody_there.exit_code, "name it with --account ID" in nobody_there.stderr) == (2, True)
    wrong = awsbase(account, "--kinds", "group", "--account", "123456789012")
    assert (wrong.exit_code, "'123456789012' is not the account's id" in wrong.stderr) == (1, True)
    assert account.writes == []

    run = terminal(account.environment, "selftest", "--clean", "--quiet")
    run.expect_exact("Type the account's id to go on")
    run.sendline(ACCOUNT)
    code, shown = ended(run)
    assert (code, "Taken away: what 0 samples" in shown) == (0, True), shown


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--budget", "much"), "'much' is no amount of dollars"),
        (("--prefix", "Mine"), "'Mine' is no prefix"),
        (("--kinds", "grup"), "'grup' is no kind of resource"),
    ],
    ids=["budget", "prefix", "kind"],
)
def test_options_that_mean_nothing_are_refused(account: Served, words: tuple[str, ...], says: str) -> None:
    refused = awsbase(account, *words)
    assert (refused.exit_code, says in refused.stderr) == (2, True)
    assert account.sandbox.calls == []
