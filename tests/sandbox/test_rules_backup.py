"""AWS Backup in the sandbox: what moto takes and AWS refuses, and what moto does not have."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.ensure.backup_vault import BackupVault, copying
from awsbase.sandbox import Sandbox, World
from awsbase.testing.sample import ACCOUNT, HOME
from tests.sandbox.refused import refused

ROLE = "arn:aws:iam::123456789012:role/backup"
FOR_BACKUP = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
BACK, MANAGEMENT = "222222222222", "111111111111"
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"


def backup(sandbox: Sandbox) -> Any:
    """Return a client of an account with one vault."""
    client = sandbox.client("backup", HOME.region)
    client.create_backup_vault(BackupVaultName="acme")
    return client


def plan(**rule: Any) -> dict[str, Any]:
    """Return a plan of one rule."""
    base = {"RuleName": "daily", "TargetBackupVaultName": "acme", "ScheduleExpression": "cron(0 3 * * ? *)"}
    return {"BackupPlanName": "data", "Rules": [{**base, **rule}]}


def role(sandbox: Sandbox, *, policy: str = FOR_BACKUP, service: str = "backup.amazonaws.com") -> None:
    """Make a role that every service knows already."""
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    sandbox.client("iam").create_role(RoleName="backup", AssumeRolePolicyDocument=document)
    if policy:
        sandbox.client("iam").attach_role_policy(RoleName="backup", PolicyArn=policy)
    sandbox.clock.advance(600)


RULES: dict[str, dict[str, Any]] = {
    "vault that is not there": {"TargetBackupVaultName": "other"},
    "90 days of cold storage": {"Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 119}},
    "kept for no day": {"Lifecycle": {"DeleteAfterDays": 0}},
    "kept for too long": {"Lifecycle": {"DeleteAfterDays": 36501}},
    "continuous for 36 days": {"EnableContinuousBackup": True, "Lifecycle": {"DeleteAfterDays": 36}},
    "continuous and cold": {
        "EnableContinuousBackup": True,
        "Lifecycle": {"MoveToColdStorageAfterDays": 1, "DeleteAfterDays": 35},
    },
    "no time to begin": {"StartWindowMinutes": 59},
    "done before begun": {"StartWindowMinutes": 120, "CompletionWindowMinutes": 120},
    "no schedule": {"ScheduleExpression": "cron(0 3 * * * *)"},
    "copy kept for no day": {
        "CopyActions": [
            {"DestinationBackupVaultArn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:a",
             "Lifecycle": {"DeleteAfterDays": 0}}
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_moto_takes_rules_that_aws_does_not_keep(rule: dict[str, Any]) -> None:
    soft, strict = (backup(each) for each in (Sandbox(strict=False), Sandbox()))
    assert refused(soft.create_backup_plan, BackupPlan=plan(**rule)) is None
    assert refused(strict.create_backup_plan, BackupPlan=plan(**rule)) == "InvalidParameterValueException"
    assert refused(strict.create_backup_plan, BackupPlan=plan()) is None


def test_an_update_is_a_new_version_of_the_plan() -> None:
    client = backup(Sandbox())
    made = client.create_backup_plan(BackupPlan=plan())
    new = client.update_backup_plan(BackupPlanId=made["BackupPlanId"], BackupPlan=plan(RuleName="weekly"))
    assert new["VersionId"] != made["VersionId"]
    (rule,) = client.get_backup_plan(BackupPlanId=made["BackupPlanId"])["BackupPlan"]["Rules"]
    assert (rule["RuleName"], rule["StartWindowMinutes"], rule["CompletionWindowMinutes"]) == ("weekly", 480, 10080)


CHOSEN = {"SelectionName": "data", "IamRoleArn": ROLE, "Resources": [TABLE]}
BY_TAG = {"StringEquals": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "true"}]}


def test_a_plan_goes_after_its_selections_and_its_name_is_free_then() -> None:
    sandbox = Sandbox()
    client = backup(sandbox)
    role(sandbox)
    id = client.create_backup_plan(BackupPlan=plan())["BackupPlanId"]
    chosen = client.create_backup_selection(BackupPlanId=id, BackupSelection={**CHOSEN, "Conditions": BY_TAG})
    assert refused(client.delete_backup_plan, BackupPlanId=id) == "InvalidRequestException"
    client.delete_backup_selection(BackupPlanId=id, SelectionId=chosen["SelectionId"])
    client.delete_backup_plan(BackupPlanId=id)
    assert refused(client.create_backup_plan, BackupPlan=plan()) is None


@pytest.mark.parametrize(
    ("held", "chosen"),
    [
        ({"service": "ec2.amazonaws.com"}, CHOSEN),
        ({"policy": ""}, {**CHOSEN, "Conditions": BY_TAG}),
        ({}, {**CHOSEN, "Resources": []}),
        ({}, {**CHOSEN, "Conditions": {"StringEquals": [{"ConditionKey": "backup", "ConditionValue": "true"}]}}),
        ({}, {**CHOSEN, "IamRoleArn": f"{ROLE}2"}),
    ],
    ids=["another service's role", "role that finds nothing", "nothing chosen", "condition of no tag", "no such role"],
)
def test_selections_that_choose_nothing_are_refused(held: dict[str, str], chosen: dict[str, Any]) -> None:
    sandbox = Sandbox()
    client = backup(sandbox)
    role(sandbox, **held)
    id = client.create_backup_plan(BackupPlan=plan())["BackupPlanId"]
    code = refused(client.create_backup_selection, BackupPlanId=id, BackupSelection=chosen)
    assert code == "InvalidParameterValueException"


def test_a_lock_becomes_final_after_its_days() -> None:
    sandbox = Sandbox()
    client = backup(sandbox)
    lock = {"BackupVaultName": "acme", "MinRetentionDays": 7}
    assert refused(client.put_backup_vault_lock_configuration, **lock, ChangeableForDays=2) is not None
    client.put_backup_vault_lock_configuration(**lock, ChangeableForDays=3)
    assert refused(client.put_backup_vault_lock_configuration, **lock) is None
    client.put_backup_vault_lock_configuration(**lock, ChangeableForDays=3)
    sandbox.clock.advance(3 * 24 * 3600)
    assert refused(client.put_backup_vault_lock_configuration, **lock) == "InvalidRequestException"
    name = {"BackupVaultName": "acme"}
    assert refused(client.delete_backup_vault_lock_configuration, **name) == "InvalidRequestException"


def test_a_locked_vault_takes_what_it_may_and_gives_nothing_back() -> None:
    sandbox = Sandbox()
    client = backup(sandbox)
    role(sandbox)
    sandbox.client("s3", HOME.region).create_bucket(
        Bucket="acme-data", CreateBucketConfiguration={"LocationConstraint": HOME.region}
    )
    client.put_backup_vault_lock_configuration(BackupVaultName="acme", MinRetentionDays=7)
    job = {"BackupVaultName": "acme", "ResourceArn": "arn:aws:s3:::acme-data", "IamRoleArn": ROLE}
    short = client.start_backup_job(**job, Lifecycle={"DeleteAfterDays": 6})["BackupJobId"]
    assert client.describe_backup_job(BackupJobId=short)["State"] == "FAILED"
    client.start_backup_job(**job, Lifecycle={"DeleteAfterDays": 7})
    (point,) = client.list_recovery_points_by_backup_vault(BackupVaultName="acme")["RecoveryPoints"]
    there = {"BackupVaultName": "acme", "RecoveryPointArn": point["RecoveryPointArn"]}
    assert refused(client.delete_recovery_point, **there) == "InvalidRequestException"
    assert refused(client.delete_backup_vault, BackupVaultName="acme") == "InvalidRequestException"
    client.delete_backup_vault_lock_configuration(BackupVaultName="acme")
    client.delete_recovery_point(**there)
    client.delete_backup_vault(BackupVaultName="acme")
    assert client.list_backup_vaults()["BackupVaultList"] == []


@pytest.mark.parametrize("method", ["describe_backup_vault", "get_backup_vault_access_policy"])
def test_a_vault_that_is_not_there_looks_forbidden(method: str) -> None:
    client = Sandbox().client("backup", HOME.region)
    assert refused(getattr(client, method), BackupVaultName="other") == "AccessDeniedException"


def test_a_vault_takes_no_policy_with_a_wildcard_and_no_dead_key() -> None:
    sandbox = Sandbox()
    client = backup(sandbox)
    wild = {"Effect": "Allow", "Principal": "*", "Action": "backup:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [wild]})
    code = refused(client.put_backup_vault_access_policy, BackupVaultName="acme", Policy=policy)
    assert code == "InvalidParameterValueException"
    kms = sandbox.client("kms", HOME.region)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=key)
    code = refused(client.create_backup_vault, BackupVaultName="other", EncryptionKeyArn=key)
    assert code == "InvalidParameterValueException"


def test_settings_are_put_whole() -> None:
    client = Sandbox().client("backup", HOME.region)
    client.update_region_settings(ResourceTypeOptInPreference={"S3": True, "EFS": False})
    client.update_region_settings(ResourceTypeOptInPreference={"RDS": False})
    have = client.describe_region_settings()["ResourceTypeOptInPreference"]
    assert (have["S3"], have["EFS"], have["RDS"]) == (False, True, False)
    with pytest.raises(ClientError, match="describeRegionSettings"):
        client.update_region_settings(ResourceTypeOptInPreference={"Nothing": True})


def test_a_copy_needs_both_accounts_and_their_organization() -> None:
    world = World([MANAGEMENT, ACCOUNT, BACK], management=MANAGEMENT)
    here, there = world.accounts[ACCOUNT], world.accounts[BACK]
    client = backup(here)
    role(here)
    here.client("s3", HOME.region).create_bucket(
        Bucket="acme-data", CreateBucketConfiguration={"LocationConstraint": HOME.region}
    )
    client.start_backup_job(BackupVaultName="acme", ResourceArn="arn:aws:s3:::acme-data", IamRoleArn=ROLE)
    (point,) = client.list_recovery_points_by_backup_vault(BackupVaultName="acme")["RecoveryPoints"]
    copy = {
        "RecoveryPointArn": point["RecoveryPointArn"],
        "SourceBackupVaultName": "acme",
        "DestinationBackupVaultArn": f"arn:aws:backup:{HOME.region}:{BACK}:backup-vault:acme",
        "IamRoleArn": ROLE,
    }
    assert refused(client.start_copy_job, **copy) == "AccessDeniedException"
    backup(there)
    assert refused(client.start_copy_job, **copy) == "AccessDeniedException"
    held = BackupVault(scope=HOME, name="acme", key=None, copies_from=(ACCOUNT,))
    policy = json.dumps({"Version": "2012-10-17", "Statement": [copying(held)]})
    there.client("backup", HOME.region).put_backup_vault_access_policy(BackupVaultName="acme", Policy=policy)
    assert refused(client.start_copy_job, **copy) == "InvalidRequestException"
    management = world.accounts[MANAGEMENT].client("backup", HOME.region)
    management.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "true"})
    client.start_copy_job(**copy)
    copies = there.client("backup", HOME.region).list_recovery_points_by_backup_vault(BackupVaultName="acme")
    assert [each["ResourceArn"] for each in copies["RecoveryPoints"]] == ["arn:aws:s3:::acme-data"]
