"""What `awsbase permissions` prints is enough for all that happens to each kind, and no action of it is too many."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

import pytest

from awsbase.access.attributes import UNREAD
from awsbase.engine.kind import kind_of
from awsbase.engine.resource import Resource
from awsbase.ensure import KINDS
from tests.contract.sample import Sample, go, problems, said
from tests.permissions.samples import EVERY
from tests.permissions.worker import (
    Asked,
    actions,
    enforcing,
    granted,
    lives,
    named,
    outcome,
    refused,
    without,
)
from tests.sandbox.principals import person

# A refusal of these is an answer, and what comes of it is told in the report.
ANSWERS = (
    "billing:GetBillingPreferences",
    "billing:GetBillingViewData",
    "budgets:ViewBudget",
    "iam:ListOrganizationsFeatures",
    "organizations:DescribeOrganization",
)
# Where a kind itself needs nothing of IAM: without it, other tags need approval.
POLICIES = "iam:GetAccountAuthorizationDetails"
# Without these, it is not known whether a policy of AWS denies something: taking it away needs approval.
OF_AWS = ("iam:GetPolicy", "iam:GetPolicyVersion")
# Without it nobody knows what is used in other accounts, and whether a new one can be entered.
ENTERING = "sts:AssumeRole"
# Where these are refused, another read tells the same: nothing fails, and nothing is told.
SHORTCUTS = ("s3:ListBucket", "tag:GetResources")


CALLED = {sample.name: sample for sample in EVERY}


def declared(want: Resource) -> set[str]:
    """Return the actions that the kind of a resource declares for it, without reads of quotas."""
    needed = kind_of(KINDS, want).permissions
    assert needed is not None
    found = {action for part in (needed.read, needed.write) for each in part(want) for action in each.actions}
    return found | ({"iam:PassRole"} if any(needed.passes(want)) else set())


@cache
def asked_by(name: str) -> frozenset[str]:
    """Return the actions that all that happens to a sample needs."""
    asked, sample = Asked(), CALLED[name]
    for _ in lives(enforcing(asked), sample, granted(sample.resources)):
        pass
    return frozenset(asked.actions)


def missed(sample: Sample, action: str) -> bool:
    """Tell whether something fails without an action, and says that it is this one; of shortcuts, nothing fails."""
    documents = granted(sample.resources)
    reports = lives(enforcing(), sample, without(documents, action))
    if action in SHORTCUTS:
        return not any(problems(report) for report in reports)
    if action in ANSWERS:
        # One by one: what was not made cannot be tampered with.
        both = zip(reports, lives(enforcing(), sample, documents), strict=True)
        return any(outcome(less) != outcome(enough) for less, enough in both)
    # What was not made cannot be tampered with: no further than to the first failure.
    several, failed = [], None
    while failed is None and (report := next(reports, None)):
        several.append(report)
        failed = report if problems(report) else None
    reasons = {change.risk.reason for each in several for _, change in each.changes if change.risk}
    if action == POLICIES and failed is None:
        return UNREAD in reasons
    if action == ENTERING and failed is None:
        return any("cannot be read" in each for each in reasons) or any(each.manual_actions for each in several)
    if action in OF_AWS and failed is None:
        return "what it denies is no longer denied" in reasons
    return failed is not None and named(failed, action)


samples = pytest.mark.parametrize("sample", EVERY, ids=lambda sample: sample.name)


@pytest.mark.sampled(24)
@samples
def test_it_is_enough_to_make_a_sample_and_to_repair_whatever_becomes_of_it(sample: Sample, draw: Random) -> None:
    asked = Asked()
    sandbox = enforcing(asked)
    documents = granted(sample.resources)
    reports = list(lives(sandbox, sample, documents))
    assert [problem for report in reports for problem in problems(report)] == []
    assert refused(sandbox) == []
    repaired = [sorted(said(report)) for report in reports[-len(sample.tamperings) :] if sample.tamperings]
    assert repaired == [sorted(tampering.repair) for tampering in sample.tamperings.values()]

    # What an answer changes depends on the account: it is looked at where it changes something.
    if needed := sorted((actions(documents) & asked.actions).difference(ANSWERS)):
        action = draw.choice(needed)
        assert missed(sample, action), action


@pytest.mark.sampled(24)
@samples
def test_what_is_for_planning_plans_and_changes_nothing(sample: Sample) -> None:
    sandbox = enforcing()
    sample.before(sandbox)
    worker = person(sandbox, *granted(sample.resources, plan_only=True))
    sandbox.calls.clear()
    planned = go(sandbox, "plan", sample.resources, caller=worker)
    assert problems(planned) == []
    assert refused(sandbox) == []

    tried = go(sandbox, "reconcile", sample.resources, caller=worker)
    assert bool(problems(tried)) == bool(said(planned))
    assert [call.name for call in sandbox.calls if call.writes and call.error is None] == []


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("state", "s3:GetBucketPolicy"),
        ("state", "kms:PutKeyPolicy"),
        ("key without alias", "kms:ListResourceTags"),
        ("bastion", "iam:PassRole"),
        ("topic", "sns:SetTopicAttributes"),
        ("root of an organization", "organizations:DescribeOrganization"),
        ("user who has to go", "iam:DeactivateMFADevice"),
    ],
    ids=[
        "S3 speaks of the bucket",
        "KMS speaks of the key's policy",
        "a lost key would be made twice",
        "a role is handed on",
        "SNS writes in capitals",
        "a refusal is an answer",
        "something is deleted",
    ],
)
def test_what_is_missing_is_named_however_aws_says_it(name: str, action: str) -> None:
    assert missed(CALLED[name], action)


def test_every_kind_takes_something_and_something_happens_to_it() -> None:
    assert {type(want) for sample in EVERY for want in sample.resources if declared(want)} == set(KINDS)


def every_action() -> Iterator[object]:
    """Yield each action once for each kind, with the samples that the kind is in, the smallest first."""
    pairs: dict[tuple[str, str], set[str]] = {}
    for sample in EVERY:
        for want in sample.resources:
            for action in declared(want):
                pairs.setdefault((type(want).__name__, action), set()).add(sample.name)
    for (kind, action), among in sorted(pairs.items()):
        names = sorted(among, key=lambda name: (len(CALLED[name].resources), len(CALLED[name].tamperings), name))
        yield pytest.param(action, names, id=f"{kind} {action}")


@pytest.mark.faults
@pytest.mark.parametrize(("action", "among"), list(every_action()))
def test_without_any_one_action_something_fails_and_names_it_or_is_read_in_another_way(
    action: str, among: list[str]
) -> None:
    asking = next(name for name in among if action in asked_by(name))
    assert missed(CALLED[asking], action)
