"""Risky changes are not applied without approval."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from awsbase.scripts import cli
from tests.scripts.conftest import EMPTY, Served, use_here, written
from tests.scripts.test_terminal import ended, terminal

MANIFESTS = sorted((Path(__file__).parents[2] / "manifests").glob("*.yaml"))
WEAKER = EMPTY + "iam:\n  password_policy: {minimum_length: 12}\n"
ABSENT = EMPTY + "iam:\n  users: {bob: {state: absent}}\n"


@pytest.fixture
def anybody(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Let commands of this process use the served account, whose passwords are long and whose user is Bob."""
    iam = served.sandbox.client("iam")
    iam.update_account_password_policy(MinimumPasswordLength=20)
    iam.create_user(UserName="bob")
    served.sandbox.calls.clear()
    use_here(served, monkeypatch)
    return served


def awsbase(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def weaker(tmp_path: Path) -> Path:
    """Write a manifest with a risky change."""
    return written(tmp_path / "weaker.yaml", WEAKER)


@pytest.mark.parametrize("options", [["--yes"], ["--approved"], ["--yes", "--only", "iam"]], ids=" ".join)
def test_unapproved_risky_changes_are_refused_before_the_first_write(
    options: list[str], weaker: Path, anybody: Served, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    assert awsbase("plan", weaker, "-o", plan).exit_code == 0
    options = [*options, str(plan)] if options == ["--approved"] else options
    refused = awsbase("reconcile", weaker, *options)
    assert refused.exit_code == 1
    assert "update password policy: passwords of 12 characters pass (was 20)" in refused.stderr
    assert "--allow-risky" in refused.stderr
    assert refused.stdout == ""
    assert anybody.writes == []

    done = awsbase("reconcile", weaker, *options, "--allow-risky", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["totals"]["changed"] == 1


def test_deleting_a_user_needs_approval(anybody: Served, tmp_path: Path) -> None:
    absent = written(tmp_path / "absent.yaml", ABSENT)
    refused = awsbase("reconcile", absent, "--yes")
    assert refused.exit_code == 1
    assert "user/bob  delete user: deletes a user" in refused.stderr
    assert anybody.writes == []
    assert awsbase("reconcile", absent, "--yes", "--allow-risky").exit_code == 0


def test_a_plan_lists_changes_that_need_approval(weaker: Path, anybody: Served) -> None:
    shown = awsbase("plan", weaker).stdout
    assert "~ password-policy/account  password policy (MinimumPasswordLength: " in shown
    assert " more) (risky)\n" in shown
    assert "needs your approval\n  ! password-policy/account  update password policy: passwords of 12" in shown
    (change,) = json.loads(awsbase("plan", weaker, "--json").stdout)["resources"][0]["changes"]
    assert (change["risk"], change["reason"]) == ("access", "passwords of 12 characters pass (was 20)")
    (change,) = json.loads(awsbase("plan", weaker, "--json").stdout)["risky"]
    assert change == {
        "address": "password-policy/account",
        "what": "update password policy",
        "risk": "access",
        "reason": "passwords of 12 characters pass (was 20)",
    }


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.name)
def test_no_example_manifest_has_risky_changes_in_an_empty_account(manifest: Path) -> None:
    planned = json.loads(awsbase("plan", manifest, "--sandbox", "--json").stdout)
    assert planned["totals"]["planned"]
    assert planned["risky"] == []


def test_on_a_terminal_the_account_name_approves_risky_changes(weaker: Path, anybody: Served) -> None:
    run = terminal(anybody.environment, "reconcile", weaker)
    run.expect(r"Type acme to allow it: ")
    assert anybody.writes == []
    run.sendline("acme")
    assert ended(run)[0] == 0
    assert "iam:UpdateAccountPasswordPolicy" in anybody.writes


@pytest.mark.parametrize("answer", ["y", "yes", "ACME", ""])
def test_on_a_terminal_a_yes_does_not_approve_risky_changes(answer: str, weaker: Path, anybody: Served) -> None:
    run = terminal(anybody.environment, "reconcile", weaker)
    run.expect(r"Type acme to allow it: ")
    run.sendline(answer)
    code, rest = ended(run)
    assert (code, rest.strip().splitlines()[-1]) == (1, "declined, nothing was changed")
    assert anybody.writes == []


def test_on_a_terminal_allow_risky_takes_a_yes(weaker: Path, anybody: Served) -> None:
    run = terminal(anybody.environment, "reconcile", weaker, "--allow-risky")
    run.expect(r"Apply 1 change to account 111122223333 \(acme\)\? \[y/N\] ")
    run.sendline("y")
    assert ended(run)[0] == 0
