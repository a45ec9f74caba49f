"""The audit trail of an account is adopted with all its parts, or counted with what it lacks."""

from __future__ import annotations

import json

from awsbase.samples import audit as samples
from awsbase.sandbox import Sandbox
from awsbase.sandbox.organization_trails import OrganizationTrails
from tests.adopt.watching import look, made, reasons, said, wanted

TRAIL = "trail/acme-trail"
OTHERWISE = {
    "trail": "records",
    "bucket": "acme-records",
    "key": "alias/records",
    "log_group": "records",
    "retention_days": 90,
    "bucket_retention_days": 800,
    "encrypt_log_group": False,
    "data_events": True,
    "access_logs": {"bucket": "acme-who", "retention_days": 30},
}


def bucket(sandbox: Sandbox, name: str, region: str) -> None:
    """Make a bucket that any trail may write to."""
    s3, arn = sandbox.client("s3", region), f"arn:aws:s3:::{name}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    cloudtrail = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    statements = [
        {**cloudtrail, "Action": "s3:GetBucketAcl", "Resource": arn},
        {**cloudtrail, "Action": "s3:PutObject", "Resource": f"{arn}/*"},
    ]
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))


def test_a_trail_is_adopted_as_it_is_and_a_second_one_is_told_with_its_cost() -> None:
    sandbox = made(audit={"retention_days": 731, "access_logs": {}})
    bucket(sandbox, "old-logs", "eu-west-1")
    sandbox.client("cloudtrail", "eu-west-1").create_trail(Name="a-second", S3BucketName="old-logs")
    found = look(sandbox)
    assert said(found) == {"audit": {"retention_days": 731, "access_logs": {}}}
    assert found.resources == {each.address: each for each in wanted(**said(found))}
    second = "a second copy of the same events costs $2 per 100,000"
    assert reasons(found) == {"trail/a-second": second, "bucket/old-logs": reasons(found)["bucket/old-logs"]}


def test_a_trail_that_is_otherwise_says_so_and_what_is_weaker_than_a_default() -> None:
    found = look(made(audit=OTHERWISE))
    assert said(found) == {"audit": OTHERWISE}
    assert reasons(found) == {}
    assert found.resources == {each.address: each for each in wanted(audit=OTHERWISE)}
    assert "retention_days: 90  # weaker than the default: 365" in found.text
    assert "bucket_retention_days: 800  # weaker than the default: never" in found.text
    assert "encrypt_log_group: false  # weaker than the default: true" in found.text


def test_a_trail_made_by_hand_is_left_out_with_what_it_lacks() -> None:
    sandbox = Sandbox()
    samples.made_by_hand(sandbox)
    found = look(sandbox)
    assert said(found) == {}
    lacks = "key: none that has an alias; log group: none; role: none, not role/acme-cloudtrail-logs"
    assert reasons(found)[TRAIL] == lacks


def test_what_the_section_would_set_right_leaves_it_out_and_is_named() -> None:
    sandbox = made(audit={}, notify={"security": {}}, alarms={"security": {"controls": ["root-use"]}})
    samples.trails(sandbox).update_trail(Name=samples.NAME, EnableLogFileValidation=False)
    samples.trails(sandbox).stop_logging(Name=samples.NAME)
    sandbox.client("iam").delete_role_policy(RoleName="acme-cloudtrail-logs", PolicyName="deliver")
    found = look(sandbox)
    assert "audit" not in found.text
    assert reasons(found)[TRAIL] == (
        "settings: EnableLogFileValidation; logging; role/acme-cloudtrail-logs: no inline policy deliver"
    )
    # What watches the record goes with it.
    assert "alarms" not in found.text
    assert reasons(found)["alarm/acme-root-use"].startswith("equals control root-use")


def test_trails_of_an_organization_and_of_other_regions_are_no_trails_of_a_manifest() -> None:
    sandbox = Sandbox()
    sandbox.memory(OrganizationTrails).add("all", "eu-west-1")
    bucket(sandbox, "far-logs", "eu-west-3")
    sandbox.client("cloudtrail", "eu-west-3").create_trail(Name="far", S3BucketName="far-logs", IsMultiRegionTrail=True)
    found = look(sandbox)
    assert said(found) == {}
    assert reasons(found)["trail/far@eu-west-3"] == "region: a manifest has its trail in eu-west-1"
    assert [(each.name, each.owner) for each in found.count.left_alone] == [
        ("trail/all", "AWS Organizations' management account 999999999999")
    ]
