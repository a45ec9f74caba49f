"""A budget has its amount, exactly its notices, and exactly the subscribers of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from awsbase.ensure.budget import NEVER, Budget, BudgetFacts, Notice, budget, budget_tags, sent, settings_of
from awsbase.sandbox import Sandbox
from awsbase.sandbox.services.budgets import Budgets
from awsbase.testing.sample import go, problems, said
from tests.ensure.planned import HOME, described, planned

CFO, CTO = ("EMAIL", "cfo@x.example"), ("EMAIL", "cto@x.example")
HALF, ALL, AHEAD = Notice("ACTUAL", 50), Notice("ACTUAL", 100), Notice("FORECASTED", 100)
WANT = Budget(
    scope=HOME.at("us-east-1"),
    name="acme-monthly",
    amount=100,
    currency="USD",
    notices=(ALL, AHEAD),
    subscribers=(CFO,),
)
SETTINGS = settings_of(sent(WANT))
MONEY = {
    "NotificationType": "ACTUAL",
    "ComparisonOperator": "GREATER_THAN",
    "Threshold": 5.0,
    "ThresholdType": "ABSOLUTE_VALUE",
}
TAGS = {"awsbase:address": WANT.address}
GOOD = BudgetFacts(SETTINGS, {ALL: frozenset({CFO}), AHEAD: frozenset({CFO})})


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (None, ["create budget"]),
        (GOOD, []),
        (replace(GOOD, settings={**SETTINGS, "amount": 50.0}), ["update budget"]),
        (replace(GOOD, settings={**SETTINGS, "IncludeCredit": True}), ["update budget"]),
        (replace(GOOD, settings={**SETTINGS, "filters": {"Service": ["S3"]}}), ["update budget"]),
        (replace(GOOD, notices={ALL: frozenset({CFO})}), ["create notice forecasted 100%"]),
        (
            replace(GOOD, notices={HALF: frozenset({CFO}), AHEAD: frozenset({CFO})}),
            ["delete notice actual 50%", "create notice actual 100%"],
        ),
        (
            replace(GOOD, notices={**GOOD.notices, ALL: frozenset({CTO})}),
            ["create subscriber cfo@x.example at actual 100%", "delete subscriber cto@x.example at actual 100%"],
        ),
        (
            replace(GOOD, others=(MONEY,)),
            ["delete notice greater than actual 5.0 absolute value"],
        ),
    ],
    ids=[
        "missing: one call makes it whole",
        "converged",
        "other amount",
        "counts credits",
        "of one service only",
        "a notice is missing",
        "another notice: what goes goes first",
        "another subscriber: who comes comes first",
        "a notice at an amount",
    ],
)
def test_budget_is_created_or_corrected(have: Any, changes: list[str]) -> None:
    assert described(planned(WANT, {budget: have, budget_tags: TAGS})) == changes


def test_a_budget_that_has_ended_goes_on() -> None:
    sandbox = Sandbox()
    want = replace(WANT, subscribers=(("EMAIL", "cfo@x.example"),))
    assert problems(go(sandbox, "reconcile", [want])) == []
    (held,) = sandbox.memory(Budgets).of.values()
    began, ended = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    held.budget["TimePeriod"] = {"Start": began, "End": ended}
    assert said(go(sandbox, "reconcile", [want])) == [f"{want.address}: update budget"]
    there = {"AccountId": want.scope.account, "BudgetName": want.name}
    assert sandbox.client("budgets").describe_budget(**there)["Budget"]["TimePeriod"] == {"Start": began, "End": NEVER}
    assert said(go(sandbox, "plan", [want])) == []
