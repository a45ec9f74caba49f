"""The lower bound of the benchmarks makes the fewest possible calls and misses no drift."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from benchmarks.lower_bound import account, converged, first, people

Step = Callable[[Sandbox], object]


@pytest.fixture(scope="module")
def made() -> Sandbox:
    sandbox = Sandbox(strict=False)
    first.make(sandbox.client)
    return sandbox


def called(sandbox: Sandbox, *run: Any) -> tuple[int, int]:
    """Return how many reads and writes a run made, none of which was refused."""
    sandbox.calls.clear()
    step, *more = run
    step(sandbox.client, *more)
    assert not [call.name for call in sandbox.calls if call.error]
    writes = sum(call.writes for call in sandbox.calls)
    return len(sandbox.calls) - writes, writes


def test_it_creates_and_checks_the_account_in_the_fewest_calls() -> None:
    sandbox = Sandbox(strict=False)
    assert called(sandbox, first.make) == (1, 94)
    assert called(sandbox, converged.check) == (37, 0)


def test_it_creates_and_checks_users() -> None:
    sandbox = Sandbox(strict=False)
    assert called(sandbox, people.make, 40) == (0, 100)
    assert called(sandbox, people.check, 40) == (1, 0)
    sandbox.client("iam").remove_user_from_group(UserName="user-0007", GroupName="team-07")
    with pytest.raises(AssertionError):
        people.check(sandbox.client, 40)


def call(service: str, operation: str, **wanted: Any) -> Step:
    return lambda sandbox: getattr(sandbox.client(service), operation)(**wanted)


def key(operation: str, **wanted: Any) -> Step:
    def step(sandbox: Sandbox) -> None:
        kms = sandbox.client("kms")
        arn = kms.describe_key(KeyId="alias/acme-audit")["KeyMetadata"]["Arn"]
        getattr(kms, operation)(KeyId=arn, **wanted)

    return step


def opened(operation: str) -> Step:
    def step(sandbox: Sandbox) -> None:
        ec2 = sandbox.client("ec2")
        named = [{"Name": "group-name", "Values": ["acme-bastion"]}]
        (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
        getattr(ec2, operation)(GroupId=group["GroupId"], IpPermissions=[SSH])

    return step


SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
STATE = {"Bucket": "acme-state"}
MEMBER = {"UserName": "alice", "GroupName": "administrators"}
ROLE = {"RoleName": "acme-bastion", "PolicyArn": account.SESSION_MANAGER}
POLICY = json.dumps(account.KEYS["acme-audit"])
ALARM = account.ALARMS[0]
TOPIC = {"TopicArn": account.TOPICS["acme-billing"], "AttributeName": "Policy"}
OPEN = json.dumps(account.document(account.allow("sns:Publish", "*", "cloudwatch")))


@pytest.mark.parametrize(
    ("spoil", "repair"),
    [
        (
            key("put_key_policy", PolicyName="default", Policy=json.dumps(account.KEYS["acme-state"])),
            key("put_key_policy", PolicyName="default", Policy=POLICY),
        ),
        (key("disable_key_rotation"), key("enable_key_rotation", RotationPeriodInDays=365)),
        (key("disable_key"), key("enable_key")),
        (
            call("s3", "put_bucket_versioning", **STATE, VersioningConfiguration={"Status": "Suspended"}),
            call("s3", "put_bucket_versioning", **STATE, VersioningConfiguration={"Status": "Enabled"}),
        ),
        (
            call("s3", "put_public_access_block", **STATE, PublicAccessBlockConfiguration={"BlockPublicAcls": True}),
            call("s3", "put_public_access_block", **STATE, PublicAccessBlockConfiguration=account.BLOCKED),
        ),
        (call("cloudtrail", "stop_logging", Name="acme-trail"), call("cloudtrail", "start_logging", Name="acme-trail")),
        (
            call("logs", "put_retention_policy", logGroupName="acme-audit", retentionInDays=1),
            call("logs", "put_retention_policy", logGroupName="acme-audit", retentionInDays=365),
        ),
        (
            call("logs", "delete_metric_filter", logGroupName="acme-audit", filterName="acme-root-use"),
            call("logs", "put_metric_filter", logGroupName="acme-audit", **account.FILTERS[1]),
        ),
        (
            call("cloudwatch", "put_metric_alarm", **{**ALARM, "Threshold": 1.0}),
            call("cloudwatch", "put_metric_alarm", **ALARM),
        ),
        (
            call("sns", "set_topic_attributes", **TOPIC, AttributeValue=OPEN),
            call(
                "sns",
                "set_topic_attributes",
                **TOPIC,
                AttributeValue=json.dumps(account.topic_policy(TOPIC["TopicArn"])),
            ),
        ),
        (call("iam", "remove_user_from_group", **MEMBER), call("iam", "add_user_to_group", **MEMBER)),
        (call("iam", "detach_role_policy", **ROLE), call("iam", "attach_role_policy", **ROLE)),
        (
            call("iam", "update_account_password_policy", MinimumPasswordLength=8),
            call("iam", "update_account_password_policy", **account.PASSWORDS),
        ),
        (opened("authorize_security_group_ingress"), opened("revoke_security_group_ingress")),
    ],
    ids=[
        "key policy",
        "rotation",
        "key disabled",
        "versioning",
        "public access",
        "trail stopped",
        "retention",
        "filter",
        "alarm",
        "topic policy",
        "membership",
        "role policy",
        "password policy",
        "security group",
    ],
)
def test_every_drift_is_found(spoil: Step, repair: Step, made: Sandbox) -> None:
    spoil(made)
    with pytest.raises(AssertionError):
        converged.check(made.client)
    repair(made)
    converged.check(made.client)
