"""What `awsbase permissions` prints is enough to read what AWS raised a quota to."""

from __future__ import annotations

import pytest

from awsbase.sandbox import Sandbox
from tests.contract.sample import go, problems
from tests.ensure.test_quotas import CASES, RAISED
from tests.permissions.worker import granted, without
from tests.sandbox.principals import person


@pytest.mark.parametrize(
    ("name", "action", "call"),
    [
        ("policies of a role", "iam:GetAccountSummary", "iam:GetAccountSummary"),
        ("VPCs", "servicequotas:GetServiceQuota", "service-quotas:GetServiceQuota"),
    ],
)
def test_raised_quota_is_read_with_the_permissions_that_are_printed(name: str, action: str, call: str) -> None:
    sandbox, brimmed = Sandbox(enforce=True, rules=RAISED), CASES[name]
    brimmed.fill(sandbox)
    documents = granted(brimmed.too_much, plan_only=True)
    worker = person(sandbox, *documents)
    assert problems(go(sandbox, "plan", brimmed.too_much, caller=worker)) == []
    assert {made.error for made in sandbox.calls if made.name == call} == {None}

    less = person(sandbox, *without(documents, action), name="less")
    assert "QuotaExceeded" in str(problems(go(sandbox, "plan", brimmed.too_much, caller=less)))
