"""Samples of AWS Backup: a locked vault, a plan of what carries a tag, and copies in other accounts."""

from typing import Any

from awsbase.ensure.backup_plan import BackupPlan
from awsbase.ensure.backup_settings import BackupSettings
from awsbase.ensure.backup_vault import BackupVault
from awsbase.ensure.key import Key
from awsbase.manifest.backup_plans import CopySpec, LockSpec, PlanSpec, RuleSpec, VaultSpec, resources
from awsbase.manifest.base import Base
from awsbase.manifest.merge import merge
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

BACK = "111122223333"
ELSEWHERE = f"arn:aws:backup:eu-west-1:{BACK}:backup-vault:back-backups"
RULES = {"daily": RuleSpec(), "monthly": RuleSpec(day_of_month=1, keep_days=400, cold_after_days=30)}
PLANS = {"data": PlanSpec(services=("dynamodb", "efs"), rules=RULES, copies=(CopySpec(vault=ELSEWHERE, keep_days=60),))}
VAULT = VaultSpec(lock=LockSpec(keep_at_least_days=7, keep_at_most_days=400), copies_from=(BACK,))
MADE = merge({"backups": resources(Base("acme", HOME, {"owner": "platform"}), VAULT, PLANS)}).sections["backups"]


def first(kind: type[Any]) -> Any:
    """Return the one resource of a kind."""
    return next(each for each in MADE if isinstance(each, kind))


KEY, HELD, CHOSEN, SETTINGS = first(Key), first(BackupVault), first(BackupPlan), first(BackupSettings)
NAME = HELD.name


def backup(aws: Reached) -> Any:
    """Return a client of AWS Backup at home."""
    return aws.client("backup", HOME.region)


def plan_id(aws: Reached) -> str:
    """Return the id of the only plan."""
    (one,) = backup(aws).list_backup_plans()["BackupPlansList"]
    return str(one["BackupPlanId"])


def selection(aws: Reached) -> dict[str, str]:
    """Return plan and id of the only selection."""
    plan = plan_id(aws)
    (one,) = backup(aws).list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]
    return {"BackupPlanId": plan, "SelectionId": one["SelectionId"]}


def shorten(aws: Reached) -> None:
    """Keep what is daily for a week, and copy it nowhere."""
    plan = backup(aws).get_backup_plan(BackupPlanId=plan_id(aws))["BackupPlan"]
    rules = [{name: each for name, each in rule.items() if name != "RuleId"} for rule in plan["Rules"]]
    rules[0]["Lifecycle"] = {"DeleteAfterDays": 7}
    del rules[0]["CopyActions"]
    backup(aws).update_backup_plan(BackupPlanId=plan_id(aws), BackupPlan={**plan, "Rules": rules})


def choose_otherwise(aws: Reached) -> None:
    """Choose by another tag."""
    held = selection(aws)
    chosen = backup(aws).get_backup_selection(**held)["BackupSelection"]
    backup(aws).delete_backup_selection(**held)
    conditions = {"StringEquals": [{"ConditionKey": "aws:ResourceTag/other", "ConditionValue": "true"}]}
    backup(aws).create_backup_selection(
        BackupPlanId=held["BackupPlanId"], BackupSelection={**chosen, "Conditions": conditions}
    )


def turn_off(aws: Reached) -> None:
    """Pass over tables."""
    have = backup(aws).describe_region_settings()
    preference = {**have["ResourceTypeOptInPreference"], "DynamoDB": False}
    backup(aws).update_region_settings(ResourceTypeOptInPreference=preference)


def weaken(aws: Reached) -> None:
    """Let recovery points go after a day."""
    backup(aws).put_backup_vault_lock_configuration(BackupVaultName=NAME, MinRetentionDays=1)


def unlock(aws: Reached) -> None:
    """Take the lock off."""
    backup(aws).delete_backup_vault_lock_configuration(BackupVaultName=NAME)


def shut(aws: Reached) -> None:
    """Let no account copy into the vault."""
    backup(aws).delete_backup_vault_access_policy(BackupVaultName=NAME)


def untag(aws: Reached) -> None:
    """Remove the tag `owner` from vault and plan."""
    plan = backup(aws).get_backup_plan(BackupPlanId=plan_id(aws))["BackupPlanArn"]
    for arn in (HELD.arn, plan):
        backup(aws).untag_resource(ResourceArn=arn, TagKeyList=["owner"])


SAMPLES = (
    Sample(
        "backup vault and plan",
        MADE,
        tamperings={
            "shorter retention": Tampering(shorten, [f"{CHOSEN.address}: update backup plan"]),
            "other tag": Tampering(
                choose_otherwise,
                [f"{CHOSEN.address}: delete old selection", f"{CHOSEN.address}: create selection"],
                risky=[f"{CHOSEN.address}: delete old selection"],
            ),
            "not chosen": Tampering(
                lambda aws: backup(aws).delete_backup_selection(**selection(aws)),
                [f"{CHOSEN.address}: create selection"],
            ),
            "passed over": Tampering(turn_off, [f"{SETTINGS.address}: update services"]),
            "weaker lock": Tampering(weaken, [f"{HELD.address}: update lock"], risky=[f"{HELD.address}: update lock"]),
            "unlocked": Tampering(unlock, [f"{HELD.address}: update lock"]),
            "shut": Tampering(shut, [f"{HELD.address}: update access policy"]),
            "untagged": Tampering(untag, [f"{CHOSEN.address}: update tags", f"{HELD.address}: update tags"]),
        },
        shares="the region's settings of AWS Backup",
        not_on_aws="the account that copies go to and come from is nobody's",
    ),
)
