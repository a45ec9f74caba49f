"""What the curated policies promise, row by row: nobody escalates, silences alarms, undoes `protect`, reads secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files

import pytest

from awsbase import policies
from awsbase.permissions.documents import LIMIT
from awsbase.policies.document import listed
from tests.policies.action_data import known, levels, operations
from tests.policies.shipped import actions, shipped
from tests.policies.test_curated import AUDIT, MFA, OTHER, OURS, STATE, is_allowed

POWER = "power-user self-service require-mfa"
# Its real policy, SystemAdministrator of AWS, allows less; beside one that allows everything only the Deny counts.
SYSTEM = "administrator protect-audit require-mfa"
FLOW_LOG = "arn:aws:ec2:eu-west-1:123456789012:vpc-flow-log/fl-1"

# What lends somebody rights that they do not have. https://docs.aws.amazon.com/service-authorization/latest/reference/
LENDING = {
    "account:CloseAccount": "the account itself",
    "iam:PassRole": "a service runs with the role that it gets",
    "iam:AttachUserPolicy": "policies",
    "iam:CreateAccessKey": "credentials of others",
    "identity-sync:CreateSyncProfile": "people of a directory become people of the account",
    "identitystore:CreateGroupMembership": "groups of IAM Identity Center",
    "organizations:AttachPolicy": "service control policies",
    "rolesanywhere:CreateTrustAnchor": "whoever has a certificate gets the roles that trust Roles Anywhere",
    "rolesanywhere:CreateProfile": "the same",
    "sso-directory:AddMemberToGroup": "groups of IAM Identity Center",
    "sso:CreateAccountAssignment": "permission sets",
    "sts:AssumeRole": "roles that trust the account",
    "sts:AssumeRoleWithSAML": "roles that trust an identity provider",
    "sts:AssumeRoleWithWebIdentity": "roles that trust an identity provider",
    "sts:AssumeRoot": "root of member accounts",
}


def with_not_action() -> Iterator[tuple[str, list[str]]]:
    """Yield what a shipped policy that allows by NotAction leaves out."""
    for where, statement in shipped():
        if statement["Effect"] == "Allow" and "NotAction" in statement:
            yield where, [str(each) for each in listed(statement["NotAction"])]


def covered(action: str, patterns: list[str]) -> bool:
    return any(re.fullmatch(re.escape(each).replace(r"\*", ".*"), action, re.IGNORECASE) for each in patterns)


@pytest.mark.parametrize("action", LENDING)
def test_policy_that_allows_by_not_action_lends_no_rights(action: str) -> None:
    # The administrator has all rights already.
    lent = {where for where, left_out in with_not_action() if not covered(action, left_out)}
    assert {where for where in lent if not where.endswith("administrator")} == set()


@pytest.mark.parametrize("action", LENDING)
def test_power_user_cannot_borrow_rights(action: str) -> None:
    assert not is_allowed(POWER, action, "arn:aws:iam::123456789012:role/admin", MFA)


@pytest.mark.parametrize("names", [POWER, SYSTEM], ids=["power-user", "protect-audit"])
@pytest.mark.parametrize(
    ("action", "context"),
    [
        ("cloudwatch:PutAlarmMuteRule", {}),
        ("sns:Unsubscribe", {}),
        ("sns:SetSubscriptionAttributes", {}),
        ("logs:PutAccountPolicy", {}),
        ("budgets:ModifyBudget", {}),
        ("sns:DeleteTopic", OURS),
        ("sns:SetTopicAttributes", OURS),
        ("sns:PutDataProtectionPolicy", OURS),
        ("cloudwatch:DeleteAlarms", OURS),
        ("cloudwatch:DisableAlarmActions", OURS),
        ("cloudwatch:PutMetricAlarm", OURS),
        ("cloudwatch:SetAlarmState", OURS),
        ("events:DisableRule", OURS),
        ("events:DeleteRule", OURS),
        ("events:RemoveTargets", OURS),
        ("events:PutRule", OURS),
        ("events:PutTargets", OURS),
        ("logs:DeleteMetricFilter", OURS),
        ("logs:PutMetricFilter", OURS),
        ("logs:PutTransformer", OURS),
        ("logs:DeleteLogGroup", OURS),
        ("logs:PutRetentionPolicy", OURS),
        ("ce:DeleteAnomalySubscription", OURS),
        ("ce:UpdateAnomalySubscription", OURS),
    ],
)
def test_alarms_cannot_be_silenced(names: str, action: str, context: dict[str, str]) -> None:
    assert not is_allowed(names, action, "*", {**MFA, **context})


@pytest.mark.parametrize("action", ["sns:DeleteTopic", "cloudwatch:DeleteAlarms", "events:DisableRule"])
def test_what_is_not_of_awsbase_can_be_changed(action: str) -> None:
    assert is_allowed(POWER, action, "*", MFA)


@pytest.mark.parametrize("names", [POWER, SYSTEM], ids=["power-user", "protect-audit"])
@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("s3:PutAccountPublicAccessBlock", "*", {}),
        ("ec2:DisableEbsEncryptionByDefault", "*", {}),
        ("ec2:ModifyEbsDefaultKmsKeyId", "*", {}),
        ("ec2:ResetEbsDefaultKmsKeyId", "*", {}),
        ("ec2:DisableSnapshotBlockPublicAccess", "*", {}),
        ("ec2:EnableSnapshotBlockPublicAccess", "*", {}),
        ("ec2:DisableImageBlockPublicAccess", "*", {}),
        ("ec2:ModifyInstanceMetadataDefaults", "*", {}),
        ("ec2:DeleteFlowLogs", FLOW_LOG, OURS),
        ("ec2:DeleteTags", FLOW_LOG, OURS),
        ("access-analyzer:DeleteAnalyzer", "*", {}),
        ("access-analyzer:CreateArchiveRule", "*", {}),
        ("config:StopConfigurationRecorder", "*", {}),
        ("config:DeleteConfigurationRecorder", "*", {}),
        ("config:PutConfigurationRecorder", "*", {}),
        ("config:DeleteDeliveryChannel", "*", {}),
        ("config:PutRetentionConfiguration", "*", {}),
        ("guardduty:DeleteDetector", "*", {}),
        ("guardduty:UpdateDetector", "*", {}),
        ("guardduty:CreateFilter", "*", {}),
        ("guardduty:CreateIPSet", "*", {}),
        ("securityhub:DisableSecurityHub", "*", {}),
        ("securityhub:BatchDisableStandards", "*", {}),
    ],
)
def test_protect_cannot_be_undone(names: str, action: str, resource: str, context: dict[str, str]) -> None:
    assert not is_allowed(names, action, resource, {**MFA, **context})


@pytest.mark.parametrize(
    ("action", "resource", "answer"),
    [
        ("s3:PutBucketPolicy", STATE, False),
        ("s3:DeleteBucketPolicy", STATE, False),
        ("s3:PutBucketTagging", STATE, False),
        ("s3:TagResource", STATE, False),
        ("s3:UntagResource", STATE, False),
        ("s3:TagResource", AUDIT, False),
        ("s3:UntagResource", AUDIT, False),
        ("s3:TagResource", OTHER, True),
        ("s3:PutBucketVersioning", STATE, False),
        ("s3:PutLifecycleConfiguration", STATE, False),
        ("s3:DeleteBucket", STATE, False),
        ("s3:DeleteObjectVersion", f"{STATE}/prod.tfstate", False),
        ("s3:PutObjectAcl", f"{STATE}/prod.tfstate", False),
        ("s3:DeleteObjectVersion", f"{AUDIT}/AWSLogs/x", False),
        ("s3:DeleteObject", f"{STATE}/prod.tfstate.tflock", True),
        ("s3:PutObject", f"{STATE}/prod.tfstate", True),
        ("s3:DeleteObjectVersion", f"{OTHER}/x", True),
    ],
)
def test_old_versions_of_state_and_trail_stay(action: str, resource: str, answer: bool) -> None:
    assert is_allowed(SYSTEM, action, resource, MFA) is answer


def matching(patterns: list[str], service: str) -> list[str]:
    """Return the actions of a service, of those that are known, that a list of patterns includes."""
    return sorted(f"{service}:{name}" for name in known()[0][service] if covered(f"{service}:{name}", patterns))


READ_ONLY = json.loads(files("awsbase.policies").joinpath("read-only.json").read_text(encoding="utf-8"))["Statement"]
LOOKS = [action for statement in READ_ONLY if statement["Effect"] == "Allow" for action in actions(statement)]
NEVER = [action for statement in READ_ONLY if statement["Effect"] == "Deny" for action in actions(statement)]


def shown() -> list[str]:
    """Return every known action that read-only allows."""
    services = sorted({action.partition(":")[0] for action in LOOKS})
    return [action for service in services for action in matching(LOOKS, service) if not covered(action, NEVER)]


def called() -> list[str]:
    """Return every operation of botocore that read-only allows: it knows a new one days after AWS, the data later."""
    services = sorted({action.partition(":")[0] for action in LOOKS})
    every = [f"{service}:{name}" for service in services for name in operations(service) - known()[0][service]]
    return [action for action in every if covered(action, LOOKS) and not covered(action, NEVER)]


def test_read_only_allows_what_was_looked_at_and_nothing_that_aws_has_added_since() -> None:
    """To look at what a new version of the data adds: python -m tests.policies.action_data, then this test's names."""
    reviewed = set(files("tests.policies").joinpath("read_only.txt").read_text(encoding="utf-8").split())
    new = {*shown(), *called()} - reviewed
    assert sorted(new) == [], "look at each: does it show secrets? Then it stands in NEVER"
    of_data = {f"{service}:{name}" for service, names in known()[0].items() for name in names}
    assert sorted((reviewed & of_data) - set(shown())) == []


def test_read_only_written_out_would_not_fit() -> None:
    """What a wildcard stands for is reviewed name by name: a group takes ten policies of 6,144 characters."""
    written_out = len(json.dumps([*shown(), *called()], separators=(",", ":")))
    assert written_out > 6 * LIMIT


def test_read_only_changes_nothing() -> None:
    # AWS counts these as changes of permissions, or as writing; they read, or make a report.
    harmless = {
        "backup:listindexedrecoverypointsforsearch",
        "billing:getresourcepolicy",
        "iam:generatecredentialreport",
        "iam:generateservicelastaccesseddetails",
    }
    changing = {action for action in shown() if levels()[action] not in ("Read", "List")}
    assert changing - harmless == set()


SECRETS = {
    "autoscaling:DescribeLaunchConfigurations": "user data",
    "batch:DescribeJobDefinitions": "environments",
    "batch:DescribeJobs": "environments",
    "cloudformation:DescribeStackEvents": "properties of resources",
    "cloudformation:DescribeStackSet": "parameters",
    "cloudformation:DescribeStacks": "parameters and outputs",
    "cloudformation:GetTemplate": "code",
    "cloudformation:ListExports": "outputs",
    "cloudfront:GetDistribution": "headers that an origin checks",
    "cloudfront:GetDistributionConfig": "headers that an origin checks",
    "cloudfront:GetFunction": "code",
    "cloudfront:ListDistributions": "headers that an origin checks",
    "codebuild:BatchGetBuilds": "environments",
    "codebuild:BatchGetProjects": "environments",
    "codepipeline:GetPipeline": "tokens of actions",
    "codepipeline:ListActionExecutions": "inputs and outputs",
    "codepipeline:ListWebhooks": "tokens",
    "cognito-idp:DescribeIdentityProvider": "secrets of clients",
    "cognito-idp:DescribeUserPoolClient": "secrets of clients",
    "cognito-idp:GetIdentityProviderByIdentifier": "secrets of clients",
    "config:BatchGetResourceConfig": "configurations, environments included",
    "config:GetResourceConfigHistory": "configurations, environments included",
    "config:SelectAggregateResourceConfig": "configurations, environments included",
    "config:SelectResourceConfig": "configurations, environments included",
    "ec2:DescribeInstanceAttribute": "user data",
    "ec2:DescribeLaunchTemplateVersions": "user data",
    "ec2:DescribeSpotFleetRequests": "user data",
    "ec2:DescribeSpotInstanceRequests": "user data",
    "ec2:DescribeVerifiedAccessTrustProviders": "secrets of clients",
    "ec2:DescribeVpnConnections": "keys of tunnels",
    "ec2:ExportClientVpnClientConfiguration": "certificates",
    "ec2:GetConsoleOutput": "what hosts print",
    "ec2:GetLaunchTemplateData": "user data",
    "ec2:GetPasswordData": "passwords",
    "ecs:DescribeTaskDefinition": "environments",
    "ecs:DescribeTasks": "environments",
    "events:ListTargetsByRule": "headers and inputs",
    "firehose:DescribeDeliveryStream": "tokens of destinations",
    "glue:GetConnection": "passwords",
    "glue:GetConnections": "passwords",
    "glue:GetJob": "arguments",
    "glue:GetJobRun": "arguments",
    "glue:GetJobRuns": "arguments",
    "glue:GetJobs": "arguments",
    "glue:GetTrigger": "arguments",
    "glue:GetWorkflow": "run properties",
    "lambda:GetFunction": "code and environments",
    "lambda:GetFunctionConfiguration": "environments",
    "lambda:ListFunctions": "environments",
    "lambda:ListVersionsByFunction": "environments",
    "logs:FilterLogEvents": "logs",
    "logs:GetLogEvents": "logs",
    "logs:ListAnomalies": "samples of logs",
    "s3:GetObject": "objects",
    "secretsmanager:BatchGetSecretValue": "secrets",
    "secretsmanager:GetSecretValue": "secrets",
    "securityhub:BatchGetFindings": "environments",
    "securityhub:GetFindings": "environments",
    "ssm:DescribeAssociation": "parameters of commands",
    "ssm:DescribeAutomationExecutions": "parameters and outputs",
    "ssm:DescribeMaintenanceWindowTasks": "parameters of commands",
    "ssm:GetAutomationExecution": "parameters and outputs",
    "ssm:GetCommandInvocation": "parameters and outputs of commands",
    "ssm:GetDocument": "code",
    "ssm:GetParameter": "parameters",
    "ssm:GetParameters": "parameters",
    "ssm:GetParametersByPath": "parameters",
    "ssm:ListCommandInvocations": "parameters and outputs of commands",
    "ssm:ListCommands": "parameters of commands",
    "states:DescribeExecution": "inputs and outputs",
    "states:DescribeStateMachine": "code",
    "support:DescribeCommunications": "what people write to AWS",
}


@pytest.mark.parametrize("action", SECRETS)
def test_read_only_shows_no_secret_not_even_where_another_policy_does(action: str) -> None:
    assert not covered(action, LOOKS) or covered(action, NEVER)
    assert not is_allowed("administrator read-only", action, "*", MFA)


def test_read_only_names_single_actions_where_a_service_shows_secrets() -> None:
    """A wildcard shows what AWS adds tomorrow; no policy has the room to spell out `ec2:Describe*`."""
    services = {action.partition(":")[0] for action in SECRETS} - {"ec2"}
    wild = {
        action for action in LOOKS if action.partition(":")[0] in services and action.endswith((":Describe*", ":Get*"))
    }
    # Each of these services keeps its secrets to other verbs.
    assert wild == {"logs:Describe*", "securityhub:Describe*"}


@pytest.mark.parametrize(
    ("action", "resource", "answer"),
    [
        ("s3:ListBucket", STATE, False),
        ("s3:ListBucketVersions", STATE, False),
        ("s3:ListBucket", OTHER, True),
        ("s3:ListBucketVersions", AUDIT, True),
        ("s3:GetBucketPolicy", STATE, True),
    ],
)
def test_read_only_does_not_list_state(action: str, resource: str, answer: bool) -> None:
    assert is_allowed("read-only require-mfa", action, resource, MFA) is answer


def test_every_policy_fits_into_iam() -> None:
    for name in policies.curated():
        text = files("awsbase.policies").joinpath(f"{name}.json").read_text(encoding="utf-8")
        assert policies.size(json.loads(text)) < 6144, name
