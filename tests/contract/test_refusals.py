"""What is in the way by the settings of somebody else is told by the plan, and nothing of it is written."""

from __future__ import annotations

import pytest

from awsbase.sandbox import Sandbox
from tests.contract.refusals import REFUSALS, Refusal
from tests.contract.sample import go

refusals = pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.name)


@refusals
@pytest.mark.parametrize("mode", ["plan", "reconcile"])
def test_what_is_in_the_way_is_told_before_anything_of_the_resource_is_written(refusal: Refusal, mode: str) -> None:
    sandbox = Sandbox()
    refusal.before(sandbox)
    sandbox.calls.clear()
    report = go(sandbox, "plan" if mode == "plan" else "reconcile", refusal.resources)
    failed = [outcome for outcome in report.outcomes if outcome.error]
    assert [outcome.error.code for outcome in failed if outcome.error] == ([refusal.code] if refusal.code else [])
    assert [outcome.changes for outcome in failed] == [()] * len(failed)
    said = [f"{outcome.error.message} {outcome.error.hint}" for outcome in failed if outcome.error]
    asked = [f"{action.title} {' '.join(action.steps)}" for action in report.manual_actions]
    assert any(refusal.says in text for text in (*said, *asked))
    assert [call.name for call in sandbox.calls if call.writes and call.error] == []
    if refusal.code:
        assert {call.service for call in sandbox.calls if call.writes} <= {"kms"}
