"""CloudTrail's event history in the sandbox: who made which call, where and from where, for 90 days."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from awsbase.sandbox.rates import DOCUMENTED
from tests.sandbox.refused import refused
from tests.still import Still

REGION = "eu-west-1"


def lookup(sandbox: Sandbox, region: str = REGION, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.client("cloudtrail", region).lookup_events(**more)["Events"]
    return found


def by(key: str, value: str) -> dict[str, Any]:
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


@pytest.fixture
def used() -> Sandbox:
    """Return an account in which Mallory closed a log, from an address, after somebody else had looked."""
    sandbox = Sandbox()
    sandbox.client("iam").create_user(UserName="mallory")
    sandbox.client("s3", REGION).create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    sandbox.client("s3", REGION).get_bucket_versioning(Bucket="logs")
    sandbox.address = "203.0.113.7"
    block = {"BlockPublicAcls": False, "IgnorePublicAcls": False}
    s3 = sandbox.client("s3", REGION, "user/mallory")
    s3.put_public_access_block(Bucket="logs", PublicAccessBlockConfiguration=block)
    return sandbox


def test_an_event_says_who_called_when_from_where_and_what(used: Sandbox) -> None:
    changed, read, made = lookup(used, **by("ResourceName", "logs"))
    assert [each["EventName"] for each in (changed, read, made)] == [
        "PutBucketPublicAccessBlock",
        "GetBucketVersioning",
        "CreateBucket",
    ]
    assert (changed["ReadOnly"], read["ReadOnly"], changed["Username"]) == ("false", "true", "mallory")
    assert changed["Resources"] == [{"ResourceType": "AWS::S3::Bucket", "ResourceName": "logs"}]
    whole = json.loads(changed["CloudTrailEvent"])
    assert whole["userIdentity"]["arn"] == "arn:aws:iam::123456789012:user/mallory"
    assert (whole["sourceIPAddress"], whole["eventSource"]) == ("203.0.113.7", "s3.amazonaws.com")
    assert whole["requestParameters"]["bucketName"] == "logs"
    assert "Boto3" in whole["userAgent"]
    assert json.loads(made["CloudTrailEvent"])["userIdentity"]["type"] == "AssumedRole"


def test_services_without_regions_are_found_in_the_first_one(used: Sandbox) -> None:
    assert [each["EventName"] for each in lookup(used, "us-east-1", **by("ResourceName", "mallory"))] == ["CreateUser"]
    assert lookup(used, **by("ResourceName", "mallory")) == []


def test_a_refused_call_is_there_with_its_code(used: Sandbox) -> None:
    assert refused(used.client("iam").create_user, UserName="mallory") == "EntityAlreadyExists"
    refusal, made = lookup(used, "us-east-1", **by("EventName", "CreateUser"))
    assert json.loads(refusal["CloudTrailEvent"])["errorCode"] == "EntityAlreadyExists"
    assert "errorCode" not in json.loads(made["CloudTrailEvent"])


def test_no_secret_is_in_the_history(used: Sandbox) -> None:
    used.client("iam").create_login_profile(UserName="mallory", Password="correct horse BATTERY 5")
    (made,) = lookup(used, "us-east-1", **by("EventName", "CreateLoginProfile"))
    assert "BATTERY" not in str(made)
    assert json.loads(made["CloudTrailEvent"])["requestParameters"] == {"userName": "mallory"}


def test_events_of_data_are_not_there(used: Sandbox) -> None:
    used.client("s3", REGION).put_object(Bucket="logs", Key="a", Body=b"")
    assert lookup(used, **by("EventName", "PutObject")) == []


def test_pages_are_for_the_parameters_that_they_were_asked_for(used: Sandbox) -> None:
    client = used.client("cloudtrail", REGION)
    first = client.lookup_events(MaxResults=2, **by("ResourceName", "logs"))
    rest = client.lookup_events(MaxResults=2, NextToken=first["NextToken"], **by("ResourceName", "logs"))
    assert (len(first["Events"]), len(rest["Events"]), "NextToken" in rest) == (2, 1, False)
    other = {"MaxResults": 2, "NextToken": first["NextToken"], **by("ResourceName", "other")}
    assert refused(client.lookup_events, **other) == "InvalidNextTokenException"


NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"MaxResults": 51}, "InvalidMaxResultsException"),
        ({"LookupAttributes": by("EventName", "a")["LookupAttributes"] * 2}, "InvalidLookupAttributesException"),
        (by("SourceAddress", "203.0.113.7"), "InvalidLookupAttributesException"),
        ({"StartTime": NOW, "EndTime": NOW - timedelta(days=1)}, "InvalidTimeRangeException"),
        ({"NextToken": "made-up"}, "InvalidNextTokenException"),
    ],
)
def test_what_lookup_refuses(params: dict[str, Any], code: str) -> None:
    assert refused(Sandbox().client("cloudtrail").lookup_events, **params) == code


def test_events_are_forgotten_after_90_days_and_late_if_a_test_says_so(used: Sandbox) -> None:
    used.history_lag = timedelta(minutes=5)
    assert lookup(used, **by("ResourceName", "logs")) == []
    used.clock.advance(301)
    assert len(lookup(used, **by("ResourceName", "logs"))) == 3
    used.clock.advance(90 * 24 * 3600)
    assert lookup(used, **by("ResourceName", "logs")) == []


def test_two_lookups_a_second_are_taken() -> None:
    sandbox = Sandbox(rates=DOCUMENTED)
    sandbox.clock = Still()
    client = sandbox.client("cloudtrail")
    assert [refused(client.lookup_events) for _ in range(3)] == [None, None, "ThrottlingException"]
