"""AWS Backup: vaults and their locks, plans and what they select, recovery points and restores."""

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource

from awsbase.sandbox.authorization.permissions import act, at, given, own, param, passing, table
from awsbase.sandbox.service import AccountState, Codes, Need, Request, Service
from awsbase.sandbox.services.backup import jobs, plans, state, vaults
from awsbase.sandbox.services.kms import key_arn, via

VAULT = at("backup:{region}:{account}:backup-vault:{BackupVaultName}")
PLAN = at("backup:{region}:{account}:backup-plan:{BackupPlanId}")
NEW_PLAN = at("backup:{region}:{account}:backup-plan:*")
SELECTION_ROLE = passing("BackupSelection.IamRoleArn", plans.PRINCIPAL)
JOB_ROLE = passing("IamRoleArn", plans.PRINCIPAL)


def mounts(request: Request) -> Iterator[Need]:
    """Need what a new vault takes beside its own action.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/access-control.html
    """
    yield Need("backup-storage:MountCapsule")
    if key := param(request, "EncryptionKeyArn"):
        resource, asked = key_arn(request, key), via(request, "backup")
        for action in ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey", "RetireGrant"):
            grants = {"kms:GrantIsForAWSResource": "true"} if action == "CreateGrant" else {}
            yield Need(f"kms:{action}", resource, {**asked, **grants})


CALLS = table(
    {
        "ListBackupVaults ListBackupPlans DescribeRegionSettings UpdateRegionSettings DescribeGlobalSettings "
        "UpdateGlobalSettings DescribeBackupJob DescribeRestoreJob": [own()],
        "CreateBackupVault": [own(VAULT), act("backup:TagResource", VAULT, when="BackupVaultTags"), mounts],
        "DescribeBackupVault DeleteBackupVault PutBackupVaultLockConfiguration DeleteBackupVaultLockConfiguration "
        "PutBackupVaultAccessPolicy GetBackupVaultAccessPolicy DeleteBackupVaultAccessPolicy "
        "ListRecoveryPointsByBackupVault": [own(VAULT)],
        "CreateBackupPlan": [own(NEW_PLAN), act("backup:TagResource", NEW_PLAN, when="BackupPlanTags")],
        "GetBackupPlan UpdateBackupPlan DeleteBackupPlan ListBackupSelections GetBackupSelection "
        "DeleteBackupSelection": [own(PLAN)],
        "CreateBackupSelection": [own(PLAN), SELECTION_ROLE],
        "ListTags TagResource UntagResource": [own(given("ResourceArn"))],
        "StartBackupJob": [own(VAULT), JOB_ROLE],
        "StartCopyJob": [own(given("RecoveryPointArn")), JOB_ROLE],
        "StartRestoreJob": [own(given("RecoveryPointArn")), JOB_ROLE],
        "DeleteRecoveryPoint GetRecoveryPointRestoreMetadata": [own(given("RecoveryPointArn"))],
    }
)


def tagged(request: Request) -> Iterator[TaggedResource]:
    """Yield the plans of the region, which moto does not list among what is tagged."""
    held = request.backend("backup")
    for each in held.plans.values():
        labels = held.tagger.get_tag_dict_for_resource(each.backup_plan_arn)
        yield TaggedResource(each.backup_plan_arn, labels, "backup:backup-plan")


def tags(request: Request, arn: str) -> dict[str, str]:
    """Return the tags of a vault or a plan."""
    found: dict[str, str] = request.backend("backup").tagger.get_tag_dict_for_resource(arn)
    return found


def stable_names(sandbox: AccountState) -> dict[str, str]:
    """Return the name of each plan for its id."""
    regions: Any = sandbox.backends("backup").values()
    return {id: held.backup_plan["BackupPlanName"] for region in regions for id, held in region.plans.items()}


SERVICE = Service(
    "backup",
    rules=(*vaults.RULES, *plans.RULES, *jobs.RULES),
    calls=CALLS,
    tags=tags,
    tagged=tagged,
    snapshot=state.snapshot,
    stable_names=stable_names,
    codes=Codes(
        invalid="InvalidParameterValueException",
        tags="InvalidParameterValueException",
        too_many_tags="LimitExceededException",
        denied=("AccessDeniedException", 403),
    ),
    warm_up={"ListBackupVaults": {}},
)
