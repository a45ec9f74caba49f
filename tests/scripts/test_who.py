"""`plan --who` from the command line: text, JSON, an approved plan, and too few permissions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from awsbase.sandbox.faults import Fault
from awsbase.scripts import cli
from tests.scripts.conftest import EMPTY, Served, use_here, written

OPS = EMPTY + "iam:\n  groups: {Ops: {policies: [aws:ReadOnlyAccess], people: false}}\n"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
CHANGED = "changed by arn:aws:iam::111122223333:user/mallory at "


@pytest.fixture
def changed(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Let commands of this process use a converged account in which Mallory took a policy from a group."""
    iam = served.sandbox.client("iam")
    iam.create_user(UserName="mallory")
    iam.create_group(GroupName="Ops")
    iam.attach_group_policy(GroupName="Ops", PolicyArn=READ)
    served.sandbox.address = "203.0.113.7"
    served.sandbox.client("iam", caller="user/mallory").detach_group_policy(GroupName="Ops", PolicyArn=READ)
    served.sandbox.address = "127.0.0.1"
    served.sandbox.calls.clear()
    use_here(served, monkeypatch)
    return served


@pytest.fixture
def ops(tmp_path: Path) -> Path:
    return written(tmp_path / "ops.yaml", OPS)


def awsbase(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_the_author_stands_below_the_change(changed: Served, ops: Path) -> None:
    shown = awsbase("plan", ops, "--who")
    assert shown.exit_code == 0
    (line,) = [line.strip() for line in shown.stdout.replace("\n            ", " ").splitlines() if CHANGED in line]
    assert line.endswith(" UTC from 203.0.113.7, event DetachGroupPolicy")
    assert "asking CloudTrail who changed what differs" in shown.stderr
    assert changed.writes == []


def test_json_has_the_author_and_can_be_approved(changed: Served, ops: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    document = json.loads(awsbase("plan", ops, "--who", "--json", "-o", plan).stdout)
    (change,) = [change for each in document["resources"] for change in each["changes"]]
    author = change["changed_by"]
    assert (author["arn"].rpartition("/")[2], author["address"], author["event"]) == (
        "mallory",
        "203.0.113.7",
        "DetachGroupPolicy",
    )
    assert set(author) == {"arn", "at", "address", "event", "event_id", "program"}
    assert document["authors_missing"] == []
    assert awsbase("reconcile", ops, "--approved", plan, "--allow-risky").exit_code == 0
    assert [name for name in changed.writes if name.startswith("iam:")] == ["iam:AttachGroupPolicy"]


def test_without_who_nobody_is_asked_for(changed: Served, ops: Path) -> None:
    document = json.loads(awsbase("plan", ops, "--json").stdout)
    assert "changed_by" not in str(document)
    assert "authors_missing" not in document
    assert "cloudtrail:LookupEvents" not in [call.name for call in changed.sandbox.calls]


def test_who_may_not_look_up_events_gets_the_plan_and_the_reason(changed: Served, ops: Path) -> None:
    changed.sandbox.faults.add(Fault("access denied", on="cloudtrail:LookupEvents", times=9))
    shown = awsbase("plan", ops, "--who")
    assert shown.exit_code == 0
    assert f"attachment {READ}" in shown.stdout.replace("\n", "")
    assert "CloudTrail does not tell who, in us-east-1: AccessDenied" in shown.stdout


@pytest.mark.parametrize("options", [[], ["--who"]], ids=["plan", "plan --who"])
def test_the_permission_is_asked_for_by_the_option_alone(options: list[str], ops: Path) -> None:
    printed = awsbase("permissions", ops, "--plan-only", *options).stdout
    assert ("cloudtrail:LookupEvents" in printed) is bool(options)
