"""A log group has the retention and the key of the manifest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.changes import Unknown
from awsbase.ensure.log_group import LogGroup, LogGroupFacts, UnsuitableClass, log_group, log_group_tags
from awsbase.facts import tags
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
