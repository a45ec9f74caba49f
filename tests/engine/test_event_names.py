"""Which events of CloudTrail are about what an operation changes."""

from __future__ import annotations

import pytest

from awsbase.engine.event_names import mentions, same_thing, subject, variants, whole_thing
from awsbase.engine.run import operation_of
from awsbase.sandbox import Sandbox


@pytest.mark.parametrize(
    ("operation", "event", "same"),
    [
        ("AttachGroupPolicy", "DetachGroupPolicy", True),
        ("PutPublicAccessBlock", "DeleteBucketPublicAccessBlock", True),
        ("PutBucketLifecycleConfiguration", "PutBucketLifecycle", True),
        ("AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", True),
        ("AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", True),
        ("AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules", True),
        ("AuthorizeSecurityGroupIngress", "RevokeSecurityGroupEgress", False),
        ("PutMetricAlarm", "DeleteAlarms", True),
        ("PutMetricAlarm", "DisableAlarmActions", True),
        ("PutMetricAlarm", "SetAlarmState", False),
        ("PutTargets", "PutRule", False),
        ("TagResource", "PutBucketTagging", True),
        ("CreateTags", "DeleteTags", True),
        ("PutBucketPolicy", "PutBucketTagging", False),
        ("UpdateRole", "AttachRolePolicy", False),
        ("BatchEnableStandards", "BatchDisableStandards", True),
    ],
)
def test_events_about_the_same_thing(operation: str, event: str, same: bool) -> None:
    assert same_thing(event, operation) is same


@pytest.mark.parametrize(
    ("operation", "event", "whole"),
    [
        ("AttachGroupPolicy", "DeleteGroup", True),
        ("PutBucketPolicy", "DeleteBucket", True),
        ("AttachRolePolicy", "UpdateRole", False),
        ("PutBucketPolicy", "DeleteBucketTagging", False),
    ],
)
def test_an_event_on_the_whole_explains_its_parts(operation: str, event: str, whole: bool) -> None:
    assert whole_thing(event, operation) is whole


@pytest.mark.parametrize(
    ("service", "method", "arguments", "names"),
    [
        ("iam", "attach_group_policy", {"GroupName": "Ops", "PolicyArn": "arn:aws:iam::aws:policy/A"},
         ("Ops", "arn:aws:iam::aws:policy/A")),
        ("iam", "update_group", {"GroupName": "Ops", "NewGroupName": "Dev"}, ("Ops",)),
        ("iam", "update_account_password_policy", {"MinimumPasswordLength": 20}, ()),
        ("s3control", "put_public_access_block", {"AccountId": "111122223333"}, ()),
        ("ec2", "authorize_security_group_ingress", {"GroupId": "sg-1", "IpPermissions": []}, ("sg-1",)),
        ("logs", "associate_kms_key", {"logGroupName": "audit", "kmsKeyId": "arn:aws:kms:::key/1"}, ("audit",)),
        ("budgets", "update_budget", {"AccountId": "111122223333", "NewBudget": {"BudgetName": "all"}}, ("all",)),
        ("account", "put_alternate_contact", {"AlternateContactType": "SECURITY", "Name": "Kim"}, ("SECURITY",)),
    ],
)  # fmt: skip
def test_a_call_is_about_the_names_in_its_parameters(
    service: str, method: str, arguments: dict[str, object], names: tuple[str, ...]
) -> None:
    call = getattr(Sandbox().client(service, "eu-west-1"), method)
    about = subject(call, operation_of(call), arguments)
    assert about.names == names
    assert about.region == ("" if service in ("account", "budgets", "iam") else "eu-west-1")
    assert about.source == ("s3" if service == "s3control" else service) + ".amazonaws.com"


def test_keys_and_trails_are_asked_for_by_their_arns() -> None:
    place = "arn:aws:{service}:eu-west-1:111122223333:{path}"
    assert variants("1234", "kms", place) == ("arn:aws:kms:eu-west-1:111122223333:key/1234", "1234")
    assert variants("arn:aws:sns:eu-west-1:111122223333:ops", "sns", place)[1] == "ops"
    assert variants("Ops", "iam", place) == ("Ops",)


def test_a_name_is_mentioned_by_the_arn_that_ends_with_it() -> None:
    assert mentions(["arn:aws:iam::111122223333:policy/deploy"], "deploy")
    assert mentions(["deploy"], "arn:aws:iam::111122223333:policy/deploy")
    assert not mentions(["arn:aws:iam::111122223333:role/deploy"], "arn:aws:iam::111122223333:policy/deploy")
    assert not mentions(["deployer"], "deploy")
