"""The permissions that the curated documents give, decided by an evaluator rather than read from the JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from awsbase import policies
from awsbase.engine.changes import Unknown
from tests.policies.evaluate import AccessRequest, allowed

EVERY = [*policies.curated(), *policies.TEMPLATES]
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
VALUES: Mapping[str, object] = {
    "partition": "aws",
    "account": "123456789012",
    "region": "eu-west-1",
    "name": "acme",
    "state_bucket": "acme-state",
    "state_key": KEY,
    "audit_bucket": "acme-audit",
    "trail": "acme-trail",
    "volume_key": "acme-ebs",
    "packer": "packer",
    "build_role": "arn:aws:iam::123456789012:role/packer-build",
    "build_profile": "arn:aws:iam::123456789012:instance-profile/packer-build",
}

IAM = "arn:aws:iam::123456789012:"
STATE = "arn:aws:s3:::acme-state"
AUDIT = "arn:aws:s3:::acme-audit"
OTHER = "arn:aws:s3:::acme-website"
TRAIL = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/acme-trail"
LOGS = "arn:aws:logs:eu-west-1:123456789012:log-group:/acme/trail:*"
SEED = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:awsbase/mfa/bob-a1B2c3"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:website/database-a1B2c3"
ALARM = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:acme-root"
OURS = {"aws:ResourceTag/awsbase:address": "something/acme"}
VOLUMES = {"aws:ResourceTag/awsbase:address": "key/acme-ebs"}
ELSEWHERE = {"aws:ResourceTag/awsbase:address": "key/acme-ebs@us-east-1"}
FOR_AWS = {"kms:GrantIsForAWSResource": "true"}
ALICE = {"aws:username": "alice"}
LONG_TERM_KEYS: dict[str, str] = {}  # AWS does not say whether there was MFA
CONSOLE = {"aws:MultiFactorAuthPresent": "false"}
MFA = {"aws:MultiFactorAuthPresent": "true"}


def is_allowed(names: str, action: str, resource: str = "*", context: Mapping[str, str] | None = None) -> bool:
    documents = [policies.render(name, VALUES) for name in names.split()]
    return allowed(documents, AccessRequest(action, resource, {**ALICE, **(context or {})}))


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
@pytest.mark.parametrize("name", EVERY)
def test_every_document_is_valid_for_aws(name: str, partition: str) -> None:
    key = KEY.replace("arn:aws:", f"arn:{partition}:")
    build = {
        each: str(VALUES[each]).replace("arn:aws:", f"arn:{partition}:") for each in ("build_role", "build_profile")
    }
    document = policies.render(name, {**VALUES, **build, "partition": partition, "state_key": key})

    assert policies.problems(document, "identity") == []
    assert policies.size(document) <= 6144
    assert "${awsbase:" not in policies.minified(document)
    assert set(re.findall(r"arn:([^:]*):", policies.minified(document))) <= {partition}


@pytest.mark.parametrize("name", EVERY)
def test_every_document_has_a_description(name: str) -> None:
    assert len(policies.describe(name)) > 20


def test_curated_names_exclude_the_template_of_the_state_section() -> None:
    assert policies.curated() == [
        "administrator",
        "power-user",
        "protect-audit",
        "read-only",
        "require-mfa",
        "self-service",
    ]


def test_iam_policy_variables_stay_unchanged() -> None:
    assert f"{IAM}mfa/${{aws:username}}" in policies.minified(policies.render("self-service", VALUES))


def test_unknown_value_stays_unknown() -> None:
    key = Unknown("key")
    document = policies.render("state-writer", {**VALUES, "state_key": key})
    again = policies.render("state-writer", {**VALUES, "state_key": key})

    assert policies.problems(document, "identity") == []
    assert policies.size(document) < policies.size(policies.render("state-writer", VALUES))
    assert policies.same(document, again)
    assert not policies.same(document, policies.render("state-writer", VALUES))


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("state-writer", {**VALUES, "state_bucket": Unknown("bucket")}, "has to be a text itself"),
        ("state-writer", {"partition": "aws"}, "needs a value for ${awsbase:state_bucket}"),
        ("state-writer", {**VALUES, "state_bucket": "${awsbase:nme}"}, "still has a placeholder"),
        ("readonly", VALUES, "there is no curated policy 'readonly'"),
        ("../../setup", VALUES, "there is no curated policy"),
    ],
    ids=["unknown inside a text", "no value", "left over", "misspelt", "not a name"],
)
def test_render_refuses_bad_names_and_values(name: str, values: Mapping[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        policies.render(name, values)


# Every group of people has these two policies; here they are tested beside a policy that allows everything.

GATED = "administrator self-service require-mfa"
PLAIN = "self-service require-mfa"


@pytest.mark.parametrize("session", [LONG_TERM_KEYS, CONSOLE], ids=["long-term keys", "console"])
@pytest.mark.parametrize("names", [GATED, PLAIN], ids=["administrator", "nobody special"])
@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:ChangePassword", "user/alice"),
        ("iam:GetUser", "user/alice"),
        ("iam:CreateVirtualMFADevice", "mfa/alice"),
        ("iam:CreateVirtualMFADevice", "mfa/alice/alice-phone"),
        ("iam:EnableMFADevice", "user/alice"),
        ("iam:EnableMFADevice", "user/people/alice"),
        ("iam:ResyncMFADevice", "user/alice"),
        ("iam:ListMFADevices", "user/alice"),
        ("iam:DeleteVirtualMFADevice", "mfa/alice"),
    ],
)
def test_new_user_can_enrol_without_mfa(action: str, resource: str, names: str, session: dict[str, str]) -> None:
    assert is_allowed(names, action, IAM + resource, session)


@pytest.mark.parametrize("names", [GATED, PLAIN], ids=["administrator", "nobody special"])
@pytest.mark.parametrize("action", ["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"])
def test_new_user_can_read_what_enrolment_needs(action: str, names: str) -> None:
    assert is_allowed(names, action)


@pytest.mark.parametrize("action", ["sts:GetSessionToken", "sts:GetCallerIdentity"])
def test_require_mfa_never_denies_the_calls_to_get_mfa(action: str) -> None:
    # These two calls need no Allow, so the document is tested beside an Allow: only its Deny counts.
    assert is_allowed("administrator require-mfa", action)


@pytest.mark.parametrize("names", [GATED, PLAIN], ids=["administrator", "nobody special"])
@pytest.mark.parametrize("action", ["signin:AuthorizeOAuth2Access", "signin:CreateOAuth2Token"])
def test_aws_login_needs_no_mfa_session_of_its_own(action: str, names: str) -> None:
    client = "arn:aws:signin:eu-west-1:123456789012:oauth2/public-client/localhost"
    assert is_allowed(names, action, client, CONSOLE)
    assert not is_allowed("self-service", "s3:GetObject", client)


def test_what_a_service_does_for_somebody_needs_no_mfa_and_what_they_do_themselves_does() -> None:
    assert is_allowed(GATED, "kms:Decrypt", KEY, {"aws:ViaAWSService": "true"})
    for session in (LONG_TERM_KEYS, CONSOLE):
        assert not is_allowed(GATED, "kms:Decrypt", KEY, {**session, "aws:ViaAWSService": "false"})
        assert not is_allowed(GATED, "kms:Decrypt", KEY, session)


@pytest.mark.parametrize("session", [LONG_TERM_KEYS, CONSOLE], ids=["long-term keys", "console"])
@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:EnableMFADevice", "user/bob"),
        ("iam:EnableMFADevice", "user/alice-smith"),
        ("iam:EnableMFADevice", "user/alice/bob"),
        ("iam:ResyncMFADevice", "user/bob"),
        ("iam:CreateVirtualMFADevice", "mfa/bob"),
        ("iam:CreateVirtualMFADevice", "mfa/alice-smith"),
        ("iam:DeleteVirtualMFADevice", "mfa/bob"),
        ("iam:DeactivateMFADevice", "user/alice"),
        ("iam:CreateAccessKey", "user/alice"),
        ("iam:UploadSSHPublicKey", "user/alice"),
        ("iam:UpdateLoginProfile", "user/alice"),
        ("iam:ListUsers", "*"),
        ("iam:CreateUser", "user/eve"),
        ("s3:ListAllMyBuckets", "*"),
        # AWS does not say whether a code that comes with AssumeRole itself counts for the caller's own policies.
        # Letting AssumeRole through would let stolen keys into every role that does not ask for MFA; an MFA session
        # from GetSessionToken passes in any case, so that is the way to a role.
        ("sts:AssumeRole", "role/deploy"),
    ],
)
def test_everything_else_is_denied_without_mfa(action: str, resource: str, session: dict[str, str]) -> None:
    assert not is_allowed(GATED, action, resource if resource == "*" else IAM + resource, session)


@pytest.mark.parametrize(
    ("action", "resource", "answer"),
    [
        ("iam:CreateAccessKey", "user/alice", True),
        ("iam:CreateAccessKey", "user/people/alice", True),
        ("iam:CreateAccessKey", "user/bob", False),
        ("iam:UploadSSHPublicKey", "user/alice", True),
        ("iam:UploadSigningCertificate", "user/alice", True),
        ("iam:DeactivateMFADevice", "user/alice", True),
        ("iam:DeactivateMFADevice", "user/bob", False),
        ("iam:DeleteVirtualMFADevice", "mfa/alice", True),
        ("iam:DeleteVirtualMFADevice", "mfa/bob", False),
        ("iam:AttachUserPolicy", "user/alice", False),
        ("iam:AddUserToGroup", "group/Administrators", False),
        ("iam:CreateLoginProfile", "user/alice", False),
    ],
)
def test_user_with_mfa_manages_own_credentials(action: str, resource: str, answer: bool) -> None:
    assert is_allowed(PLAIN, action, IAM + resource, MFA) is answer


@pytest.mark.parametrize("action", ["iam:CreateAccessKey", "iam:DeactivateMFADevice", "iam:DeleteSSHPublicKey"])
def test_own_access_keys_need_mfa_without_require_mfa_too(action: str) -> None:
    assert not is_allowed("self-service", action, f"{IAM}user/alice")
    assert is_allowed("self-service", action, f"{IAM}user/alice", MFA)


def test_self_service_gives_a_role_nothing() -> None:
    documents = [policies.render("self-service", VALUES)]

    assert not allowed(documents, AccessRequest("iam:ChangePassword", f"{IAM}user/", MFA))
    assert not allowed(documents, AccessRequest("iam:CreateAccessKey", f"{IAM}user/${{aws:username}}", MFA))


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("iam:CreateUser", True),
        ("iam:EnableMFADevice", True),
        ("kms:ScheduleKeyDeletion", True),
        ("organizations:ListAccounts", True),
        ("account:PutAlternateContact", True),
        ("account:CloseAccount", False),
        ("organizations:CloseAccount", False),
        ("organizations:LeaveOrganization", False),
        ("organizations:RemoveAccountFromOrganization", False),
    ],
)
def test_administrator_cannot_close_the_account_or_leave_the_organization(action: str, answer: bool) -> None:
    assert is_allowed(GATED, action, "*", MFA) is answer


@pytest.mark.parametrize(
    ("action", "resource", "context", "answer"),
    [
        ("ec2:RunInstances", "*", {}, True),
        ("s3:CreateBucket", OTHER, {}, True),
        ("s3:PutObject", f"{OTHER}/index.html", {}, True),
        ("s3:ListAllMyBuckets", "*", {}, True),
        ("s3:ListBucket", STATE, {}, False),
        ("s3:GetObject", f"{STATE}/prod.tfstate", {}, False),
        ("s3:DeleteObject", f"{STATE}/prod.tfstate.tflock", {}, False),
        ("s3:PutBucketPolicy", STATE, {}, False),
        ("s3:GetObject", f"{AUDIT}/AWSLogs/x.json.gz", {}, False),
        ("s3:DeleteBucket", AUDIT, {}, False),
        ("iam:CreateUser", f"{IAM}user/eve", {}, False),
        ("iam:PassRole", f"{IAM}role/admin", {}, False),
        ("iam:ListRoles", "*", {}, True),
        ("sso:CreatePermissionSet", "*", {}, False),
        ("organizations:LeaveOrganization", "*", {}, False),
        ("account:CloseAccount", "*", {}, False),
        ("kms:Decrypt", KEY, {}, True),
        ("kms:Decrypt", KEY, OURS, False),
        ("kms:GenerateDataKey", KEY, OURS, False),
        ("kms:CreateKey", "*", {}, False),
        ("kms:PutKeyPolicy", KEY, {}, False),
        ("kms:ScheduleKeyDeletion", KEY, {}, False),
        ("kms:CreateGrant", KEY, {"kms:GrantIsForAWSResource": "true"}, True),
        ("kms:CreateGrant", KEY, {"kms:GrantIsForAWSResource": "false"}, False),
        ("kms:CreateGrant", KEY, {"kms:GrantIsForAWSResource": "true", **OURS}, False),
        ("kms:CreateGrant", KEY, {**FOR_AWS, "aws:ResourceTag/awsbase:address": "key/acme-audit"}, False),
        ("kms:Decrypt", KEY, {"aws:ResourceTag/awsbase:address": "key/acme-ebs-x"}, False),
        # What EC2 does for whoever starts an instance with an encrypted volume:
        # https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
        ("kms:DescribeKey", KEY, VOLUMES, True),
        ("kms:CreateGrant", KEY, {**FOR_AWS, **VOLUMES}, True),
        ("kms:CreateGrant", KEY, {**FOR_AWS, **ELSEWHERE}, True),
        ("kms:GenerateDataKeyWithoutPlaintext", KEY, VOLUMES, True),
        ("kms:ReEncryptFrom", KEY, VOLUMES, True),
        ("kms:ReEncryptTo", KEY, ELSEWHERE, True),
        ("kms:Decrypt", KEY, VOLUMES, True),
        ("kms:CreateGrant", KEY, VOLUMES, False),
        ("kms:ScheduleKeyDeletion", KEY, VOLUMES, False),
        ("kms:PutKeyPolicy", KEY, VOLUMES, False),
        ("kms:UntagResource", KEY, VOLUMES, False),
        ("cloudtrail:LookupEvents", "*", {}, True),
        ("cloudtrail:StopLogging", TRAIL, {}, False),
        ("cloudtrail:DeleteTrail", TRAIL, {}, False),
        ("cloudtrail:DeleteTrail", TRAIL.replace("acme-trail", "debug"), {}, True),
        ("cloudwatch:PutMetricAlarm", ALARM, {}, True),
        ("cloudwatch:DeleteAlarms", ALARM, OURS, False),
        ("logs:DeleteMetricFilter", LOGS, OURS, False),
    ],
)
def test_power_user_cannot_touch_state_or_audit_trail(
    action: str, resource: str, context: dict[str, str], answer: bool
) -> None:
    assert is_allowed("power-user self-service require-mfa", action, resource, {**MFA, **context}) is answer


@pytest.mark.parametrize(
    ("action", "resource", "context", "answer"),
    [
        ("cloudtrail:StopLogging", TRAIL, {}, False),
        ("cloudtrail:UpdateTrail", TRAIL, {}, False),
        ("cloudtrail:PutEventSelectors", TRAIL, {}, False),
        ("cloudtrail:DeleteTrail", TRAIL.replace("acme-trail", "debug"), {}, True),
        ("cloudtrail:GetTrailStatus", TRAIL, {}, True),
        ("s3:DeleteBucket", AUDIT, {}, False),
        ("s3:DeleteBucket", OTHER, {}, True),
        ("s3:DeleteBucketPolicy", AUDIT, {}, False),
        ("s3:PutBucketPolicy", AUDIT, {}, False),
        ("s3:PutLifecycleConfiguration", AUDIT, {}, False),
        ("s3:PutBucketVersioning", AUDIT, {}, False),
        ("s3:DeleteObject", f"{AUDIT}/AWSLogs/x", {}, False),
        ("s3:DeleteObjectVersion", f"{AUDIT}/AWSLogs/x", {}, False),
        ("s3:PutObject", f"{AUDIT}/AWSLogs/x", {}, False),
        ("s3:GetObject", f"{AUDIT}/AWSLogs/x", {}, True),
        ("s3:DeleteObject", f"{OTHER}/x", {}, True),
        ("kms:DisableKey", KEY, OURS, False),
        ("kms:ScheduleKeyDeletion", KEY, OURS, False),
        ("kms:PutKeyPolicy", KEY, OURS, False),
        ("kms:UntagResource", KEY, OURS, False),
        ("kms:CreateGrant", KEY, OURS, False),
        ("kms:CreateGrant", KEY, VOLUMES, True),
        ("kms:ScheduleKeyDeletion", KEY, VOLUMES, False),
        ("kms:Decrypt", KEY, OURS, True),
        ("kms:DisableKey", KEY, {}, True),
        ("logs:DeleteLogGroup", LOGS, OURS, False),
        ("logs:DeleteMetricFilter", LOGS, OURS, False),
        ("logs:UntagResource", LOGS, OURS, False),
        ("logs:DeleteLogGroup", LOGS, {}, True),
        ("logs:FilterLogEvents", LOGS, OURS, True),
        ("cloudwatch:DeleteAlarms", ALARM, OURS, False),
        ("cloudwatch:PutMetricAlarm", ALARM, OURS, False),
        ("cloudwatch:DisableAlarmActions", ALARM, OURS, False),
        ("cloudwatch:DeleteAlarms", ALARM, {}, True),
    ],
)
def test_protect_audit_keeps_administrators_from_the_audit_trail(
    action: str, resource: str, context: dict[str, str], answer: bool
) -> None:
    assert is_allowed("administrator protect-audit", action, resource, {**MFA, **context}) is answer


@pytest.mark.parametrize(
    "action",
    [
        "GetSecretValue",
        "BatchGetSecretValue",
        "RestoreSecret",
        "PutSecretValue",
        "UpdateSecret",
        "UpdateSecretVersionStage",
        "PutResourcePolicy",
        "ReplicateSecretToRegions",
        "RotateSecret",
        "TagResource",
        "UntagResource",
        "DeleteSecret",
    ],
)
def test_power_user_can_access_other_secrets_but_no_stored_seed(action: str) -> None:
    names, call = "power-user self-service require-mfa", f"secretsmanager:{action}"
    assert not is_allowed(names, call, SEED, MFA)
    assert not is_allowed(names, call, SEED, {**MFA, **OURS})
    assert not is_allowed(names, call, SECRET, {**MFA, **OURS})
    assert is_allowed(names, call, SECRET, MFA)


READS = [
    ("s3:GetObject", f"{STATE}/prod.tfstate"),
    ("s3:GetObjectVersion", f"{STATE}/prod.tfstate"),
    ("secretsmanager:GetSecretValue", "*"),
    ("secretsmanager:GetSecretValue", SEED),
    ("secretsmanager:BatchGetSecretValue", "*"),
    ("ssm:GetParameter", "*"),
    ("ssm:GetParametersByPath", "*"),
    ("kms:Decrypt", KEY),
    ("dynamodb:GetItem", "*"),
    ("dynamodb:Query", "*"),
    ("dynamodb:Scan", "*"),
    ("logs:GetLogEvents", LOGS),
    ("logs:FilterLogEvents", LOGS),
    ("logs:StartQuery", LOGS),
    ("sqs:ReceiveMessage", "*"),
    ("kinesis:GetRecords", "*"),
    ("ec2:GetPasswordData", "*"),
    ("ec2:GetConsoleOutput", "*"),
    ("ec2:DescribeInstanceAttribute", "*"),
    ("athena:GetQueryResults", "*"),
    ("lambda:GetFunction", "*"),
    ("ecr:BatchGetImage", "*"),
    ("codecommit:GitPull", "*"),
]


@pytest.mark.parametrize("names", ["read-only", "read-only administrator"], ids=["alone", "beside an Allow"])
@pytest.mark.parametrize(("action", "resource"), READS)
def test_read_only_never_allows_reading_contents(action: str, resource: str, names: str) -> None:
    assert not is_allowed(names, action, resource, MFA)


@pytest.mark.parametrize(
    "action",
    [
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
        "s3:GetBucketPolicy",
        "s3:GetEncryptionConfiguration",
        "ec2:DescribeInstances",
        "iam:GetAccountAuthorizationDetails",
        "iam:ListUsers",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudwatch:DescribeAlarms",
        "logs:DescribeMetricFilters",
        "sns:ListSubscriptionsByTopic",
        "dynamodb:DescribeTable",
        "secretsmanager:ListSecrets",
        "ssm:DescribeParameters",
        "tag:GetResources",
        "ce:GetCostAndUsage",
    ],
)
def test_read_only_allows_reading_metadata(action: str) -> None:
    assert is_allowed("read-only", action, "*", MFA)


@pytest.mark.parametrize(
    "action",
    ["s3:PutObject", "ec2:RunInstances", "iam:CreateUser", "iam:PassRole", "sts:AssumeRole", "tag:TagResources"],
)
def test_read_only_changes_nothing(action: str) -> None:
    assert not is_allowed("read-only", action, "*", MFA)


def test_read_only_has_no_writing_action() -> None:
    look = policies.render("read-only", VALUES)["Statement"]
    assert isinstance(look, list)
    verbs = {action.partition(":")[2] for action in look[0]["Action"]} - {"*"}

    assert {verb for verb in verbs if not verb.startswith(("Get", "List", "Describe", "View", "Lookup"))} == {
        "GenerateCredentialReport",
        "GenerateServiceLastAccessedDetails",
        "Simulate*",
    }
    assert [action for action in look[0]["Action"] if action.endswith(":*")] == ["pricing:*"]


THROUGH_S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}


@pytest.mark.parametrize(
    ("action", "resource", "context", "answer"),
    [
        ("s3:ListBucket", STATE, {}, True),
        ("s3:ListBucket", OTHER, {}, False),
        ("s3:GetObject", f"{STATE}/env:/prod/app.tfstate", {}, True),
        ("s3:PutObject", f"{STATE}/app.tfstate", {}, True),
        ("s3:PutObject", f"{STATE}/app.tfstate.tflock", {}, True),
        ("s3:GetObject", f"{STATE}/app.tfstate.tflock", {}, True),
        ("s3:DeleteObject", f"{STATE}/app.tfstate.tflock", {}, True),
        ("s3:DeleteObject", f"{STATE}/app.tfstate", {}, False),
        ("s3:DeleteObjectVersion", f"{STATE}/app.tfstate.tflock", {}, False),
        ("s3:PutBucketPolicy", STATE, {}, False),
        ("s3:GetObject", f"{AUDIT}/x", {}, False),
        ("kms:Decrypt", KEY, THROUGH_S3, True),
        ("kms:GenerateDataKey", KEY, THROUGH_S3, True),
        ("kms:GenerateDataKey", KEY, {"kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"}, True),
        ("kms:Decrypt", KEY, {}, False),
        ("kms:Decrypt", KEY[:-1] + "6", THROUGH_S3, False),
        ("kms:ScheduleKeyDeletion", KEY, THROUGH_S3, False),
    ],
)
def test_state_writer_locks_and_writes_but_never_deletes_state(
    action: str, resource: str, context: dict[str, str], answer: bool
) -> None:
    assert is_allowed("state-writer self-service require-mfa", action, resource, {**MFA, **context}) is answer
