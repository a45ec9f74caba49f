"""CloudTrail in the sandbox: a trail is refused until everything that it writes to is ready."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

REGION = "eu-west-1"
ACCOUNT = "123456789012"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/audit"
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:audit"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/audit"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}
FROM_TRAIL = {"StringEquals": {"aws:SourceArn": TRAIL}}

ACL = {"Effect": "Allow", "Principal": SERVICE, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::logs",
       "Condition": FROM_TRAIL}  # fmt: skip
WRITE = {
    "Effect": "Allow",
    "Principal": SERVICE,
    "Action": "s3:PutObject",
    "Resource": f"arn:aws:s3:::logs/AWSLogs/{ACCOUNT}/*",
    "Condition": {"StringEquals": {"aws:SourceArn": TRAIL, "s3:x-amz-acl": "bucket-owner-full-control"}},
}
EVERY_TRAIL = [{name: part for name, part in held.items() if name != "Condition"} for held in (ACL, WRITE)]
OTHERS = {**WRITE, "Condition": {"StringEquals": {"aws:SourceArn": TRAIL + "x"}}}
ROOT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
ENCRYPT = {
    "Effect": "Allow",
    "Principal": SERVICE,
    "Action": "kms:GenerateDataKey*",
    "Resource": "*",
    "Condition": {
        "StringEquals": {"aws:SourceArn": TRAIL},
        "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"},
    },
}
DESCRIBE = {"Effect": "Allow", "Principal": SERVICE, "Action": "kms:DescribeKey", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def furnished(*, strict: bool = True, bucket: str = policy(ACL, WRITE)) -> Sandbox:
    sandbox = Sandbox(strict=strict)
    s3 = sandbox.client("s3", REGION)
    s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket="logs", Policy=bucket)
    sandbox.client("logs", REGION).create_log_group(logGroupName="audit")
    iam = sandbox.client("iam")
    trust = policy({"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName="audit", AssumeRolePolicyDocument=trust)
    writes = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
              "Resource": f"{GROUP}:log-stream:{ACCOUNT}_CloudTrail_{REGION}*"}  # fmt: skip
    iam.put_role_policy(RoleName="audit", PolicyName="logs", PolicyDocument=policy(writes))
    return sandbox


def key(sandbox: Sandbox, *statements: dict[str, Any], region: str = REGION) -> str:
    return str(sandbox.client("kms", region).create_key(Policy=policy(ROOT, *statements))["KeyMetadata"]["Arn"])


def disabled(sandbox: Sandbox) -> str:
    arn = key(sandbox, ENCRYPT, DESCRIBE)
    sandbox.client("kms", REGION).disable_key(KeyId=arn)
    return arn


def topic(sandbox: Sandbox) -> str:
    sandbox.client("sns", REGION).create_topic(Name="audit")
    return "audit"


NOTHING: Callable[[Sandbox], dict[str, Any]] = lambda sandbox: {}  # noqa: E731


@pytest.mark.parametrize(
    ("bucket", "more", "code"),
    [
        (policy(ACL), NOTHING, "InsufficientS3BucketPolicyException"),
        (policy(WRITE), NOTHING, "InsufficientS3BucketPolicyException"),
        (policy(ACL, OTHERS), NOTHING, "InsufficientS3BucketPolicyException"),
        (policy(ACL, WRITE), lambda _: {"S3KeyPrefix": "deep"}, "InsufficientS3BucketPolicyException"),
        (policy(ACL, WRITE), lambda _: {"Name": "audit..trail"}, "InvalidTrailNameException"),
        (policy(ACL, WRITE), lambda s: {"KmsKeyId": key(s)}, "InsufficientEncryptionPolicyException"),
        (policy(ACL, WRITE), lambda s: {"KmsKeyId": key(s, ENCRYPT)}, "InsufficientEncryptionPolicyException"),
        (policy(ACL, WRITE), lambda s: {"KmsKeyId": key(s, ENCRYPT, DESCRIBE, region="us-east-1")},
         "KmsKeyNotFoundException"),
        (policy(ACL, WRITE), lambda _: {"CloudWatchLogsLogGroupArn": GROUP, "CloudWatchLogsRoleArn": ROLE},
         "InvalidCloudWatchLogsLogGroupArnException"),
        (policy(ACL, WRITE), lambda _: {"CloudWatchLogsLogGroupArn": f"{GROUP}:*"},
         "InvalidCloudWatchLogsRoleArnException"),
        (policy(ACL, WRITE), lambda _: {"CloudWatchLogsLogGroupArn": f"{GROUP}x:*", "CloudWatchLogsRoleArn": ROLE},
         "InvalidCloudWatchLogsLogGroupArnException"),
        (policy(ACL, WRITE), lambda s: {"KmsKeyId": disabled(s)}, "KmsKeyDisabledException"),
        (policy(ACL, WRITE), lambda _: {"S3KeyPrefix": "x" * 201}, "InvalidS3PrefixException"),
        (policy(ACL, WRITE), lambda s: {"SnsTopicName": topic(s)}, "InsufficientSnsTopicPolicyException"),
        (policy(ACL, WRITE), lambda _: {"TagsList": [{"Key": "aws:owner", "Value": "x"}]},
         "InvalidTagParameterException"),
    ],
)  # fmt: skip
def test_mistakes_that_moto_lets_through(bucket: str, more: Callable[[Sandbox], dict[str, Any]], code: str) -> None:
    for strict in (False, True):
        sandbox = furnished(strict=strict, bucket=bucket)
        wanted = {"Name": "audit", "S3BucketName": "logs", **more(sandbox)}
        assert refused(sandbox.client("cloudtrail", REGION).create_trail, **wanted) == (code if strict else None)


def test_a_trail_with_everything_is_taken_once_its_role_is_known() -> None:
    sandbox = furnished()
    trail = sandbox.client("cloudtrail", REGION)
    wanted = {
        "Name": "audit",
        "S3BucketName": "logs",
        "KmsKeyId": key(sandbox, ENCRYPT, DESCRIBE),
        "CloudWatchLogsLogGroupArn": f"{GROUP}:*",
        "CloudWatchLogsRoleArn": ROLE,
        "IsMultiRegionTrail": True,
    }
    slow = "InvalidCloudWatchLogsRoleArnException"
    assert [refused(trail.create_trail, **wanted) for _ in range(4)] == [
        slow,
        slow,
        None,
        "TrailAlreadyExistsException",
    ]

    (selector,) = trail.get_event_selectors(TrailName="audit")["EventSelectors"]
    assert (selector["ReadWriteType"], selector["IncludeManagementEvents"]) == ("All", True)
    assert refused(trail.get_insight_selectors, TrailName="audit") == "InsightNotEnabledException"
    assert refused(trail.update_trail, Name="audit", KmsKeyId="alias/absent") == "KmsKeyNotFoundException"
    assert trail.update_trail(Name="audit", KmsKeyId="").get("KmsKeyId") in (None, "")
    assert "KmsKeyId" not in trail.describe_trails()["trailList"][0]


MANAGEMENT: dict[str, Any] = {"ReadWriteType": "All", "IncludeManagementEvents": True}


@pytest.mark.parametrize(
    "selectors",
    [
        {"EventSelectors": [MANAGEMENT] * 6},
        {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "readOnly", "Equals": ["true"]}]}]},
    ],
    ids=["six basic ones", "of no category"],
)
def test_selectors_that_say_too_much_or_too_little_are_refused(selectors: dict[str, Any]) -> None:
    for strict in (False, True):
        trail = furnished(strict=strict).client("cloudtrail", REGION)
        trail.create_trail(Name="audit", S3BucketName="logs")
        code = "InvalidEventSelectorsException" if strict else None
        assert refused(trail.put_event_selectors, TrailName="audit", **selectors) == code


def test_a_region_has_five_trails() -> None:
    for strict in (False, True):
        trail = furnished(strict=strict, bucket=policy(*EVERY_TRAIL)).client("cloudtrail", REGION)
        codes = [refused(trail.create_trail, Name=f"audit-{n}", S3BucketName="logs") for n in range(6)]
        assert codes == [None] * 5 + ["MaximumNumberOfTrailsExceededException" if strict else None]


def test_a_trail_is_changed_at_home_and_seen_everywhere() -> None:
    sandbox = furnished()
    sandbox.client("cloudtrail", REGION).create_trail(Name="audit", S3BucketName="logs", IsMultiRegionTrail=True)
    abroad = sandbox.client("cloudtrail", "us-east-1")

    assert [trail["HomeRegion"] for trail in abroad.describe_trails()["trailList"]] == [REGION]
    assert abroad.describe_trails(trailNameList=["other"])["trailList"] == []
    assert refused(abroad.start_logging, Name=TRAIL) == "InvalidHomeRegionException"
    assert refused(abroad.delete_trail, Name=TRAIL) == "InvalidHomeRegionException"
    assert refused(abroad.create_trail, Name="audit", S3BucketName="logs") == "TrailAlreadyExistsException"


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
def test_a_trail_is_deleted_by_its_name_or_arn_and_once(strict: bool) -> None:
    cloudtrail = furnished(strict=strict).client("cloudtrail", REGION)
    for name in ("audit", TRAIL):
        cloudtrail.create_trail(Name="audit", S3BucketName="logs", TagsList=[{"Key": "a", "Value": "b"}])
        cloudtrail.delete_trail(Name=name)
        assert cloudtrail.describe_trails()["trailList"] == []
        assert refused(cloudtrail.delete_trail, Name=name) == "TrailNotFoundException"
