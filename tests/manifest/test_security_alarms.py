"""Each security alarm is raised by its own event, and not by similar ones."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.ensure.alarm import Alarm
from awsbase.ensure.event_rule import EventRule
from awsbase.ensure.metric_filter import MetricFilter
from awsbase.ensure.topic import Topic
from awsbase.facts.filter_patterns import matches
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.manifest.security_alarms import names, published
from tests.manifest import trail_events as aws
from tests.manifest.saying import ACCOUNT, mistakes, source

ALL = "notify: {security: {}}\naudit: {}\nstate: {}\nalarms: {security: {%s}}\n"
CIS = [f"4.{number}" for number in range(1, 16)]


def of(selection: str = "", home: str = "eu-west-1") -> list[Any]:
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + ALL % selection), Manifest)
    return [resource for section in resources(manifest).values() for resource in section]


def raised_by(event: dict[str, Any], selection: str = "") -> set[str]:
    """Return the alarms that an event raises."""
    raised = set()
    for each in of(selection):
        if isinstance(each, MetricFilter):
            found = {matches(each.pattern, event, absent_differs=differs) for differs in (False, True)}
            assert len(found) == 1, f"{each.pattern} is open to interpretation"
            if found == {True}:
                raised.add(each.metric)
    return raised


def call(service: str, *operations: str) -> list[dict[str, Any]]:
    return [aws.call(service, operation) for operation in operations]


RAISED = {
    "unauthorized-calls": [
        aws.refused("ec2", "RunInstances", "Client.UnauthorizedOperation"),
        aws.refused("s3", "GetBucketPolicy", "AccessDenied"),
        aws.refused("dynamodb", "Scan", "AccessDeniedException"),
        # Without exclusions these raise alarms, too.
        aws.HEAD_BUCKET,
        aws.LOG_DELIVERY,
    ],
    "console-without-mfa": [aws.sign_in(aws.ALICE, mfa="No")],
    "root-use": [aws.call("iam", "ListUsers", aws.ROOT, readOnly=True), aws.sign_in(aws.ROOT)],
    "iam-changes": call("iam", "PutUserPolicy", "AttachRolePolicy", "CreatePolicyVersion", "CreateAccessKey"),
    "trail-changes": call("cloudtrail", "StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"),
    "console-failures": [aws.FAILED_SIGN_IN],
    "key-loss": call("kms", "DisableKey", "ScheduleKeyDeletion"),
    "bucket-policies": call(
        "s3", "PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl", "DeleteBucketPublicAccessBlock"
    ),
    "config-changes": call("config", "StopConfigurationRecorder", "DeleteDeliveryChannel"),
    "security-groups": call("ec2", "AuthorizeSecurityGroupIngress", "CreateSecurityGroup", "ModifySecurityGroupRules"),
    "network-acls": call("ec2", "CreateNetworkAclEntry", "ReplaceNetworkAclAssociation"),
    "gateways": call("ec2", "AttachInternetGateway", "CreateCustomerGateway", "CreateNatGateway"),
    "route-tables": call("ec2", "CreateRoute", "DisassociateRouteTable"),
    "vpcs": call("ec2", "CreateVpc", "AcceptVpcPeeringConnection", "EnableVpcClassicLink"),
    "organization": call(
        "organizations", "LeaveOrganization", "AttachPolicy", "InviteAccountToOrganization", "CancelHandshake"
    ),
    "notifications": [
        *call("sns", "DeleteTopic", "Unsubscribe", "SetTopicAttributes", "SetSubscriptionAttributes"),
        *call("sns", "PutDataProtectionPolicy"),
        # Deleting an alarm raises one, and so does deleting its metric filter.
        *call("monitoring", "DeleteAlarms", "DisableAlarmActions", "PutMetricAlarm", "PutAlarmMuteRule"),
        *call("logs", "DeleteMetricFilter", "DeleteLogGroup", "PutMetricFilter"),
        *call("events", "DisableRule", "RemoveTargets"),
        *call("budgets", "DeleteBudget"),
    ],
    "kept-data": [
        aws.bucket("PutBucketVersioning", "acme-state"),
        aws.bucket("DeleteBucket", "acme-audit"),
        aws.bucket("PutBucketLifecycle", "acme-audit"),
        aws.key("PutKeyPolicy", policyName="default"),
        aws.call("kms", "UpdateAlias", requestParameters={"aliasName": "alias/acme-state", "targetKeyId": "5678"}),
    ],
}
TOGETHER = {
    # Two alarms cover a disabled key and a policy of an awsbase bucket: one of CIS, and one of awsbase.
    "DisableKey": {"kept-data"},
    "ScheduleKeyDeletion": {"kept-data"},
    "PutBucketLifecycle": {"bucket-policies"},
}


@pytest.mark.parametrize(
    ("alarm", "event"),
    [
        pytest.param(alarm, event, id=f"{alarm}: {event['eventName']} {number}")
        for alarm, events in RAISED.items()
        for number, event in enumerate(events)
    ],
)
def test_event_raises_exactly_its_alarms(alarm: str, event: dict[str, Any]) -> None:
    assert raised_by(event) == {alarm} | TOGETHER.get(event["eventName"], set())


NEIGHBOURS = {
    "federated sign-in, whose MFA is the provider's": aws.FEDERATED_SIGN_IN,
    "sign-in with MFA": aws.sign_in(aws.ALICE),
    "federated sign-in that failed for another reason": aws.sign_in(
        aws.FEDERATED, mfa="No", result="Failure", errorMessage="SAML assertion expired"
    ),
    "AWS acting as root on its own": aws.ROOT_BY_SERVICE,
    "a service acting on behalf of root": aws.ROOT_ON_BEHALF,
    "a call that failed for another reason": aws.refused("s3", "GetBucketPolicy", "NoSuchBucketPolicy"),
    "reading IAM": aws.call("iam", "ListPolicies", readOnly=True),
    "reading a trail": aws.call("cloudtrail", "GetTrailStatus", readOnly=True),
    "using a key": aws.call("kms", "Decrypt", readOnly=True),
    "disabling a key of something else": aws.call("apigateway", "DisableKey"),
    "a bucket policy elsewhere": aws.call("glacier", "PutBucketPolicy"),
    "versioning of some other bucket": aws.bucket("PutBucketVersioning", "acme-web"),
    "reading our bucket's policy": aws.bucket("GetBucketPolicy", "acme-audit"),
    "an alarm's state": aws.call("monitoring", "SetAlarmState"),
    "publishing": aws.call("sns", "Publish"),
    "describing groups": aws.call("ec2", "DescribeSecurityGroups", readOnly=True),
    "looking at the organization": aws.call("organizations", "ListAccounts", readOnly=True),
}


@pytest.mark.parametrize("event", list(NEIGHBOURS.values()), ids=list(NEIGHBOURS))
def test_similar_event_raises_no_alarm(event: dict[str, Any]) -> None:
    assert raised_by(event) == set()


def test_every_control_has_a_test_event() -> None:
    assert [*RAISED, "root-sign-in"] == names()
    assert [what.cis for what in published().values() if what.cis] == CIS


IGNORED = "ignore: {unauthorized-calls: [{event: HeadBucket}, {source: delivery.logs.amazonaws.com}]}"
DEPLOYED = 'ignore: {security-groups: [{caller: "arn:aws:sts::123456789012:assumed-role/deploy/*", event: "*Ingress"}]}'


@pytest.mark.parametrize(
    ("selection", "event", "raised"),
    [
        (IGNORED, aws.HEAD_BUCKET, set()),
        (IGNORED, aws.LOG_DELIVERY, set()),
        (IGNORED, aws.refused("s3", "GetBucketPolicy", "AccessDenied"), {"unauthorized-calls"}),
        (DEPLOYED, aws.call("ec2", "AuthorizeSecurityGroupIngress", aws.DEPLOY), set()),
        (DEPLOYED, aws.call("ec2", "AuthorizeSecurityGroupEgress", aws.DEPLOY), {"security-groups"}),
        (DEPLOYED, aws.call("ec2", "AuthorizeSecurityGroupIngress"), {"security-groups"}),
        (
            DEPLOYED,
            aws.call("ec2", "AuthorizeSecurityGroupIngress", {"type": "AWSService", "invokedBy": "x.amazonaws.com"}),
            {"security-groups"},
        ),
    ],
    ids=["event", "source", "neither", "both apply", "one applies", "another caller", "a caller without ARN"],
)
def test_ignored_event_raises_no_alarm(selection: str, event: dict[str, Any], raised: set[str]) -> None:
    assert raised_by(event, selection) == raised


def test_patterns_equal_the_published_ones() -> None:
    first = {each.metric: each.pattern for each in reversed(of()) if isinstance(each, MetricFilter)}
    assert first["root-use"] == (
        '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'
    )
    assert first["unauthorized-calls"] == (
        '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }'
    )
    assert all(len(pattern) <= 1024 for pattern in first.values())


@pytest.mark.parametrize(
    ("selection", "alarms"),
    [
        ("", names()[:-1]),
        ("controls: all, except: [vpcs, root-sign-in]", [name for name in names()[:-1] if name != "vpcs"]),
        ("controls: [key-loss, root-use]", ["root-use", "key-loss"]),
    ],
    ids=["all", "all but", "some"],
)
def test_controls_are_all_or_listed_or_excepted(selection: str, alarms: list[str]) -> None:
    made = of(selection)
    assert [each.name for each in made if isinstance(each, Alarm)] == [f"acme-{name}" for name in alarms]
    assert any(isinstance(each, EventRule) for each in made) == (not selection)


def test_security_alarm_triggers_at_once_and_ignores_missing_data() -> None:
    for alarm in (each for each in of() if isinstance(each, Alarm)):
        assert (alarm.statistic, alarm.period, alarm.evaluation_periods, alarm.threshold) == ("Sum", 300, 1, 1)
        assert (alarm.comparison, alarm.treat_missing) == ("GreaterThanOrEqualToThreshold", "notBreaching")
        assert alarm.scope.region == "eu-west-1"
        assert alarm.actions == ("arn:aws:sns:eu-west-1:123456789012:acme-security",)
        feeding = [each for each in of() if isinstance(each, MetricFilter) and each.metric == alarm.metric]
        assert {each.namespace for each in feeding} == {alarm.namespace}
        assert {each.address for each in feeding} < set(alarm.needs())
        assert {each.log_group for each in feeding} == {"acme-audit"}


@pytest.mark.parametrize(
    ("home", "topics"),
    [
        ("eu-west-1", {("acme-security", "eu-west-1"), ("acme-security", "us-east-1")}),
        ("us-east-1", {("acme-security", "us-east-1")}),
        ("cn-north-1", {("acme-security", "cn-north-1")}),
    ],
)
def test_root_sign_in_rule_is_in_the_sign_in_region(home: str, topics: set[tuple[str, str]]) -> None:
    made = of("", home)
    assert {(each.name, each.scope.region) for each in made if isinstance(each, Topic)} == topics
    for topic in (each for each in made if isinstance(each, Topic)):
        assert topic.key
    for rule in (each for each in made if isinstance(each, EventRule)):
        assert rule.topic == "arn:aws:sns:us-east-1:123456789012:acme-security"
        assert rule.scope.region == "us-east-1"
        assert rule.pattern["detail"] == {"userIdentity": {"type": ["Root"]}}


LONG = str([{"caller": f"arn:aws:iam::123456789012:user/{'x' * 60}{number}"} for number in range(4)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "notify: {security: {}}\nalarms: {security: {}}",
            "alarms.security: security alarms watch the log group of the audit trail, add a section `audit: {}`",
        ),
        (
            "audit:\nnotify: {security: {}}\nalarms: {security: {controls: [vpc]}}",
            "alarms.security.controls[0]: no control called 'vpc', did you mean 'vpcs'?",
        ),
        (
            "audit:\nnotify: {security: {}}\nalarms: {security: {controls: [vpcs], except: [vpcs]}}",
            "a list of controls needs no exceptions",
        ),
        (
            "audit:\nnotify: {security: {}}\nalarms: {security: {controls: []}}",
            "no control is left, so nobody would ever be told",
        ),
        (
            "audit:\nnotify: {security: {}}\nalarms: {security: {ignore: {vpcs: [{}]}}}",
            "this would silence every event",
        ),
        (
            "audit:\nnotify: {security: {}}\nalarms: {security: {except: [vpcs], ignore: {vpcs: [{event: x}]}}}",
            "vpcs is not among the controls",
        ),
        (
            "audit:\nnotify: {security: {}}\nalarms: {security: {ignore: {organization: " + LONG + "}}}",
            "the pattern is longer than 1024 characters",
        ),
        ("audit:\nalarms: {security: {}}", "no channel called 'security' in notify"),
        (
            "audit:\nnotify: {security: {}}\nalarms: {security: {ignore: {vpcs: [{event: 'a\"b'}]}}}",
            "is no value for a pattern",
        ),
    ],
    ids=[
        "no trail",
        "no such control",
        "except of a list",
        "nothing left",
        "silent",
        "not selected",
        "too long",
        "no channel",
        "quotes",
    ],
)
def test_mistake_in_security_alarms_gives_advice(text: str, expected: str) -> None:
    found = mistakes(ACCOUNT + text + "\n", Manifest)
    assert any(expected in each for each in found), found
