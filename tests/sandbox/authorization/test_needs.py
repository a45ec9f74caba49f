"""What a call needs beyond the action of its own name, and what policies are told of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.sandbox import Sandbox
from tests.sandbox.principals import ACCOUNT, KIM, allow, deny, error, kim, person, policy
from tests.sandbox.refused import refused

SERVICE = {"Service": "cloudtrail.amazonaws.com"}
TRUST = policy({"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"})
ROLE = {"RoleName": "logs", "AssumeRolePolicyDocument": json.dumps(TRUST)}
LOGS_ROLE = f"arn:aws:iam::{ACCOUNT}:role/logs"
TAGS = [{"Key": "owner", "Value": "ops"}]
VPC_TAGS = [{"ResourceType": "vpc", "Tags": TAGS}]
LOGS = {"CloudWatchLogsRoleArn": LOGS_ROLE, "CloudWatchLogsLogGroupArn": "x"}
OWNED = {"StringEquals": {"aws:RequestTag/owner": "ops"}}


@pytest.mark.parametrize(
    ("service", "method", "params", "enough", "missing"),
    [
        ("iam", "create_user", {"UserName": "eve", "Tags": TAGS},
         [allow("iam:CreateUser"), allow("iam:TagUser", Condition=OWNED)], "iam:TagUser"),
        ("iam", "update_user", {"UserName": "kim", "NewPath": "/ops/"},
         [allow("iam:UpdateUser", on=[KIM, KIM.replace("user/", "user/ops/")])], "iam:UpdateUser"),
        ("iam", "attach_user_policy", {"UserName": "kim", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
         [allow("iam:AttachUserPolicy", Condition={"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/Read*"}})],
         "iam:AttachUserPolicy"),
        ("cloudtrail", "create_trail", {"Name": "acme", "S3BucketName": "acme-trail", **LOGS},
         [allow("cloudtrail:CreateTrail"),
          allow("iam:PassRole", on=LOGS_ROLE,
                Condition={"StringEquals": {"iam:PassedToService": "cloudtrail.amazonaws.com"}})], "iam:PassRole"),
        ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16", "TagSpecifications": VPC_TAGS},
         [allow("ec2:CreateVpc"),
          allow("ec2:CreateTags", on="arn:aws:ec2:*:*:vpc/*", Condition={"StringEquals": {
              "ec2:CreateAction": "CreateVpc"}})], "ec2:CreateTags"),
        ("s3", "put_public_access_block", {"Bucket": "acme-x", "PublicAccessBlockConfiguration": {}},
         [allow("s3:PutBucketPublicAccessBlock", on="arn:aws:s3:::acme-x")], "s3:PutBucketPublicAccessBlock"),
        ("logs", "create_log_group", {"logGroupName": "/a", "tags": {"owner": "ops"}},
         [allow("logs:CreateLogGroup", on="arn:aws:logs:*:*:log-group:/a:*"),
          allow("logs:TagResource", on="arn:aws:logs:*:*:log-group:/a")], "logs:TagResource"),
        ("sns", "create_topic", {"Name": "x", "Tags": TAGS}, [allow("sns:CreateTopic"), allow("sns:TagResource")],
         "SNS:TagResource"),
        ("ssm", "put_parameter", {"Name": "/x", "Value": "1", "Type": "String", "Tags": TAGS},
         [allow("ssm:PutParameter"), allow("ssm:AddTagsToResource")], "ssm:AddTagsToResource"),
        ("budgets", "describe_budgets", {"AccountId": ACCOUNT},
         [allow("budgets:ViewBudget"), allow("billing:GetBillingViewData")], "billing:GetBillingViewData"),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" in value else "",
)  # fmt: skip
def test_a_call_needs_all_of_these_rights_and_no_other(
    service: str, method: str, params: dict[str, Any], enough: list[dict[str, Any]], missing: str
) -> None:
    def attempt(*statements: dict[str, Any]) -> ClientError | None:
        sandbox = Sandbox(enforce=True)
        sandbox.client("s3").create_bucket(Bucket="acme-x")
        sandbox.client("iam").create_role(**ROLE)
        try:
            getattr(kim(sandbox, *statements)(service), method)(**params)
        except ClientError as refusal:
            return refusal
        return None

    through = attempt(*enough)
    assert through is None or "not authorized" not in str(through)
    short = attempt(*enough[:-1], allow("support:DescribeCases"))
    assert short is not None
    assert f"is not authorized to perform: {missing} " in str(short)


def test_a_request_that_names_no_resource_is_not_let_through_for_that() -> None:
    sandbox = Sandbox(enforce=True)
    sandbox.client("ec2").create_security_group(GroupName="web", Description="web")
    calls = kim(sandbox, allow("ec2:Describe*"))
    assert refused(calls("ec2").delete_security_group, GroupName="web") == "UnauthorizedOperation"
    assert refused(calls("sns").publish, PhoneNumber="+15550100", Message="m") == "AuthorizationError"


def test_launching_needs_what_the_launch_template_names() -> None:
    sandbox = Sandbox(enforce=True)
    ec2, iam = sandbox.client("ec2"), sandbox.client("iam")
    iam.create_role(**ROLE)
    iam.create_instance_profile(InstanceProfileName="host")
    iam.add_role_to_instance_profile(InstanceProfileName="host", RoleName="logs")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    data = {"ImageId": image, "InstanceType": "t3.micro", "IamInstanceProfile": {"Name": "host"}}
    template = ec2.create_launch_template(LaunchTemplateName="host", LaunchTemplateData=data)["LaunchTemplate"]
    launch = {"MinCount": 1, "MaxCount": 1, "LaunchTemplate": {"LaunchTemplateId": template["LaunchTemplateId"]}}

    calls = kim(sandbox, allow("ec2:RunInstances"))
    assert f"iam:PassRole on resource: {LOGS_ROLE}" in error(calls("ec2").run_instances, **launch)[1]
    small = {"StringLikeIfExists": {"ec2:InstanceType": "t2.*"}}
    iam.put_user_policy(UserName="kim", PolicyName="p", PolicyDocument=json.dumps(policy(
        allow("iam:PassRole"), deny("ec2:RunInstances", on=f"arn:aws:ec2:*::image/{image}"))))  # fmt: skip
    assert error(calls("ec2").run_instances, **launch)[1].endswith("explicit deny in an identity-based policy")
    other = person(sandbox, policy(allow("ec2:RunInstances", Condition=small), allow("iam:PassRole")), name="ann")
    assert "instance/*" in error(sandbox.client("ec2", caller=other).run_instances, **launch)[1]


def test_what_is_ours_is_told_by_its_tags() -> None:
    sandbox = Sandbox(enforce=True)
    ours = {"StringEquals": {"aws:ResourceTag/owner": "ops"}}
    calls = kim(sandbox, allow("kms:DisableKey", "ec2:DeleteVpc", "logs:DeleteLogGroup", Condition=ours))
    kms, ec2, logs = (sandbox.client(service) for service in ("kms", "ec2", "logs"))
    mine = kms.create_key(Tags=[{"TagKey": "owner", "TagValue": "ops"}])["KeyMetadata"]["KeyId"]
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=VPC_TAGS)["Vpc"]["VpcId"]
    bare = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    logs.create_log_group(logGroupName="/mine", tags={"owner": "ops"})
    logs.create_log_group(logGroupName="/other")

    assert refused(calls("kms").disable_key, KeyId=mine) is None
    assert refused(calls("kms").disable_key, KeyId=other) == "AccessDeniedException"
    assert refused(calls("ec2").delete_vpc, VpcId=vpc) is None
    assert refused(calls("ec2").delete_vpc, VpcId=bare) == "UnauthorizedOperation"
    assert refused(calls("logs").delete_log_group, logGroupName="/mine") is None
    assert refused(calls("logs").delete_log_group, logGroupName="/other") == "AccessDeniedException"
