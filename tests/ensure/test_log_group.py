"""A log group keeps its events as long as the manifest says, under the key it names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.changes import Unknown
from awsbase.ensure.log_group import LogGroup, LogGroupFacts, log_group, log_group_tags
from awsbase.facts import tags
from awsbase.sandbox import Sandbox
from tests.contract.sample import go, problems
from tests.ensure.planned import HOME, planned, said

WANT = LogGroup(scope=HOME, name="acme-audit", retention=365, key="key/acme-audit")
KEY = HOME.arn("kms", "key/1234")
GOOD = LogGroupFacts(retention=365, key=KEY)
TAGS = {"awsbase:address": "log-group/acme-audit"}


def facts(have: LogGroupFacts | None, indexed: Any = TAGS, real: Any = TAGS) -> Any:
    return {log_group: have, tags.tags: {WANT.arn: indexed}, log_group_tags: real}


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
def test_a_log_group_is_made_or_corrected(have: Any, changes: list[str]) -> None:
    assert said(planned(WANT, have, {"key/acme-audit": KEY})) == changes


def test_a_key_that_somebody_set_stays_when_none_is_wanted() -> None:
    want = replace(WANT, key=None)
    assert list(want.needs()) == []
    assert said(planned(want, facts(GOOD))) == []


def test_a_new_log_group_is_encrypted_from_the_start() -> None:
    (made, _) = planned(WANT, facts(None), {"key/acme-audit": Unknown("key")}).changes
    assert made.unknown == ("kmsKeyId",)


def test_a_log_group_is_told_from_those_whose_names_begin_like_it() -> None:
    sandbox = Sandbox(pages=2)
    logs = sandbox.client("logs", HOME.region)
    for name in ("acme-audit-1", "acme-audit-2", "acme-audit-3"):
        logs.create_log_group(logGroupName=name)
    report = go(sandbox, "reconcile", [replace(WANT, key=None)])
    assert problems(report) == []
    kept = {group["logGroupName"]: group.get("retentionInDays") for group in logs.describe_log_groups()["logGroups"]}
    assert kept["acme-audit"] == 365
    assert kept["acme-audit-1"] is None
