"""Accounts that others made by hand, each with something in it that awsbase would have made otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from awsbase.sandbox import Sandbox
from awsbase.testing.sample import HOME

REGION = HOME.region
HERE = {"LocationConstraint": REGION}
ROOT = f"arn:aws:iam::{HOME.account}:root"
STRANGER = "arn:aws:iam::999999999999:root"
CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
LOG_DELIVERY = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
MANY = {f"k{number}": "v" for number in range(50)}
FULL_ACCESS = [
    *("AWSLambda_FullAccess", "AmazonDynamoDBFullAccess", "AmazonEC2FullAccess", "AmazonRDSFullAccess"),
    *("AmazonRoute53FullAccess", "AmazonS3FullAccess", "AmazonSNSFullAccess", "AmazonSQSFullAccess"),
    *("AmazonVPCFullAccess", "CloudWatchFullAccess"),
]


def document(*statements: Mapping[str, Any]) -> str:
    """Return a policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def named(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def bucket(aws: Sandbox, name: str, *statements: Mapping[str, Any], **more: Any) -> None:
    """Create a bucket, with a policy if there are statements."""
    s3 = aws.client("s3", REGION)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=HERE, **more)
    if statements:
        s3.put_bucket_policy(Bucket=name, Policy=document(*statements))


def bucket_with_fifty_tags(aws: Sandbox) -> None:
    bucket(aws, "acme-state")
    aws.client("s3", REGION).put_bucket_tagging(Bucket="acme-state", Tagging={"TagSet": named(MANY)})


def state_of_a_module(aws: Sandbox) -> None:
    """Make the bucket that a well-known module of Terraform makes for its state."""
    s3, name = aws.client("s3", REGION), "acme-tfstate"
    objects, both = f"arn:aws:s3:::{name}/*", [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    header = "s3:x-amz-server-side-encryption"
    put = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:PutObject", "Resource": objects}
    bucket(
        aws,
        name,
        {"Sid": "WrongHeader", "Condition": {"StringNotEquals": {header: ["AES256", "aws:kms"]}}, **put},
        {"Sid": "NoHeader", "Condition": {"Null": {header: "true"}}, **put},
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": both,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled", "MFADelete": "Disabled"})
    encrypted = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [encrypted]})


def bucket_that_denies_other_encryption(aws: Sandbox) -> None:
    bucket(
        aws,
        "acme-trail-logs",
        {
            "Sid": "WrongHeader",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::acme-trail-logs/*",
            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}},
        },
    )


def bucket_with_grants(aws: Sandbox) -> None:
    s3, name = aws.client("s3", REGION), "acme-access-logs"
    bucket(aws, name, ObjectOwnership="ObjectWriter")
    owner = s3.get_bucket_acl(Bucket=name)["Owner"]
    itself = {"Type": "CanonicalUser", "ID": owner["ID"]}
    grants = [(itself, "FULL_CONTROL"), (LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")]
    granted = [{"Grantee": to, "Permission": permission} for to, permission in grants]
    s3.put_bucket_acl(Bucket=name, AccessControlPolicy={"Owner": owner, "Grants": granted})


def public_bucket(aws: Sandbox) -> None:
    bucket(aws, "acme-web")
    aws.client("s3", REGION).delete_public_access_block(Bucket="acme-web")
    hotlinks = {
        "Sid": "Hotlinks",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::acme-web/*",
        "Condition": {"StringLike": {"aws:Referer": "https://www.acme.example/*"}},
    }
    aws.client("s3", REGION).put_bucket_policy(Bucket="acme-web", Policy=document(hotlinks))


def ninety_nine_filters(aws: Sandbox) -> None:
    logs = aws.client("logs", REGION)
    logs.create_log_group(logGroupName="trail-logs")
    for number in range(99):
        logs.put_metric_filter(
            logGroupName="trail-logs",
            filterName=f"f{number}",
            filterPattern="{ $.a = 1 }",
            metricTransformations=[{"metricName": f"m{number}", "metricNamespace": "X", "metricValue": "1"}],
        )


def group_with_ten_policies(aws: Sandbox) -> None:
    iam = aws.client("iam")
    iam.create_group(GroupName="Ops")
    for name in FULL_ACCESS:
        iam.attach_group_policy(GroupName="Ops", PolicyArn=f"arn:aws:iam::aws:policy/{name}")


def people_with_fifty_tags(aws: Sandbox) -> None:
    iam = aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="ci", AssumeRolePolicyDocument=document(trust), Tags=named(MANY))
    iam.create_user(UserName="alice", Tags=named(MANY))


def no_vpc(aws: Sandbox) -> None:
    """Delete the default VPC, in the order in which AWS lets it go."""
    ec2 = aws.client("ec2", REGION)
    for vpc in [each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]]:
        inside = [{"Name": "vpc-id", "Values": [vpc]}]
        pages = ec2.get_paginator("describe_subnets").paginate(Filters=inside)
        for subnet in [each["SubnetId"] for page in pages for each in page["Subnets"]]:
            ec2.delete_subnet(SubnetId=subnet)
        attached = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
        for gateway in ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]:
            ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc)
            ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
        ec2.delete_vpc(VpcId=vpc)


def vpc_of_ipv6(aws: Sandbox) -> None:
    ec2 = aws.client("ec2", REGION)
    vpc = ec2.create_vpc(
        CidrBlock="10.9.0.0/16",
        AmazonProvidedIpv6CidrBlock=True,
        TagSpecifications=[{"ResourceType": "vpc", "Tags": named({"Name": "main"})}],
    )["Vpc"]["VpcId"]
    (block,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
    ec2.create_subnet(
        VpcId=vpc,
        Ipv6Native=True,
        Ipv6CidrBlock=block["Ipv6CidrBlock"].replace("/56", "/64"),
        TagSpecifications=[{"ResourceType": "subnet", "Tags": named({"Name": "six"})}],
    )


def topic_of_others(aws: Sandbox) -> None:
    region = "us-east-1"
    sns = aws.client("sns", region)
    arn = sns.create_topic(Name="acme-billing")["TopicArn"]
    itself = {"Sid": "ops", "Effect": "Allow", "Principal": {"AWS": HOME.account}, "Action": "SNS:Publish"}
    partner = {"Sid": "partner", "Effect": "Allow", "Principal": {"AWS": STRANGER}, "Action": "SNS:Subscribe"}
    key = aws.client("kms", region).create_key()["KeyMetadata"]["Arn"]
    attributes = {
        "Policy": document({**itself, "Resource": arn}, {**partner, "Resource": arn}),
        "DisplayName": "AWS-CFO",
        "KmsMasterKeyId": key,
    }
    for name, value in attributes.items():
        sns.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)
    only = {"FilterPolicy": '{"severity":["high"]}'}
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="cfo@acme.example", Attributes=only)
    sns.subscribe(TopicArn=arn, Protocol="sms", Endpoint="+15550100")
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="left@acme.example")


def trail_bucket(aws: Sandbox, name: str, *prefixes: str) -> None:
    """Create a bucket in which CloudTrail may write below these prefixes."""
    objects = [f"arn:aws:s3:::{name}/{prefix}/*" for prefix in prefixes]
    given = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    allow = {"Effect": "Allow", "Principal": CLOUDTRAIL}
    bucket(
        aws,
        name,
        {**allow, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{name}"},
        {**allow, "Action": "s3:PutObject", "Resource": objects, "Condition": given},
    )


def trail_of_objects(aws: Sandbox) -> None:
    """Make a trail that records no management events, and the objects of five buckets."""
    cloudtrail = aws.client("cloudtrail", REGION)
    trail_bucket(aws, "trail-logs-x", f"cloudtrail/AWSLogs/{HOME.account}")
    cloudtrail.create_trail(Name="main", S3BucketName="trail-logs-x", S3KeyPrefix="cloudtrail", IsMultiRegionTrail=True)
    objects = [{"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::bucket{number}/"]} for number in range(5)]
    cloudtrail.put_event_selectors(
        TrailName="main",
        EventSelectors=[
            {"ReadWriteType": "All", "IncludeManagementEvents": False, "DataResources": [each]} for each in objects
        ],
    )


def trail_of_a_management_account(aws: Sandbox) -> None:
    cloudtrail, organizations, name = aws.client("cloudtrail", REGION), aws.client("organizations"), "org-trail-logs"
    id = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    trail_bucket(aws, name, f"AWSLogs/{HOME.account}", f"AWSLogs/{id}")
    cloudtrail.create_trail(
        Name="org-trail",
        S3BucketName=name,
        IsMultiRegionTrail=True,
        IsOrganizationTrail=True,
        EnableLogFileValidation=True,
    )
    cloudtrail.start_logging(Name="org-trail")


def member_of_an_organization(aws: Sandbox) -> None:
    aws.organization_trail("aws-controltower-BaselineCloudTrail", REGION)


def nothing(aws: Sandbox) -> None:
    """Leave the account as AWS opens it."""


MADE: Sequence[Callable[[Sandbox], None]] = (
    bucket_with_fifty_tags,
    state_of_a_module,
    bucket_that_denies_other_encryption,
    bucket_with_grants,
    public_bucket,
    ninety_nine_filters,
    group_with_ten_policies,
    people_with_fifty_tags,
    no_vpc,
    vpc_of_ipv6,
    topic_of_others,
    trail_of_objects,
    trail_of_a_management_account,
    member_of_an_organization,
    nothing,
)
