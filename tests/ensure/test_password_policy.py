"""The password policy is written as a whole, and a setting left out never weakens it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.changes import Drift
from awsbase.ensure.password_policy import PasswordPolicy, password_policy
from tests.ensure.planned import HOME, described, planned

WANT = PasswordPolicy(scope=HOME)
STRONG = {
    "MinimumPasswordLength": 14,
    "PasswordReusePrevention": 24,
    "RequireLowercaseCharacters": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "RequireUppercaseCharacters": True,
    "AllowUsersToChangePassword": True,
    "ExpirePasswords": False,
}


@pytest.mark.parametrize(
    ("want", "have", "drift"),
    [
        (WANT, STRONG, []),
        (WANT, {**STRONG, "MinimumPasswordLength": 20, "MaxPasswordAge": 90, "HardExpiry": True}, []),
        (WANT, {**STRONG, "MinimumPasswordLength": 8}, [Drift("MinimumPasswordLength", 8, 14)]),
        (replace(WANT, length=10), STRONG, [Drift("MinimumPasswordLength", 14, 10)]),
        (replace(WANT, max_age=0), {**STRONG, "MaxPasswordAge": 90}, [Drift("MaxPasswordAge", 90, 0)]),
        (replace(WANT, remembered=0), STRONG, [Drift("PasswordReusePrevention", 24, 0)]),
        (replace(WANT, remembered=0), {**STRONG, "PasswordReusePrevention": 0}, []),
        (WANT, {**STRONG, "RequireSymbols": False}, [Drift("RequireSymbols", False, True)]),
    ],
    ids=[
        "converged",
        "stricter than the manifest, where it has no setting",
        "too short",
        "shorter by wish",
        "expiry off by wish",
        "none remembered by wish",
        "none remembered",
        "no symbols",
    ],
)
def test_password_policy_drift(want: PasswordPolicy, have: dict[str, Any], drift: list[Drift]) -> None:
    run = planned(want, {password_policy: have})
    assert [each for change in run.changes for each in change.drift] == drift


def test_missing_password_policy_is_created() -> None:
    assert described(planned(WANT, {password_policy: None})) == ["create password policy"]


@pytest.mark.parametrize(
    ("want", "risky"),
    [(replace(WANT, length=10), True), (replace(WANT, symbols=False), True), (replace(WANT, length=20), False)],
    ids=["shorter", "no symbols", "longer"],
)
def test_weaker_password_policy_is_risky(want: PasswordPolicy, risky: bool) -> None:
    run = planned(want, {password_policy: STRONG})
    assert [bool(change.risk) for change in run.changes] == [risky]
