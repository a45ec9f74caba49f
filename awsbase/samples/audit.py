"""Samples of the audit trail with its log group and role."""

import json
from typing import Any

from awsbase.ensure.key import key_policy
from awsbase.manifest.audit import Audit
from awsbase.manifest.base import Base
from awsbase.manifest.manifest import Manifest
from awsbase.manifest.merge import merge
from awsbase.manifest.state import State
from awsbase.samples.making import make
from awsbase.samples.sample import ACCOUNT, HOME, Reached, Sample, Tampering, sandbox

BASE = Base("acme", HOME, {"owner": "platform"})
MANIFEST = Manifest.model_validate(
    {"version": 1, "account": {"id": ACCOUNT, "name": "acme", "region": HOME.region}, "audit": {}}
)
KEY, BUCKET, LOG_GROUP, ROLE, TRAIL = merge({"audit": Audit().resources(BASE, MANIFEST)}).sections["audit"]
# State is encrypted with the key of the audit trail: one key for both.
SHARED = merge(
    {
        "audit": Audit().resources(BASE, MANIFEST),
        "state": State(key="alias/acme-audit").resources(BASE, MANIFEST),
    }
).sections
NAME = "acme-trail"
DATA = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::acme-web/"]}


def trails(aws: Reached) -> Any:
    """Return the client of CloudTrail."""
    return aws.client("cloudtrail", HOME.region)


def logs(aws: Reached) -> Any:
    """Return the client of CloudWatch Logs."""
    return aws.client("logs", HOME.region)


def select(aws: Reached, **selector: Any) -> None:
    """Select events by hand."""
    trails(aws).put_event_selectors(TrailName=NAME, EventSelectors=[selector])


def made_by_hand(aws: Reached) -> None:
    """Create the trail without awsbase: one region, no key, not started, with data events."""
    make(aws, [KEY, BUCKET, LOG_GROUP, ROLE])
    s3 = aws.client("s3", HOME.region)
    s3.create_bucket(Bucket="acme-logs", CreateBucketConfiguration={"LocationConstraint": HOME.region})
    cloudtrail = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    statements = [
        {**cloudtrail, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::acme-logs"},
        {**cloudtrail, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::acme-logs/old/AWSLogs/{ACCOUNT}/*"},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    s3.put_bucket_policy(Bucket="acme-logs", Policy=policy)
    team = [{"Key": "team", "Value": "web"}]
    trails(aws).create_trail(Name=NAME, S3BucketName="acme-logs", S3KeyPrefix="old", TagsList=team)
    select(aws, ReadWriteType="WriteOnly", IncludeManagementEvents=False, DataResources=[DATA])


def without_logs(aws: Reached) -> None:
    """Delete the bucket that the trail had before."""
    aws.client("s3", HOME.region).delete_bucket(Bucket="acme-logs")


def of_an_organization(aws: Reached) -> None:
    """Let the account manage an organization whose trail has the wanted name, with its logs elsewhere."""
    call_moto = sandbox(aws).call_moto
    id = call_moto("organizations:CreateOrganization", FeatureSet="ALL")["Organization"]["Id"]
    call_moto("organizations:EnableAWSServiceAccess", ServicePrincipal="cloudtrail.amazonaws.com")
    s3 = aws.client("s3", HOME.region)
    s3.create_bucket(Bucket="organization-logs", CreateBucketConfiguration={"LocationConstraint": HOME.region})
    arn = "arn:aws:s3:::organization-logs"
    written = [f"{arn}/AWSLogs/{owner}/*" for owner in (ACCOUNT, id)]
    cloudtrail = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    statements = [
        {**cloudtrail, "Action": "s3:GetBucketAcl", "Resource": arn},
        {**cloudtrail, "Action": "s3:PutObject", "Resource": written},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    s3.put_bucket_policy(Bucket="organization-logs", Policy=policy)
    trails(aws).create_trail(
        Name=NAME, S3BucketName="organization-logs", IsMultiRegionTrail=True, IsOrganizationTrail=True
    )


SETTINGS = [f"{TRAIL.address}: update settings"]


def shared_key(aws: Reached) -> str:
    """Return the id of the key that both use."""
    kms = aws.client("kms", HOME.region)
    aliases = kms.get_paginator("list_aliases").paginate()
    every = [each for page in aliases for each in page["Aliases"]]
    return next(str(each["TargetKeyId"]) for each in every if each["AliasName"] == "alias/acme-audit")


SAMPLES = (
    Sample(
        "audit",
        [KEY, BUCKET, LOG_GROUP, ROLE, TRAIL],
        tamperings={
            "logging stopped": Tampering(
                lambda aws: trails(aws).stop_logging(Name=NAME), [f"{TRAIL.address}: update logging"]
            ),
            "one region": Tampering(
                lambda aws: trails(aws).update_trail(Name=NAME, IsMultiRegionTrail=False), SETTINGS
            ),
            "not validated": Tampering(
                lambda aws: trails(aws).update_trail(Name=NAME, EnableLogFileValidation=False), SETTINGS
            ),
            "not encrypted": Tampering(lambda aws: trails(aws).update_trail(Name=NAME, KmsKeyId=""), SETTINGS),
            "without log group": Tampering(
                lambda aws: trails(aws).update_trail(Name=NAME, CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn=""),
                SETTINGS,
            ),
            "trail deleted": Tampering(
                lambda aws: trails(aws).delete_trail(Name=NAME),
                [f"{TRAIL.address}: create trail", f"{TRAIL.address}: update logging"],
            ),
            "trail with another tag": Tampering(
                lambda aws: trails(aws).add_tags(ResourceId=TRAIL.arn, TagsList=[{"Key": "owner", "Value": "me"}]),  # type: ignore[attr-defined]
                [f"{TRAIL.address}: update tags"],
            ),
            "retention shortened": Tampering(
                lambda aws: logs(aws).put_retention_policy(logGroupName="acme-audit", retentionInDays=1),
                [f"{LOG_GROUP.address}: update retention"],
            ),
            "log group without retention": Tampering(
                lambda aws: logs(aws).delete_retention_policy(logGroupName="acme-audit"),
                [f"{LOG_GROUP.address}: update retention"],
                risky=[f"{LOG_GROUP.address}: update retention"],
            ),
            "log group with AWS's key": Tampering(
                lambda aws: logs(aws).disassociate_kms_key(logGroupName="acme-audit"),
                [f"{LOG_GROUP.address}: update encryption"],
            ),
            "log group deleted": Tampering(
                lambda aws: logs(aws).delete_log_group(logGroupName="acme-audit"),
                [f"{LOG_GROUP.address}: create log group", f"{LOG_GROUP.address}: update retention"],
            ),
            "log group with another tag": Tampering(
                lambda aws: logs(aws).tag_resource(resourceArn=LOG_GROUP.arn, tags={"owner": "me"}),  # type: ignore[attr-defined]
                [f"{LOG_GROUP.address}: update tags"],
            ),
            "role trusts another service": Tampering(
                lambda aws: aws.client("iam").update_assume_role_policy(
                    RoleName="acme-cloudtrail-logs",
                    PolicyDocument=json.dumps(ROLE.trust).replace("cloudtrail.", "ec2."),  # type: ignore[attr-defined]
                ),
                [f"{ROLE.address}: update trust"],
                risky=[f"{ROLE.address}: update trust"],
            ),
            "role cannot write": Tampering(
                lambda aws: aws.client("iam").delete_role_policy(RoleName="acme-cloudtrail-logs", PolicyName="deliver"),
                [f"{ROLE.address}: create inline policy deliver"],
                risky=[f"{ROLE.address}: create inline policy deliver"],
            ),
        },
    ),
    Sample(
        "key shared by audit and state",
        [*SHARED["audit"], *SHARED["state"]],
        tamperings={
            "shared key without its statements": Tampering(
                lambda aws: aws.client("kms", HOME.region).put_key_policy(
                    KeyId=shared_key(aws), PolicyName="default", Policy=json.dumps(key_policy(HOME))
                ),
                [f"{KEY.address}: update policy"],
                risky=[f"{KEY.address}: update policy"],
            ),
            "state with another key": Tampering(
                lambda aws: aws.client("s3", HOME.region).delete_bucket_encryption(Bucket="acme-state"),
                ["bucket/acme-state: update encryption"],
            ),
        },
    ),
    Sample("trail made by hand", [KEY, BUCKET, LOG_GROUP, ROLE, TRAIL], before=made_by_hand, after=without_logs),
    Sample(
        "trail of an organization",
        [KEY, BUCKET, LOG_GROUP, ROLE, TRAIL],
        before=of_an_organization,
        not_on_aws="it takes an organization, and `awsbase selftest` refuses its management account",
    ),
)
