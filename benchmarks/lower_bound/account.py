"""What `peers.yaml` makes, as data for the calls that make it and for the answers that are expected later."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

ACCOUNT = "123456789012"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/acme-trail"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:acme-audit"
BY_TRAIL = {"StringEquals": {"aws:SourceArn": TRAIL}}
EVERYWHERE = {"DestinationCidrBlock": "0.0.0.0/0"}
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"


def document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str | list[str], on: str | list[str] = "*", service: str | None = None, **more: Any) -> Document:
    who = {"Principal": {"Service": f"{service}.amazonaws.com"}} if service else {}
    return {"Effect": "Allow", **who, "Action": action, "Resource": on, **more}


def deny(action: str | list[str], on: str | list[str] = "*", **more: Any) -> Document:
    return {"Effect": "Deny", "Action": action, "Resource": on, **more}


def trusting(service: str) -> Document:
    who = {"Service": f"{service}.amazonaws.com"}
    return document({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"})


OWNER = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
ENCRYPT = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
OF_LOGS = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": LOGS}}
KEYS = {
    "acme-state": document(OWNER),
    "acme-audit": document(
        OWNER,
        allow(["kms:GenerateDataKey*", "kms:DescribeKey"], service="cloudtrail", Condition=BY_TRAIL),
        allow(ENCRYPT, service="logs.us-east-1", Condition=OF_LOGS),
    ),
}


def bucket_policy(name: str, key: str) -> Document:
    """Return what keeps a bucket to TLS, the audit's to its trail, and the state's to its key."""
    arn = f"arn:aws:s3:::{name}"
    no_tls = {"Bool": {"aws:SecureTransport": "false"}}
    only_tls = deny("s3:*", [arn, f"{arn}/*"], Principal="*", Condition=no_tls)
    if name == "acme-audit":
        look = allow("s3:GetBucketAcl", arn, "cloudtrail", Condition=BY_TRAIL)
        write = allow("s3:PutObject", f"{arn}/AWSLogs/{ACCOUNT}/*", "cloudtrail", Condition=BY_TRAIL)
        return document(look, write, only_tls)
    another = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    other_key = {"Null": {another: "false"}, "StringNotEquals": {another: key}}
    return document(deny("s3:PutObject", f"{arn}/*", Principal="*", Condition=other_key), only_tls)


BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
OLD_VERSIONS = {
    "ID": "old-versions",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 365},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}


def encryption(key: str) -> Document:
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]}


def trail(key: str) -> Document:
    return {
        "Name": "acme-trail",
        "S3BucketName": "acme-audit",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "CloudWatchLogsLogGroupArn": f"{LOGS}:*",
        "CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/acme-cloudtrail-logs",
        "KmsKeyId": key,
    }


TOPICS = {
    f"acme-{name}": f"arn:aws:sns:us-east-1:{ACCOUNT}:acme-{name}" for name in ("security", "billing", "operations")
}


def topic_policy(arn: str) -> Document:
    return document(allow("sns:Publish", arn, "cloudwatch", Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}))


PATTERNS = {
    "unauthorized-calls": '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    "root-use": '{ $.userIdentity.type = "Root" && $.eventType != "AwsServiceEvent" }',
    "console-failures": '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
    "route-tables": "{ ($.eventName = CreateRoute) || ($.eventName = ReplaceRoute) || ($.eventName = DeleteRoute) }",
}
FILTERS = [
    {
        "filterName": f"acme-{name}",
        "filterPattern": pattern,
        "metricTransformations": [{"metricName": name, "metricNamespace": "acme/security", "metricValue": "1"}],
    }
    for name, pattern in sorted(PATTERNS.items())
]
BILLING = {
    "AlarmActions": [TOPICS["acme-billing"]],
    "Namespace": "AWS/Billing",
    "MetricName": "EstimatedCharges",
    "Dimensions": [{"Name": "Currency", "Value": "USD"}],
    "Statistic": "Maximum",
    "Period": 21600,
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}
SECURITY = {
    "AlarmActions": [TOPICS["acme-security"]],
    "Namespace": "acme/security",
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
}
ALARMS: list[Document] = [
    *({"AlarmName": f"acme-billing-{n}-usd", "Threshold": float(n), **BILLING} for n in (10, 50, 100, 200, 500)),
    *({"AlarmName": f"acme-{name}", "MetricName": name, **SECURITY} for name in PATTERNS),
]
BILLING_ALERTS = {"key": f"AccountId:{ACCOUNT}", "value": "ENABLED"}

PASSWORDS = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "AllowUsersToChangePassword": True,
    "PasswordReusePrevention": 24,
}
CLOSE = ["account:CloseAccount", "organizations:CloseAccount", "organizations:LeaveOrganization"]


def policies(key: str) -> dict[str, Document]:
    """Return the policies by name; the one for the state names its key."""
    objects = "arn:aws:s3:::acme-state/*"
    return {
        "awsbase-administrator": document(allow("*"), deny(CLOSE)),
        "deploy": document(allow("ecs:UpdateService")),
        "logs": document(allow("logs:FilterLogEvents")),
        "metrics": document(allow("cloudwatch:PutMetricData")),
        "acme-state-writer": document(
            allow("s3:ListBucket", "arn:aws:s3:::acme-state"),
            allow(["s3:GetObject", "s3:PutObject"], objects),
            allow("s3:DeleteObject", f"{objects}.tflock"),
            allow(["kms:Decrypt", "kms:GenerateDataKey"], key),
        ),
    }


GROUPS = {
    "administrators": {f"arn:aws:iam::{ACCOUNT}:policy/awsbase-administrator"},
    "systems": {f"arn:aws:iam::{ACCOUNT}:policy/metrics", f"arn:aws:iam::{ACCOUNT}:policy/acme-state-writer"},
    "developers": {f"arn:aws:iam::{ACCOUNT}:policy/deploy"},
    "support": {f"arn:aws:iam::{ACCOUNT}:policy/logs"},
    "billing": {"arn:aws:iam::aws:policy/job-function/Billing"},
}
MEMBERS = {
    "alice": "administrators",
    "bob": "systems",
    "carol": "systems",
    "dave": "developers",
    "erin": "developers",
    "frank": "developers",
    "grace": "support",
    "heidi": "billing",
}
ENDED = {"StringEquals": {"ec2:ResourceTag/Name": "acme-bastion"}}
SESSION_MANAGER = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
# By name: which service it is for, and what it may.
ROLES = {
    "acme-cloudtrail-logs": (
        trusting("cloudtrail"),
        document(allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{LOGS}:log-stream:*")),
    ),
    "acme-bastion-end": (
        trusting("scheduler"),
        document(allow("ec2:TerminateInstances", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*", Condition=ENDED)),
    ),
}

VPC, SUBNET = "10.42.0.0/24", "10.42.0.0/27"
TO_ALL_4 = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
TO_ALL_6 = {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
TEMPLATE = {
    "ImageId": IMAGE,
    "InstanceType": "t4g.micro",
    "IamInstanceProfile": {"Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/acme-bastion"},
    "BlockDeviceMappings": [
        {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeSize": 8, "VolumeType": "gp3"}}
    ],
    "MetadataOptions": {"HttpTokens": "required"},
}
