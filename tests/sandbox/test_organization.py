"""Service control policies over the embedded AWS: what they refuse, and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.sandbox import Sandbox
from tests.organizations import policy, regions

HOME, CLOSED = "eu-west-1", "us-east-1"
ADMINISTRATOR = "arn:aws:sts::123456789012:assumed-role/sandbox-administrator/you"
DENIED = "with an explicit deny in a service control policy"


def refused(sandbox: Sandbox, service: str, region: str, method: str, **params: Any) -> tuple[str, str]:
    """Return the code and message of a refusal; empty ones when the call is allowed."""
    try:
        getattr(sandbox.client(service, region), method)(**params)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    return "", ""


@pytest.mark.parametrize(
    ("service", "method", "params", "code", "said"),
    [
        ("sns", "list_topics", {}, "AuthorizationError", "perform: SNS:ListTopics on resource: "),
        ("ec2", "describe_vpcs", {}, "UnauthorizedOperation", "You are not authorized to perform this operation. User"),
        ("cloudwatch", "describe_alarms", {}, "AccessDenied", "perform: cloudwatch:DescribeAlarms on resource: "),
        ("events", "list_rules", {}, "AccessDeniedException", "perform: events:ListRules on resource: "),
        ("resourcegroupstaggingapi", "get_resources", {}, "AccessDeniedException", "perform: tag:GetResources on"),
        ("s3", "create_bucket", {"Bucket": "acme"}, "AccessDenied", 'on resource: "arn:aws:s3:::acme" with'),
        ("s3", "head_bucket", {"Bucket": "acme"}, "403", "Forbidden"),
        ("account", "get_alternate_contact", {"AlternateContactType": "BILLING"}, "AccessDeniedException", "account:"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_closed_region_is_refused_in_the_words_of_the_service(
    service: str, method: str, params: dict[str, Any], code: str, said: str
) -> None:
    sandbox = Sandbox(deny=[regions(HOME)])
    have = refused(sandbox, service, CLOSED, method, **params)
    assert have[0] == code
    assert said in have[1]
    # To HEAD S3 answers without a reason.
    assert code == "403" or DENIED in have[1]
    assert code == "403" or f"User: {ADMINISTRATOR} is not authorized to perform: " in have[1]


def test_what_the_sample_of_aws_spares_is_open_everywhere() -> None:
    sandbox = Sandbox(deny=[regions(HOME)])
    for service, method in (("iam", "list_users"), ("kms", "list_keys"), ("sts", "get_caller_identity")):
        assert refused(sandbox, service, CLOSED, method) == ("", "")
    assert refused(sandbox, "ec2", CLOSED, "describe_regions") == ("", "")
    assert refused(sandbox, "sns", HOME, "list_topics") == ("", "")


@pytest.mark.parametrize(
    ("statement", "open_one"),
    [
        ({"Effect": "Deny", "Action": "sns:*"}, False),
        ({"Effect": "Deny", "Action": "sns:Create*"}, True),
        ({"Effect": "Allow", "Action": ["sns:*", "iam:*"]}, True),
        ({"Effect": "Allow", "Action": "iam:*"}, False),
        (
            {
                "Effect": "Deny",
                "Action": "*",
                "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/other"}},
            },
            True,
        ),
        (
            {
                "Effect": "Deny",
                "Action": "*",
                "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/sand*"}},
            },
            False,
        ),
        ({"Effect": "Deny", "NotAction": "sns:*"}, True),
        ({"Effect": "Deny", "Action": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "1"}}}, True),
    ],
)
def test_statements_take_away_and_allow_lists_leave_what_they_name(statement: Any, open_one: bool) -> None:
    sandbox = Sandbox(deny=[policy(statement)])
    code, message = refused(sandbox, "sns", HOME, "list_topics")
    assert (code == "") == open_one
    assert open_one or "service control policy" in message
    assert statement["Effect"] == "Deny" or open_one or "because no service control policy allows the SNS" in message


def test_tags_that_come_with_a_request_are_seen() -> None:
    demanded = policy(
        {"Effect": "Deny", "Action": "sns:CreateTopic", "Condition": {"Null": {"aws:RequestTag/unit": "true"}}},
        {
            "Effect": "Deny",
            "Action": ["sns:CreateTopic", "s3:CreateBucket"],
            "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["secret"]}},
        },
    )
    sandbox = Sandbox(deny=[demanded])
    unit, secret = {"Key": "unit", "Value": "web"}, {"Key": "secret", "Value": "x"}
    assert refused(sandbox, "sns", HOME, "create_topic", Name="acme")[0] == "AuthorizationError"
    assert refused(sandbox, "sns", HOME, "create_topic", Name="acme", Tags=[unit, secret])[0] == "AuthorizationError"
    assert refused(sandbox, "sns", HOME, "create_topic", Name="acme", Tags=[unit]) == ("", "")
    there = {"LocationConstraint": HOME, "Tags": [secret]}
    assert refused(sandbox, "s3", HOME, "create_bucket", Bucket="b-1", CreateBucketConfiguration=there)[1].endswith(
        DENIED
    )


def test_root_of_a_member_account_is_not_spared() -> None:
    sandbox = Sandbox(deny=[policy({"Effect": "Deny", "Action": "iam:*"})])
    with pytest.raises(ClientError, match=DENIED):
        sandbox.client("iam", caller="root").list_users()


def test_a_bucket_keeps_the_tags_that_it_is_made_with() -> None:
    s3 = Sandbox().client("s3", CLOSED)
    tags = [{"Key": "unit", "Value": "web"}]
    s3.create_bucket(Bucket="acme", CreateBucketConfiguration={"Tags": tags})
    assert s3.get_bucket_tagging(Bucket="acme")["TagSet"] == tags
