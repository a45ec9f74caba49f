"""A trail logs all management events of all regions; other selectors stay."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.changes import Unknown
from awsbase.engine.quotas import QuotaExceeded, raised
from awsbase.ensure.trail import Trail, TrailElsewhere, logged, trail_tags
from awsbase.facts import tags
from awsbase.facts.event_selectors import Logged, all_objects, management_events, with_management, with_objects
from awsbase.facts.trails import TrailFacts, own_name, trail, trails
from awsbase.samples.audit import BUCKET, KEY, LOG_GROUP, ROLE, TRAIL
from awsbase.sandbox import Sandbox
from tests.contract.sample import go
from tests.ensure.planned import HOME, described, planned

WANT = Trail(
    scope=HOME,
    name="acme-trail",
    bucket_name="acme-audit",
    bucket="bucket/acme-audit",
    key="key/acme-audit",
    log_group="log-group/acme-audit",
    role="role/acme-cloudtrail-logs",
)
MADE = {
    "bucket/acme-audit": "arn:aws:s3:::acme-audit",
    "key/acme-audit": HOME.arn("kms", "key/1234"),
    "log-group/acme-audit": HOME.arn("logs", "log-group:acme-audit:*"),
    "role/acme-cloudtrail-logs": HOME.global_arn("iam", "role/acme-cloudtrail-logs"),
}
SETTINGS = {
    "S3BucketName": "acme-audit",
    "S3KeyPrefix": "",
    "IncludeGlobalServiceEvents": True,
    "IsMultiRegionTrail": True,
    "EnableLogFileValidation": True,
    "CloudWatchLogsLogGroupArn": MADE["log-group/acme-audit"],
    "CloudWatchLogsRoleArn": MADE["role/acme-cloudtrail-logs"],
    "KmsKeyId": MADE["key/acme-audit"],
}
GOOD = TrailFacts("eu-west-1", SETTINGS)
TAGS = {"awsbase:address": "trail/acme-trail"}
DATA = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::acme-web/"]}
ALL = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [DATA]}
MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
OBJECTS = {"Name": "objects", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}


LOGGING = Logged(logging=True)


def facts(have: TrailFacts | None, logs: Logged = LOGGING, indexed: Any = TAGS, real: Any = TAGS) -> Any:
    return {
        own_name: WANT.name,
        trail: have,
        logged: logs,
        trails: [],
        tags.indexed: {WANT.arn: indexed},
        trail_tags: real,
    }


def basic(**selector: Any) -> Logged:
    return Logged(logging=True, basic=[{**ALL, **selector}])


def advanced(*fields: dict[str, Any]) -> Logged:
    return Logged(logging=True, advanced=[OBJECTS, {"FieldSelectors": list(fields)}])


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (facts(None, Logged()), ["create trail", "update logging"]),
        (facts(GOOD), []),
        (facts(GOOD, Logged(logging=False)), ["update logging"]),
        (facts(TrailFacts("eu-west-1", {**SETTINGS, "IsMultiRegionTrail": False})), ["update settings"]),
        (facts(TrailFacts("eu-west-1", {**SETTINGS, "EnableLogFileValidation": False})), ["update settings"]),
        (facts(TrailFacts("eu-west-1", {**SETTINGS, "KmsKeyId": None})), ["update settings"]),
        (facts(TrailFacts("eu-west-1", {**SETTINGS, "S3KeyPrefix": "old"})), ["update settings"]),
        (facts(GOOD, indexed={}), []),
        (facts(GOOD, indexed={}, real={"team": "web"}), ["update tags"]),
    ],
    ids=[
        "missing",
        "converged",
        "stopped",
        "one region",
        "not validated",
        "not encrypted",
        "under a prefix that the bucket's policy does not allow",
        "tagged, but the index lags",
        "adopted",
    ],
)
def test_trail_is_created_or_corrected(have: Any, changes: list[str]) -> None:
    assert described(planned(WANT, have, MADE)) == changes


@pytest.mark.parametrize(
    ("logs", "now"),
    [
        (Logged(logging=True), "all"),
        (basic(), "all"),
        (basic(ReadWriteType="WriteOnly"), "write-only"),
        (basic(IncludeManagementEvents=False), "none"),
        (basic(ExcludeManagementEventSources=["kms.amazonaws.com"]), "some"),
        (
            Logged(logging=True, basic=[{**ALL, "ReadWriteType": kind} for kind in ("ReadOnly", "WriteOnly")]),
            "all",
        ),
        (advanced(MANAGEMENT), "all"),
        (advanced(MANAGEMENT, {"Field": "readOnly", "Equals": ["true"]}), "read-only"),
        (advanced(MANAGEMENT, {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}), "some"),
        (Logged(logging=True, advanced=[OBJECTS]), "none"),
    ],
    ids=[
        "no selectors",
        "all, with data",
        "writes only",
        "data only",
        "all but those of KMS",
        "reads and writes by two selectors",
        "advanced: all, with data",
        "advanced: reads only",
        "advanced: all but those of KMS",
        "advanced: data only",
    ],
)
def test_all_management_events_are_logged(logs: Logged, now: str) -> None:
    run = planned(WANT, facts(GOOD, logs), MADE)
    assert [change.drift[0].have for change in run.changes] == ([] if now == "all" else [now])


def test_data_events_stay_when_management_events_are_added() -> None:
    assert with_management(basic(IncludeManagementEvents=False))["EventSelectors"][1]["DataResources"] == [DATA]
    assert OBJECTS in with_management(Logged(advanced=[OBJECTS]))["AdvancedEventSelectors"]


def test_update_sends_only_differences_and_the_pair_that_belongs_together() -> None:
    sandbox = Sandbox()
    audit = [KEY, BUCKET, LOG_GROUP, ROLE, TRAIL]
    go(sandbox, "reconcile", audit)
    sandbox.client("cloudtrail", HOME.region).update_trail(Name="acme-trail", EnableLogFileValidation=False)
    sandbox.calls.clear()
    go(sandbox, "reconcile", audit)
    (update,) = (call for call in sandbox.calls if call.name == "cloudtrail:UpdateTrail")
    assert update.params.keys() == {
        "Name",
        "EnableLogFileValidation",
        "CloudWatchLogsLogGroupArn",
        "CloudWatchLogsRoleArn",
    }


def test_trail_can_be_planned_with_a_planned_key() -> None:
    made = planned(WANT, facts(None, Logged()), {**MADE, "key/acme-audit": Unknown("key")}).changes[0]
    assert made.unknown == ("KmsKeyId",)


def test_trail_with_another_home_region_is_reported() -> None:
    with pytest.raises(TrailElsewhere) as refused:
        planned(WANT, facts(replace(GOOD, home="us-west-2")), MADE)
    assert "is at home in us-west-2" in refused.value.message
    assert "delete-trail --region us-west-2 --name acme-trail" in (refused.value.hint or "")


def test_sixth_trail_is_refused_in_the_plan() -> None:
    five = [(f"t{number}", GOOD) for number in range(5)]
    with pytest.raises(QuotaExceeded, match="5 trails, 1 more is needed, and AWS takes 5"):
        planned(WANT, {**facts(None, Logged()), trails: five, raised: 5}, MADE)


def test_trail_of_another_region_is_found_by_its_shadow_trail() -> None:
    sandbox = Sandbox()
    go(sandbox, "reconcile", [KEY, BUCKET, LOG_GROUP, ROLE])
    oregon = sandbox.client("cloudtrail", "us-west-2")
    s3 = sandbox.client("s3", "us-west-2")
    s3.create_bucket(Bucket="acme-logs", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_bucket_policy(Bucket="acme-logs", Policy=open_to_cloudtrail("acme-logs"))
    oregon.create_trail(Name="acme-trail", S3BucketName="acme-logs", IsMultiRegionTrail=True)
    failed = go(sandbox, "plan", [KEY, BUCKET, LOG_GROUP, ROLE, TRAIL]).outcomes[-1]
    assert failed.error is not None
    assert failed.error.code == "TrailElsewhere"


def open_to_cloudtrail(bucket: str) -> str:
    """Write a bucket policy that lets any trail use the bucket."""

    cloudtrail = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    statements = [
        {**cloudtrail, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"},
        {**cloudtrail, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/*"},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


EVERY_OBJECT = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
DATA_EVENTS = [
    {"Field": "eventCategory", "Equals": ["Data"]},
    {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
]


@pytest.mark.parametrize(
    ("logs", "changes"),
    [
        (Logged(logging=True), ["create data events of S3 objects"]),
        (basic(), ["create data events of S3 objects"]),
        (basic(DataResources=[EVERY_OBJECT]), []),
        (basic(DataResources=[{**EVERY_OBJECT, "Values": ["arn:aws:s3:::"]}]), []),
        (basic(DataResources=[EVERY_OBJECT], ReadWriteType="WriteOnly"), ["update event selectors"]),
        (advanced(MANAGEMENT), ["create data events of S3 objects"]),
        (Logged(True, advanced=[{"FieldSelectors": [MANAGEMENT]}, {"FieldSelectors": DATA_EVENTS}]), []),
        (
            Logged(
                True,
                advanced=[
                    {"FieldSelectors": [MANAGEMENT]},
                    {
                        "FieldSelectors": [
                            *DATA_EVENTS,
                            {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::acme-web/"]},
                        ]
                    },
                ],
            ),
            ["create data events of S3 objects"],
        ),
    ],
    ids=[
        "default",
        "one bucket",
        "all",
        "all, written longer",
        "writes only",
        "advanced",
        "advanced, all",
        "advanced, some",
    ],
)
def test_object_events_are_logged_on_request(logs: Logged, changes: list[str]) -> None:
    assert described(planned(replace(WANT, objects=True), facts(GOOD, logs), MADE)) == changes
    assert "data events of S3 objects" not in " ".join(described(planned(WANT, facts(GOOD, logs), MADE)))


@pytest.mark.parametrize(
    "logs", [Logged(), basic(), basic(ReadWriteType="WriteOnly"), advanced(), advanced(MANAGEMENT)]
)
def test_all_object_events_are_logged_whatever_the_selectors_were(logs: Logged) -> None:
    chosen = with_objects(with_management(logs), HOME)
    now = Logged(True, chosen.get("EventSelectors", ()), chosen.get("AdvancedEventSelectors", ()))
    assert all_objects(now, HOME)
    assert management_events(now) == "all"


def data(number: int, kind: str = "All") -> dict[str, Any]:
    """Return a selector of the objects of one bucket."""
    resources = [{"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::bucket{number}/"]}]
    return {"ReadWriteType": kind, "IncludeManagementEvents": False, "DataResources": resources}


def values(selectors: list[dict[str, Any]], kind: str) -> set[str]:
    """Return whose objects the selectors record, for reads or for writes."""
    return {
        value
        for selector in selectors
        if selector["ReadWriteType"] in ("All", kind)
        for resource in selector["DataResources"]
        for value in resource["Values"]
    }


@pytest.mark.parametrize(
    "kinds",
    [
        ("All",) * 5,
        ("ReadOnly", "WriteOnly", "ReadOnly", "WriteOnly", "All"),
        ("ReadOnly", "WriteOnly", "ReadOnly", "WriteOnly", "ReadOnly"),
        ("WriteOnly",) * 5,
        ("All",) * 4,
    ],
    ids=["five of all", "one of all", "of two sorts", "of one sort", "four"],
)
@pytest.mark.parametrize("objects", [False, True], ids=["management events", "and all objects"])
def test_management_events_find_room_among_five_selectors(kinds: tuple[str, ...], objects: bool) -> None:
    before = [data(number, kind) for number, kind in enumerate(kinds)]
    chosen = with_management(Logged(basic=before))
    if objects:
        chosen = with_objects(chosen, HOME)
    after = chosen["EventSelectors"]
    assert len(after) <= 5
    assert management_events(Logged(basic=after)) == "all"
    assert all_objects(Logged(basic=after), HOME) is objects
    for kind in ("ReadOnly", "WriteOnly"):
        assert values(after, kind) - {"arn:aws:s3"} == values(before, kind)


FULL = [f"arn:aws:s3:::bucket{number}/" for number in range(250)]
CROWDED = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [{**DATA, "Values": FULL}]}
ADVANCED = {
    "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]},
        {"Field": "resources.ARN", "Equals": [f"arn:aws:lambda:eu-west-1:1:function:f{n}" for n in range(497)]},
    ]
}


@pytest.mark.parametrize(
    ("logs", "tells"),
    [
        (Logged(basic=[CROWDED]), "has 250 data resources in event selectors, 1 more is needed, and AWS takes 250"),
        (Logged(advanced=[ADVANCED]), "has 499 values in advanced event selectors, 3 more are needed, and AWS takes"),
    ],
    ids=["basic", "advanced"],
)
def test_trail_without_room_for_a_selector_logs_nevertheless(logs: Logged, tells: str) -> None:
    sandbox, audit = Sandbox(), [KEY, BUCKET, LOG_GROUP, ROLE, replace(TRAIL, objects=True)]  # type: ignore[call-arg]
    go(sandbox, "reconcile", [KEY, BUCKET, LOG_GROUP, ROLE, TRAIL])
    cloudtrail = sandbox.client("cloudtrail", HOME.region)
    selectors = {"EventSelectors": logs.basic} if logs.basic else {"AdvancedEventSelectors": logs.advanced}
    cloudtrail.put_event_selectors(TrailName="acme-trail", **selectors)
    cloudtrail.stop_logging(Name="acme-trail")
    failed = go(sandbox, "reconcile", audit).outcomes[-1]
    assert failed.error is not None
    assert tells in failed.error.message
    assert [change.what for change in failed.changes] == ["logging"]
    assert cloudtrail.get_trail_status(Name="acme-trail")["IsLogging"]
