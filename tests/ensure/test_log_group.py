"""A log group has what the manifest says of it, and those that match a pattern have a retention."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awsbase.engine.changes import Unknown
from awsbase.ensure.log_group import (
    LogGroup,
    LogGroupFacts,
    UnsuitableClass,
    data_protection,
    log_group,
    log_group_tags,
    masking,
    readers,
    remove_log_group,
)
from awsbase.ensure.log_retention import LogRetention, Unlimited, unlimited
from awsbase.facts import tags
from awsbase.facts.metric_filters import filters
from awsbase.sandbox import Sandbox
from tests.contract.sample import go, problems
from tests.ensure.planned import HOME, described, planned

WANT = LogGroup(scope=HOME, name="acme-audit", retention=365, key="key/acme-audit")
KEY = HOME.arn("kms", "key/1234")
GOOD = LogGroupFacts(retention=365, key=KEY)
TAGS = {"awsbase:address": "log-group/acme-audit"}


def facts(have: LogGroupFacts | None, indexed: Any = TAGS, real: Any = TAGS) -> Any:
    return {log_group: have, tags.indexed: {WANT.arn: indexed}, log_group_tags: real}


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (facts(None), ["create log group", "update retention"]),
        (facts(GOOD), []),
        (facts(replace(GOOD, retention=None)), ["update retention"]),
        (facts(replace(GOOD, retention=7)), ["update retention"]),
        (facts(replace(GOOD, key=None)), ["update encryption"]),
        (facts(GOOD, indexed={}), []),
        (facts(GOOD, indexed={}, real={"team": "web"}), ["update tags"]),
    ],
    ids=[
        "missing",
        "converged",
        "kept for ever",
        "kept too short",
        "under CloudWatch's own key",
        "tagged, but the index lags",
        "adopted",
    ],
)
def test_log_group_is_created_or_corrected(have: Any, changes: list[str]) -> None:
    assert described(planned(WANT, have, {"key/acme-audit": KEY})) == changes


def test_key_of_others_stays_when_the_manifest_names_none() -> None:
    want = replace(WANT, key=None)
    assert list(want.needs()) == []
    assert described(planned(want, facts(GOOD))) == []


def test_new_log_group_is_created_with_its_key() -> None:
    (made, _) = planned(WANT, facts(None), {"key/acme-audit": Unknown("key")}).changes
    assert made.unknown == ("kmsKeyId",)


def test_log_groups_with_the_same_prefix_are_not_confused() -> None:
    sandbox = Sandbox(pages=2)
    logs = sandbox.client("logs", HOME.region)
    for name in ("acme-audit-1", "acme-audit-2", "acme-audit-3"):
        logs.create_log_group(logGroupName=name)
    report = go(sandbox, "reconcile", [replace(WANT, key=None)])
    assert problems(report) == []
    retention = {
        group["logGroupName"]: group.get("retentionInDays") for group in logs.describe_log_groups()["logGroups"]
    }
    assert retention["acme-audit"] == 365
    assert retention["acme-audit-1"] is None


def test_class_without_filters_is_refused_only_where_events_are_counted() -> None:
    rare = facts(replace(GOOD, log_class="INFREQUENT_ACCESS"))
    assert described(planned(WANT, rare, {"key/acme-audit": KEY})) == []
    with pytest.raises(UnsuitableClass, match="the alarms would never ring"):
        planned(replace(WANT, filtered=True), rare, {"key/acme-audit": KEY})


APP = LogGroup(scope=HOME, name="app", retention=365, protect=True, mask=("EmailAddress",))
KEPT = LogGroupFacts(retention=365, guarded=True, masking=True)
ARNS = "arn:aws:dataprotection::aws:data-identifier/"
AUDIT: dict[str, Any] = {"Audit": {"FindingsDestination": {"S3": {"Bucket": "findings"}}}}


def masking_facts(have: LogGroupFacts, *data: str) -> Any:
    arns = [f"{ARNS}{each}" for each in data]
    hidden = {"DataIdentifier": arns, "Operation": {"Deidentify": {"MaskConfig": {}}}}
    policy = {"Name": "theirs", "Statement": [{"DataIdentifier": arns, "Operation": AUDIT}, hidden]}
    labels = {"awsbase:address": APP.address}
    return {log_group: have, data_protection: policy, tags.indexed: {APP.arn: labels}}


@pytest.mark.parametrize(
    ("want", "have", "changes", "reason"),
    [
        (APP, masking_facts(KEPT, "EmailAddress"), [], ""),
        (APP, masking_facts(replace(KEPT, guarded=False), "EmailAddress"), ["update deletion protection"], ""),
        (replace(APP, protect=None), masking_facts(KEPT, "EmailAddress"), [], ""),
        (
            replace(APP, protect=False),
            masking_facts(KEPT, "EmailAddress"),
            ["update deletion protection"],
            "it can be deleted then, with its events",
        ),
        (APP, masking_facts(KEPT, "IpAddress"), ["update masks"], "whoever reads it sees IpAddress of new events"),
        (APP, masking_facts(replace(KEPT, masking=False)), ["update masks"], ""),
        (replace(APP, mask=None), masking_facts(KEPT, "IpAddress"), [], ""),
        (
            replace(APP, mask=()),
            masking_facts(KEPT, "IpAddress"),
            ["delete masks"],
            "whoever reads it sees IpAddress of new events",
        ),
    ],
    ids=["converged", "unprotected", "protection kept", "no longer", "other mask", "no mask", "masks kept", "unmasked"],
)
def test_protection_and_masks_follow_the_manifest(want: Any, have: Any, changes: list[str], reason: str) -> None:
    plan = planned(want, have)
    assert described(plan) == changes
    assert [each.risk.reason for each in plan.changes if each.risk] == ([reason] if reason else [])


def test_where_findings_are_sent_stays_when_something_else_is_masked() -> None:
    policy = masking_facts(KEPT, "IpAddress")[data_protection]
    made = masking(HOME, ["Name", "EmailAddress"], policy)
    assert made["Name"] == "theirs"
    assert [each["Operation"] for each in made["Statement"]] == [AUDIT, {"Deidentify": {"MaskConfig": {}}}]
    assert [each["DataIdentifier"] for each in made["Statement"]] == [[f"{ARNS}EmailAddress", f"{ARNS}Name"]] * 2


def test_another_class_is_refused() -> None:
    want = replace(APP, log_class="INFREQUENT_ACCESS", protect=None, mask=None)
    assert described(planned(want, masking_facts(replace(KEPT, log_class="INFREQUENT_ACCESS")))) == []
    with pytest.raises(UnsuitableClass, match="AWS changes the class of none"):
        planned(want, masking_facts(KEPT))


@pytest.mark.parametrize(
    ("want", "changes"),
    [
        (APP, ["update deletion protection", "delete log group"]),
        (replace(APP, protect=None), []),
    ],
    ids=["by the manifest", "by somebody"],
)
def test_only_its_own_protection_is_lifted_before_a_deletion(want: LogGroup, changes: list[str]) -> None:
    ours = {"awsbase:created-by": HOME.name}
    known = {log_group: KEPT, log_group_tags: ours, filters: {}, readers: ()}
    assert described(planned(want, known, recipe=remove_log_group)) == changes


FUNCTIONS = LogRetention(scope=HOME, pattern="/aws/lambda/*", retention=90)
NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("names", "beside", "changes"),
    [
        (["/aws/lambda/a", "/aws/lambda/b"], [], ["/aws/lambda/a", "/aws/lambda/b"]),
        (["/aws/lambda/a", "/aws/other"], [], ["/aws/lambda/a"]),
        (["/aws/lambda/a"], [LogGroup(scope=HOME, name="/aws/lambda/a", retention=7)], []),
        (["/aws/lambda/a"], [LogRetention(scope=HOME, pattern="/aws/*", retention=7)], ["/aws/lambda/a"]),
        (["/aws/lambda/a"], [LogRetention(scope=HOME, pattern="/aws/lambda/a*", retention=7)], []),
    ],
    ids=["all", "others", "one that has a name", "a shorter pattern", "a longer pattern"],
)
def test_a_pattern_limits_groups_that_nothing_else_limits(names: list[str], beside: Any, changes: list[str]) -> None:
    plan = planned(FUNCTIONS, {unlimited: [Unlimited(each, NOW) for each in names]}, beside=beside)
    assert described(plan) == [f"update retention of {each}" for each in changes]


@pytest.mark.parametrize(
    ("days", "risky"), [(1, False), (100, True), (None, True)], ids=["young", "old", "of unknown age"]
)
def test_a_pattern_that_loses_events_says_so(days: int | None, risky: bool) -> None:
    created = None if days is None else NOW - timedelta(days=days)
    (change,) = planned(FUNCTIONS, {unlimited: [Unlimited("/aws/lambda/a", created)]}).changes
    assert bool(change.risk) is risky
