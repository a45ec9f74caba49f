"""Trails of an organization: who makes them, where they write, and that members see them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from awsbase.sandbox import World
from tests.sandbox.refused import refused

MANAGEMENT, PROD = "111111111111", "333333333333"
REGION = "eu-west-1"
TRAIL = {"Name": "audit", "S3BucketName": "acme-logs", "IsMultiRegionTrail": True, "IsOrganizationTrail": True}


@pytest.fixture
def world() -> World:
    return World([MANAGEMENT, PROD], management=MANAGEMENT)


def client(world: World, account: str, service: str = "cloudtrail") -> Any:
    return world.accounts[account].client(service, REGION)


def bucket(world: World, account: str, owners: Sequence[str]) -> None:
    """Let an account have a bucket in which CloudTrail may write below these owners."""
    s3, arn = client(world, account, "s3"), "arn:aws:s3:::acme-logs"
    if "acme-logs" not in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket="acme-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    source = {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:{REGION}:{account}:trail/audit"}}
    statements = [
        {**service, "Action": "s3:GetBucketAcl", "Resource": arn, "Condition": source},
        {
            **service,
            "Action": "s3:PutObject",
            "Condition": source,
            "Resource": [f"{arn}/AWSLogs/{o}/*" for o in owners],
        },
    ]
    s3.put_bucket_policy(Bucket="acme-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))


def trusted(world: World, service: str = "cloudtrail.amazonaws.com") -> str:
    """Let the organization trust a service; return the organization's id."""
    organizations = client(world, MANAGEMENT, "organizations")
    organizations.enable_aws_service_access(ServicePrincipal=service)
    return str(organizations.describe_organization()["Organization"]["Id"])


def test_the_management_account_makes_it_where_cloudtrail_is_trusted(world: World) -> None:
    create = client(world, MANAGEMENT).create_trail
    bucket(world, MANAGEMENT, [MANAGEMENT])
    assert refused(create, **TRAIL) == "CloudTrailAccessNotEnabledException"
    id = trusted(world)
    for owners, code in (
        ([MANAGEMENT], "InsufficientS3BucketPolicyException"),
        ([id], "InsufficientS3BucketPolicyException"),
        ([MANAGEMENT, id], None),
    ):
        bucket(world, MANAGEMENT, owners)
        assert refused(create, **TRAIL) == code


def test_members_and_others_make_none(world: World) -> None:
    trusted(world)
    bucket(world, PROD, [PROD])
    assert refused(client(world, PROD).create_trail, **TRAIL) == "NotOrganizationMasterAccountException"
    own = client(world, PROD).create_trail(**{**TRAIL, "IsOrganizationTrail": False})
    update = {"Name": own["Name"], "IsOrganizationTrail": True}
    assert refused(client(world, PROD).update_trail, **update) == "NotOrganizationMasterAccountException"

    alone = World([PROD])
    bucket(alone, PROD, [PROD])
    assert refused(client(alone, PROD).create_trail, **TRAIL) == "OrganizationsNotInUseException"


def test_members_see_it_and_change_nothing(world: World) -> None:
    bucket(world, MANAGEMENT, [MANAGEMENT, trusted(world)])
    arn = client(world, MANAGEMENT).create_trail(**TRAIL)["TrailARN"]
    member = client(world, PROD)
    (seen,) = member.describe_trails()["trailList"]
    assert (seen["TrailARN"], seen["IsOrganizationTrail"], seen["HomeRegion"]) == (arn, True, REGION)
    assert [each["TrailARN"] for each in member.list_trails()["Trails"]] == [arn]
    assert member.get_trail_status(Name=arn)["IsLogging"] is False
    client(world, MANAGEMENT).start_logging(Name="audit")
    assert member.get_trail_status(Name=arn)["IsLogging"] is True
    for change in (member.stop_logging, member.delete_trail):
        assert refused(change, Name=arn) == "NotOrganizationMasterAccountException"
    # The management account's list shows it once.
    assert len(client(world, MANAGEMENT).describe_trails()["trailList"]) == 1
