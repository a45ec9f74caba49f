"""A budget has its amount, exactly its notices, and exactly the subscribers of each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.ensure.budget import Budget, BudgetFacts, Notice, budget, budget_tags, sent, settings_of
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
