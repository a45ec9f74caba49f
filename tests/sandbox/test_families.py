"""Every family of rules in one table: moto takes the mistake; in process, served, and to the AWS CLI it is refused."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from awsbase.sandbox import SERVICES, Sandbox
from awsbase.sandbox.common import with_common_rules
from awsbase.sandbox.service import Services
from tests.sandbox import organizations
from tests.sandbox.refused import refused
from tests.sandbox.served import serving
from tests.sandbox.sources import BEGIN, PAGE

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})
ROLE = "arn:aws:iam::123456789012:role/absent"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:security"


@dataclass(frozen=True)
class Mistake:
    """A call that AWS refuses, and what is there before it is made."""

    family: str
    service: str
    method: str
    params: Mapping[str, Any]
    code: str
    before: Callable[[Callable[[str], Any]], Mapping[str, Any]] = field(default=lambda client: {}, repr=False)
    region: str = "eu-west-1"


def alice(client: Callable[[str], Any]) -> dict[str, Any]:
    client("iam").create_user(UserName="alice")
    return {}


def device(client: Callable[[str], Any]) -> dict[str, Any]:
    alice(client)
    made = client("iam").create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]
    return {"SerialNumber": made["SerialNumber"]}


def service_password(client: Callable[[str], Any]) -> dict[str, Any]:
    alice(client)
    client("iam").create_service_specific_credential(UserName="alice", ServiceName="codecommit.amazonaws.com")
    return {}


def pending_key(client: Callable[[str], Any]) -> dict[str, Any]:
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    client("kms").schedule_key_deletion(KeyId=key)
    return {"KeyId": key}


def lived_in(client: Callable[[str], Any]) -> dict[str, Any]:
    subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    client("ec2").create_network_interface(SubnetId=subnet)
    return {"SubnetId": subnet}


def bucket(client: Callable[[str], Any]) -> dict[str, Any]:
    client("s3").create_bucket(Bucket="acme-logs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return {}


def locked(client: Callable[[str], Any]) -> dict[str, Any]:
    bucket(client)
    s3, lock = client("s3"), {"ObjectLockEnabled": "Enabled"}
    s3.put_bucket_versioning(Bucket="acme-logs", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket="acme-logs", ObjectLockConfiguration=lock)
    return {}


def mail_identity(client: Callable[[str], Any]) -> dict[str, Any]:
    client("sesv2").create_email_identity(EmailIdentity="acme.example")
    return {}


def tagged_access(client: Callable[[str], Any]) -> dict[str, Any]:
    bucket(client)
    client("s3").put_bucket_abac(Bucket="acme-logs", AbacStatus={"Status": "Enabled"})
    return {}


def unconfirmed(client: Callable[[str], Any]) -> dict[str, Any]:
    client("sns").create_topic(Name="security")
    told = client("sns").subscribe(
        TopicArn=TOPIC, Protocol="email", Endpoint="sec@acme.example", ReturnSubscriptionArn=True
    )
    return {"SubscriptionArn": told["SubscriptionArn"]}


def deleted_secret(client: Callable[[str], Any]) -> dict[str, Any]:
    client("secretsmanager").create_secret(Name="acme", SecretString="x")
    client("secretsmanager").delete_secret(SecretId="acme")
    return {}


def hosted_zone(client: Callable[[str], Any]) -> dict[str, Any]:
    client("route53").create_hosted_zone(Name="acme.example", CallerReference="one")
    return {}


def function_role(client: Callable[[str], Any]) -> dict[str, Any]:
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    client("iam").create_role(RoleName="work", AssumeRolePolicyDocument=document)
    return {}


def deleted_queue(client: Callable[[str], Any]) -> dict[str, Any]:
    client("sqs").delete_queue(QueueUrl=client("sqs").create_queue(QueueName="work")["QueueUrl"])
    return {}


def vault(client: Callable[[str], Any]) -> dict[str, Any]:
    client("backup").create_backup_vault(BackupVaultName="acme")
    return {}


def full_vault(client: Callable[[str], Any]) -> dict[str, Any]:
    vault(client)
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "backup.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    role = client("iam").create_role(RoleName="backup", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    client("s3").create_bucket(Bucket="acme-data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    job = {"BackupVaultName": "acme", "ResourceArn": "arn:aws:s3:::acme-data", "IamRoleArn": role}
    # A new role is not known to it at once.
    while refused(client("backup").start_backup_job, **job):
        pass
    return {}


def vpc(client: Callable[[str], Any]) -> dict[str, Any]:
    return {"VpcId": client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]}


def running(client: Callable[[str], Any]) -> dict[str, Any]:
    images = client("ec2").describe_images(Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"]
    launch = {"ImageId": images[0]["ImageId"], "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    return {"InstanceId": client("ec2").run_instances(**launch)["Instances"][0]["InstanceId"]}


def managing(client: Callable[[str], Any]) -> dict[str, Any]:
    """Let the account manage an organization, and be ready for more."""
    organizations.organization(client("organizations"))
    return {}


def member(client: Callable[[str], Any]) -> dict[str, Any]:
    managing(client)
    return {"AccountId": organizations.account(client("organizations"), "dev")}


def entered_twice(client: Callable[[str], Any]) -> dict[str, Any]:
    role = f"arn:aws:iam::{member(client)['AccountId']}:role/OrganizationAccountAccessRole"
    for _ in range(2):
        refused(client("sts").assume_role, RoleArn=role, RoleSessionName="you")
    return {"RoleArn": role}


def five_asked_for(client: Callable[[str], Any]) -> dict[str, Any]:
    managing(client)
    for name in "abcde":
        client("organizations").create_account(Email=f"{name}@acme.example", AccountName=name)
    return {}


def new_organization(client: Callable[[str], Any]) -> dict[str, Any]:
    client("organizations").create_organization(FeatureSet="ALL")
    return {}


def pending_type(client: Callable[[str], Any]) -> dict[str, Any]:
    managing(client)
    root = organizations.root(client("organizations"))
    client("organizations").enable_policy_type(RootId=root, PolicyType=organizations.SCP)
    return {"RootId": root}


def one_unit(client: Callable[[str], Any]) -> dict[str, Any]:
    managing(client)
    root = organizations.root(client("organizations"))
    organizations.unit(client("organizations"), root, "Workloads")
    return {"ParentId": root}


def two_units(client: Callable[[str], Any]) -> dict[str, Any]:
    root = one_unit(client)["ParentId"]
    other = organizations.unit(client("organizations"), root, "Other")
    return {"SourceParentId": other, "DestinationParentId": root}


ALARM = {"AlarmName": "cost", "Namespace": "AWS/Billing", "MetricName": "EstimatedCharges", "Statistic": "Maximum",
         "Period": 21600, "EvaluationPeriods": 1, "Threshold": 50.0,
         "ComparisonOperator": "GreaterThanThreshold"}  # fmt: skip
SCHEDULE = {"Name": "end", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances", "RoleArn": ROLE}}  # fmt: skip
BUDGET = {"BudgetName": "acme", "BudgetType": "COST", "TimeUnit": "MONTHLY",
          "BudgetLimit": {"Amount": "100", "Unit": "USD"}}  # fmt: skip

COLD = {"BackupPlanName": "data", "Rules": [{"RuleName": "daily", "TargetBackupVaultName": "acme",
        "Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 100}}]}  # fmt: skip

FUNCTION = {"FunctionName": "work", "Role": "arn:aws:iam::123456789012:role/work", "Handler": "a.b",
            "Runtime": "python3.12", "Code": {"ZipFile": b"PK\x05\x06" + b"\0" * 18}}  # fmt: skip

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ROLE}}]})  # fmt: skip

MISTAKES = (
    Mistake("backup.vaults", "backup", "delete_backup_vault", {"BackupVaultName": "acme"}, "InvalidRequestException",
            full_vault),
    Mistake("backup.plans", "backup", "create_backup_plan", {"BackupPlan": COLD}, "InvalidParameterValueException",
            vault),
    Mistake("budgets", "budgets", "create_budget", {"AccountId": "210987654321", "Budget": BUDGET},
            "AccessDeniedException"),
    Mistake("cloudtrail", "cloudtrail", "create_trail", {"Name": "audit", "S3BucketName": "acme-logs"},
            "InsufficientS3BucketPolicyException", bucket),
    Mistake("iam.policy_documents", "iam", "create_role", {"RoleName": "ops", "AssumeRolePolicyDocument": TRUST},
            "MalformedPolicyDocument"),
    Mistake("logs", "logs", "create_log_group", {"logGroupName": "aws/acme"}, "InvalidParameterException"),
    Mistake("ecr", "ecr", "create_repository", {
            "repositoryName": "api", "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "alias/absent"}},
            "KmsException"),
    Mistake("ec2.rules", "ec2", "run_instances", {"MinCount": 1, "MaxCount": 1, "ImageId": "ami-00000000000000000"},
            "InvalidAMIID.NotFound"),
    Mistake("ec2.instances", "ec2", "modify_instance_attribute", {"InstanceType": {"Value": "t3.small"}},
            "IncorrectInstanceState", running),
    Mistake("ec2.launch_templates", "ec2", "create_launch_template",
            {"LaunchTemplateName": "web", "LaunchTemplateData": {"TagSpecifications": [
                {"ResourceType": "subnet", "Tags": [{"Key": "owner", "Value": "platform"}]}]}},
            "InvalidParameterValue"),
    Mistake("ec2.removals", "ec2", "delete_subnet", {}, "DependencyViolation", lived_in),
    Mistake("ec2.networks", "ec2", "modify_vpc_attribute", {
            "EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": True}},
            "InvalidParameterCombination", vpc),
    Mistake("iam.entities", "iam", "create_user", {"UserName": "ALICE"}, "EntityAlreadyExists", alice),
    Mistake("iam.corrections", "iam", "delete_user", {"UserName": "alice"}, "DeleteConflict", service_password),
    Mistake("kms", "kms", "enable_key_rotation", {}, "KMSInvalidStateException", pending_key),
    Mistake("iam.mfa", "iam", "enable_mfa_device", {
            "UserName": "alice", "AuthenticationCode1": "000000", "AuthenticationCode2": "000000"},
            "InvalidAuthenticationCode", device),
    Mistake("iam.oidc", "iam", "create_open_id_connect_provider",
            {"Url": "https://token.acme.example:8443", "ClientIDList": ["a"]}, "ValidationError"),
    Mistake("common.model", "iam", "create_group", {"GroupName": "with blank"}, "ValidationError"),
    Mistake("cloudwatch", "cloudwatch", "put_metric_alarm", ALARM, "ValidationError"),
    Mistake("common.paging", "iam", "list_users", {"Marker": "made up"}, "ValidationError"),
    Mistake("ssm", "ssm", "put_parameter", {"Name": "/acme/lock", "Value": "x" * 4097, "Type": "String"},
            "ValidationException"),
    Mistake("iam.passwords", "iam", "create_login_profile", {"UserName": "alice", "Password": "lowercase-only"},
            "PasswordPolicyViolation", alice),
    Mistake("common.regions", "kms", "list_keys", {}, "UnrecognizedClientException", region="af-south-1"),
    Mistake("s3.rules", "s3", "put_bucket_acl", {"Bucket": "acme-logs", "ACL": "private"},
            "AccessControlListNotSupported", bucket),
    Mistake("s3.transitions", "s3", "put_bucket_lifecycle_configuration",
            {"Bucket": "acme-logs", "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Filter": {"Prefix": ""},
             "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 101}}]}},
            "InvalidArgument", bucket),
    Mistake("s3.cors", "s3", "put_bucket_cors", {"Bucket": "acme-logs", "CORSConfiguration": {"CORSRules": [
            {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.*.example"]}]}}, "InvalidRequest", bucket),
    Mistake("s3.object_lock", "s3", "put_bucket_versioning",
            {"Bucket": "acme-logs", "VersioningConfiguration": {"Status": "Suspended"}}, "InvalidBucketState", locked),
    Mistake("s3.replication", "s3", "put_bucket_replication", {"Bucket": "acme-logs", "ReplicationConfiguration": {
            "Role": ROLE, "Rules": [{"Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""},
             "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": "arn:aws:s3:::nobodys"}}]}},
            "InvalidRequest", locked),
    Mistake("s3.abac", "s3", "put_bucket_tagging", {"Bucket": "acme-logs", "Tagging": {"TagSet": []}},
            "InvalidRequest", tagged_access),
    Mistake("scheduler", "scheduler", "create_schedule", SCHEDULE, "ValidationException"),
    Mistake("stepfunctions.rules", "stepfunctions", "create_state_machine", {
            "name": "fleet", "definition": "{", "roleArn": ROLE}, "InvalidDefinition"),
    Mistake("lambda_", "lambda", "create_function", FUNCTION, "InvalidParameterValueException", function_role),
    Mistake("sqs", "sqs", "create_queue", {"QueueName": "work"}, "AWS.SimpleQueueService.QueueDeletedRecently",
            deleted_queue),
    Mistake("secretsmanager", "secretsmanager", "put_secret_value", {"SecretId": "acme", "SecretString": "y"},
            "InvalidRequestException", deleted_secret),
    Mistake("route53", "route53", "create_hosted_zone", {"Name": "acme.example", "CallerReference": "one"},
            "HostedZoneAlreadyExists", hosted_zone),
    Mistake("acm", "acm", "request_certificate", {"DomainName": "acme.example", "ValidationMethod": "DNS",
            "SubjectAlternativeNames": [f"n{n}.acme.example" for n in range(10)]}, "LimitExceededException"),
    Mistake("sesv2", "sesv2", "create_email_identity", {"EmailIdentity": "acme.example"}, "AlreadyExistsException",
            mail_identity),
    Mistake("sts.sessions", "sts", "get_session_token", {"TokenCode": "123456"}, "AccessDenied"),
    Mistake("sts.roles", "sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "you"}, "AccessDenied"),
    Mistake("sts.web_identity", "sts", "assume_role_with_web_identity",
            {"RoleArn": ROLE, "RoleSessionName": "you", "WebIdentityToken": "x.e30.x"}, "InvalidIdentityToken"),
    Mistake("events", "events", "put_rule", {"Name": "nightly", "ScheduleExpression": "cron(0 1 * * * *)"},
            "ValidationException"),
    Mistake("sns", "sns", "unsubscribe", {}, "InvalidParameter", unconfirmed),
    Mistake("common.new_accounts", "sts", "assume_role", {"RoleSessionName": "you"}, "RegionDisabledException",
            entered_twice),
    Mistake("organizations.callers", "organizations", "list_accounts", {}, "AWSOrganizationsNotInUseException"),
    Mistake("organizations.writes", "organizations", "create_account",
            {"Email": "dev@acme.example", "AccountName": "dev"}, "FinalizingOrganizationException", new_organization),
    Mistake("organizations.new_accounts", "organizations", "create_account",
            {"Email": "dev@acme.example", "AccountName": "dev"}, "ConstraintViolationException", five_asked_for),
    Mistake("organizations.accounts", "organizations", "move_account", {"AccountId": "123456789012"},
            "SourceParentNotFoundException", two_units),
    Mistake("organizations.units", "organizations", "create_organizational_unit", {"Name": "Workloads"},
            "DuplicateOrganizationalUnitException", one_unit),
    Mistake("organizations.policy_types", "organizations", "disable_policy_type", {"PolicyType": organizations.SCP},
            "PolicyChangesInProgressException", pending_type),
    Mistake("organizations.policies", "organizations", "create_policy",
            {"Name": "deny", "Description": "", "Type": organizations.SCP, "Content": "{"},
            "MalformedPolicyDocumentException", managing),
    Mistake("organizations.trusted_services", "organizations", "register_delegated_administrator",
            {"ServicePrincipal": "guardduty.amazonaws.com"}, "ConstraintViolationException", member),
    Mistake("iam.central_root", "iam", "enable_organizations_root_sessions", {}, "ServiceAccessNotEnabledException",
            managing),
    Mistake("account", "account", "delete_alternate_contact", {"AlternateContactType": "SECURITY"},
            "AccessDeniedException", member),
    Mistake("organization_trails", "cloudtrail", "create_trail",
            {"Name": "audit", "S3BucketName": "acme-logs", "IsOrganizationTrail": True},
            "OrganizationsNotInUseException", bucket),
    Mistake("common.tags", "iam", "create_user", {"UserName": "bob", "Tags": [{"Key": "aws:owner", "Value": "x"}]},
            "InvalidInput"),
)  # fmt: skip

families = pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.family for mistake in MISTAKES])
protocols = pytest.mark.parametrize(
    "mistake",
    [mistake for mistake in MISTAKES if mistake.family in ("iam.entities", "kms", "s3.rules", "ec2.networks")],
    ids=["query", "JSON", "XML", "EC2"],
)


def arranged(sandbox: Sandbox, mistake: Mistake) -> dict[str, Any]:
    """Put there what the mistake is about; return the parameters of the call."""
    return {**mistake.params, **mistake.before(lambda service: sandbox.client(service, "eu-west-1"))}


def test_every_family_that_refuses_something_is_in_the_table() -> None:
    strict = [rule.before or rule.after for rule in with_common_rules(Services(SERVICES)) if rule.strict]
    modules = {apply.__module__.removeprefix("awsbase.sandbox.") for apply in strict if apply}
    assert {name.removeprefix("services.") for name in modules} == {each.family for each in MISTAKES}


@families
def test_the_page_on_the_sandbox_has_a_row_for_it(mistake: Mistake) -> None:
    page = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
    rows = dict(re.findall(r"^\| `([\w.]+)` \| .+ \| `(\w[\w.]+)` \|$", page, re.MULTILINE))
    assert rows[mistake.family] == mistake.code


@families
def test_moto_alone_takes_it(mistake: Mistake) -> None:
    sandbox = Sandbox(strict=False)
    params = arranged(sandbox, mistake)
    assert refused(getattr(sandbox.client(mistake.service, mistake.region), mistake.method), **params) is None


@families
def test_the_sandbox_refuses_it_in_process_and_on_a_socket(mistake: Mistake) -> None:
    sandbox = Sandbox()
    params, key = arranged(sandbox, mistake), sandbox.key()
    here = sandbox.client(mistake.service, mistake.region)
    with serving(sandbox) as url:
        session: Any = boto3.Session(key.id, key.secret, region_name=mistake.region)
        there = session.client(mistake.service, endpoint_url=url, config=ONCE)
        said = [refused(getattr(client, mistake.method), **params) for client in (here, there)]
    assert said == [mistake.code, mistake.code]


@protocols
def test_the_aws_cli_is_refused_as_boto3_is(mistake: Mistake, tmp_path: Path) -> None:
    sandbox = Sandbox()
    params, key = arranged(sandbox, mistake), sandbox.key()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with serving(sandbox) as url:
        service = {"s3": "s3api"}.get(mistake.service, mistake.service)
        called = subprocess.run(
            [Path(sys.executable).with_name("aws"), service, mistake.method.replace("_", "-"),
             "--cli-input-json", json.dumps(params)],
            env={**kept, "HOME": str(tmp_path), "AWS_ENDPOINT_URL": url, "AWS_REGION": mistake.region,
                 "AWS_DEFAULT_REGION": mistake.region, "AWS_ACCESS_KEY_ID": key.id,
                 "AWS_SECRET_ACCESS_KEY": key.secret, "AWS_MAX_ATTEMPTS": "1"},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert re.findall(r"An error occurred \((\S+)\) when calling", called.stderr) == [mistake.code]
    assert called.returncode != 0
