"""A manifest that exceeds a quota of AWS is refused as a whole: no resource is written, not even one that fits."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from awsbase.sandbox import Sandbox
from awsbase.session import reconcile
from tests.scripts.conftest import ACCOUNT, EMPTY, written
from tests.scripts.test_consent_again import asked
from tests.scripts.test_lock import session

ALICE = EMPTY + "iam:\n  users: {alice: {}}\n  password_policy: {minimum_length: 12}\n"


def tagged_fully(sandbox: Sandbox) -> None:
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(50)]
    sandbox.client("iam").create_user(UserName="alice", Tags=tags)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "alice.yaml", ALICE)


def test_nothing_is_written_and_nobody_is_asked(file: Path) -> None:
    sandbox = Sandbox(account=ACCOUNT)
    tagged_fully(sandbox)
    sandbox.calls.clear()
    report, declined, questions = asked(sandbox, file, lambda sandbox: None)
    assert [call.name for call in sandbox.calls if call.writes] == []
    assert (declined, questions, report.changes, report.failed) == (False, [], [], True)
    begun = {outcome.address for outcome in report.outcomes if outcome.status != "skipped"}
    assert begun == {"user/alice"}
    assert len(report.outcomes) == 5


def test_plan_and_reconcile_say_that_nothing_is_changed_until_all_fits(file: Path) -> None:
    sandbox = Sandbox(account=ACCOUNT)
    tagged_fully(sandbox)
    for planned in (session(sandbox, file).execute("plan"), reconcile(session(sandbox, file), ask=None)[0]):
        shown = session(sandbox, file).shown(planned, StringIO())
        assert "reconcile changes nothing until all of it fits" in shown
        assert "it has 50 tags, 1 more is needed" in shown


def test_quota_that_fills_up_while_somebody_answers_holds_the_run_back(file: Path) -> None:
    sandbox = Sandbox(account=ACCOUNT)
    report, declined, questions = asked(sandbox, file, tagged_fully, True)
    assert len(questions) == 1
    assert (report.exceeds_quota, declined, report.changes) == (True, False, [])
    assert {call.service for call in sandbox.calls if call.writes} <= {"ssm", "iam"}
    assert sandbox.client("iam").list_policies(Scope="Local")["Policies"] == []
