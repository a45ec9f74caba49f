"""Jobs of AWS Backup: what a vault takes, and a restore that makes a new resource a little later."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from awsbase.sandbox.authorization.permissions import arn
from awsbase.sandbox.organization_state import member, organization
from awsbase.sandbox.policy_documents import permits
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.backup.plans import let_in
from awsbase.sandbox.services.backup.state import Backups, find_vault, kept, vault_arn
from awsbase.sandbox.services.backup.vaults import cross_account
from awsbase.sandbox.wire import Refusal

# The looks at a restore job that find it still at work.
LOOKS = 2
TYPES = {"rds": "RDS", "dynamodb": "DynamoDB", "elasticfilesystem": "EFS", "s3": "S3"}
# What names the new resource in the metadata of a restore.
NAMED = {"DynamoDB": "targetTableName", "RDS": "DBInstanceIdentifier"}


def start_backup(request: Request) -> dict[str, Any]:
    """Make a recovery point at once, if the vault takes it. Raises Refusal.

    A locked vault fails a job that keeps its recovery point for less or more than the lock says:
    https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
    """
    name, source = request.params["BackupVaultName"], request.params["ResourceArn"]
    vault = find_vault(request, name)
    let_in(request, request.params["IamRoleArn"])
    if (type := TYPES.get(source.split(":")[2])) is None or not there(request, type, source):
        raise Refusal("ResourceNotFoundException", f"Cannot find the resource {source}.")
    kept_for = request.params.get("Lifecycle", {}).get("DeleteAfterDays")
    least, most = vault.min_retention_days or 1, vault.max_retention_days or 36500
    fits = (
        not vault.locked or (kept_for is None and vault.max_retention_days is None) or least <= (kept_for or 0) <= most
    )
    now, id, job = request.sandbox.clock(), str(uuid4()), str(uuid4())
    point = arn(request, f"backup:{request.region}:{request.account}:recovery-point:{id}")
    if fits:
        kept(request).points.setdefault((request.region, name), []).append(
            {
                "RecoveryPointArn": point,
                "BackupVaultName": name,
                "BackupVaultArn": vault_arn(request, name),
                "ResourceArn": source,
                "ResourceType": type,
                "Status": "COMPLETED",
                "CreationDate": now,
                "CompletionDate": now,
                "EncryptionKeyArn": vault.encryption_key_arn,
                "IamRoleArn": request.params["IamRoleArn"],
            }
        )
    kept(request).backup_jobs[job] = {
        "BackupJobId": job,
        "BackupVaultName": name,
        "ResourceArn": source,
        "State": "COMPLETED" if fits else "FAILED",
        **(
            {"RecoveryPointArn": point} if fits else {"StatusMessage": "The vault's lock does not take this lifecycle."}
        ),
    }
    return {"BackupJobId": job, "RecoveryPointArn": point, "CreationDate": now}


def there(request: Request, type: str, source: str) -> bool:
    """Return whether what is to be backed up exists."""
    name = source.rpartition("/")[2] if type in ("DynamoDB", "EFS") else source.rpartition(":")[2]
    held: Mapping[str, Any] = {
        "DynamoDB": lambda: request.backend("dynamodb").tables,
        "RDS": lambda: request.backend("rds").databases,
        "EFS": lambda: request.backend("efs").file_systems_by_id,
        "S3": lambda: request.backend("s3").buckets,
    }[type]()
    return name in held


def describe_backup(request: Request) -> dict[str, Any]:
    """Return how a backup went. Raises Refusal with ResourceNotFoundException.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupJob.html
    """
    held = kept(request).backup_jobs.get(request.params["BackupJobId"])
    if held is None:
        raise Refusal("ResourceNotFoundException", "Cannot find the backup job.")
    return dict(held)


def list_points(request: Request) -> dict[str, Any]:
    """List the recovery points of a vault.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRecoveryPointsByBackupVault.html
    """
    name, wanted = request.params["BackupVaultName"], request.params.get("ByResourceType")
    find_vault(request, name)
    found = kept(request).points.get((request.region, name), [])
    return {"RecoveryPoints": [dict(each) for each in found if not wanted or each["ResourceType"] == wanted]}


def find_point(request: Request, wanted: str, vault: str | None = None) -> dict[str, Any]:
    """Return a recovery point. Raises Refusal with ResourceNotFoundException."""
    for (region, name), points in kept(request).points.items():
        for each in points:
            if each["RecoveryPointArn"] == wanted and region == request.region and vault in (None, name):
                return each
    raise Refusal("ResourceNotFoundException", "Cannot find the recovery point.")


def delete_point(request: Request) -> dict[str, Any]:
    """Delete a recovery point, which a locked vault does not let anybody do. Raises Refusal.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
    """
    name = request.params["BackupVaultName"]
    held = find_point(request, request.params["RecoveryPointArn"], name)
    if find_vault(request, name).locked:
        raise Refusal("InvalidRequestException", "The vault is locked: its recovery points cannot be deleted.")
    kept(request).points[request.region, name].remove(held)
    return {}


def start_copy(request: Request) -> dict[str, Any]:
    """Copy a recovery point into a vault, if both accounts and their organization let it. Raises Refusal.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
    """
    let_in(request, request.params["IamRoleArn"])
    held = find_point(request, request.params["RecoveryPointArn"], request.params["SourceBackupVaultName"])
    wanted = request.params["DestinationBackupVaultArn"]
    _, _, _, region, account, _, name = wanted.split(":")
    world = request.sandbox.world
    there = world.accounts.get(account) if world else request.sandbox if account == request.account else None
    vaults = there.backend("backup", region).vaults if there else {}
    policy = there.memory(Backups).policies.get((region, name), "{}") if there else "{}"
    open_to = {account} | ({request.account} if takes(request, json.loads(policy)) else set())
    if name not in vaults or request.account not in open_to:
        raise Refusal("AccessDeniedException", f"Insufficient privileges to copy into {wanted}.", 403)
    if account != request.account and not shares(request, account):
        raise Refusal("InvalidRequestException", "Cross-account backup is not enabled in the organization.")
    assert there is not None
    id, point = str(uuid4()), arn(request, f"backup:{region}:{account}:recovery-point:{uuid4()}")
    copy = {**held, "RecoveryPointArn": point, "BackupVaultName": name, "BackupVaultArn": wanted}
    there.memory(Backups).points.setdefault((region, name), []).append(copy)
    return {"CopyJobId": id, "CreationDate": request.sandbox.clock()}


def takes(request: Request, policy: dict[str, Any]) -> bool:
    """Return whether the access policy of a vault lets the request's account copy into it."""
    root = f"arn:{request.partition}:iam::{request.account}:root"
    return permits(policy, root, "backup:CopyIntoBackupVault", "*", {})


def shares(request: Request, account: str) -> bool:
    """Return whether this account and another one are in an organization that copies from account to account."""
    held = organization(request.sandbox, request.region)
    return bool(held and member(held, account) and held.org.master_account_id in cross_account(request))


def metadata(request: Request) -> dict[str, Any]:
    """Return what a recovery point was made of, as a restore takes it.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_GetRecoveryPointRestoreMetadata.html
    """
    held = find_point(request, request.params["RecoveryPointArn"], request.params["BackupVaultName"])
    name = held["ResourceArn"].rpartition("/")[2].rpartition(":")[2]
    by_type = {
        "DynamoDB": {"originalTableName": name, "encryptionType": "Default"},
        "RDS": {"DBInstanceIdentifier": name, "DBInstanceClass": "db.t3.micro", "Engine": "postgres"},
        "EFS": {"file-system-id": name, "encrypted": "true", "performanceMode": "generalPurpose"},
        "S3": {"originalBucketName": name},
    }[held["ResourceType"]]
    return {"RecoveryPointArn": held["RecoveryPointArn"], "BackupVaultArn": held["BackupVaultArn"],
            "RestoreMetadata": by_type, "ResourceType": held["ResourceType"]}  # fmt: skip


def start_restore(request: Request) -> dict[str, Any]:
    """Begin to restore a recovery point as a new resource. Raises Refusal.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_StartRestoreJob.html
    https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-dynamodb.html
    """
    held, wanted = find_point(request, request.params["RecoveryPointArn"]), request.params["Metadata"]
    type, id = held["ResourceType"], str(uuid4())
    let_in(request, request.params.get("IamRoleArn", ""))
    if type not in NAMED:
        raise Refusal("SandboxGap", f"the sandbox does not restore {type}")
    if not wanted.get(NAMED[type]):
        raise Refusal("InvalidParameterValueException", f"Metadata needs {NAMED[type]}.")
    made = f"{held['ResourceArn'][: -len(name_of(held))]}{wanted[NAMED[type]]}"
    if there(request, type, made):
        raise Refusal("InvalidParameterValueException", f"{made} exists already.")
    kept(request).restore_jobs[id] = {
        "RestoreJobId": id,
        "RecoveryPointArn": held["RecoveryPointArn"],
        "ResourceType": type,
        "Status": "RUNNING",
        "CreationDate": request.sandbox.clock(),
        "made": made,
        "looks": LOOKS,
        "metadata": dict(wanted),
    }
    return {"RestoreJobId": id}


def name_of(point: Mapping[str, Any]) -> str:
    """Return the name of what a recovery point was made of."""
    return str(point["ResourceArn"].rpartition("/")[2].rpartition(":")[2])


def describe_restore(request: Request) -> dict[str, Any]:
    """Return how far a restore is; what it makes is there once it is done. Raises Refusal.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRestoreJob.html
    """
    held = kept(request).restore_jobs.get(request.params["RestoreJobId"])
    if held is None:
        raise Refusal("ResourceNotFoundException", "Cannot find the restore job.")
    held["looks"] -= 1
    late = request.sandbox.clock() - held["CreationDate"] > timedelta(minutes=10)
    if held["Status"] == "RUNNING" and (held["looks"] < 0 or late):
        make(request, held)
        held |= {"Status": "COMPLETED", "CreatedResourceArn": held["made"], "CompletionDate": request.sandbox.clock()}
    return {name: each for name, each in held.items() if name not in ("made", "looks", "metadata")}


def make(request: Request, job: Mapping[str, Any]) -> None:
    """Make what a restore makes, with moto."""
    wanted = job["metadata"]
    if job["ResourceType"] == "DynamoDB":
        request.call_moto(
            "dynamodb:CreateTable",
            TableName=wanted["targetTableName"],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    else:
        request.call_moto(
            "rds:CreateDBInstance",
            DBInstanceIdentifier=wanted["DBInstanceIdentifier"],
            DBInstanceClass=wanted.get("DBInstanceClass", "db.t3.micro"),
            Engine=wanted.get("Engine", "postgres"),
            AllocatedStorage=20,
        )


RULES = (
    Rule("backup:StartBackupJob", before=start_backup, strict=False),
    Rule("backup:DescribeBackupJob", before=describe_backup, strict=False),
    Rule("backup:ListRecoveryPointsByBackupVault", before=list_points, strict=False),
    Rule("backup:DeleteRecoveryPoint", before=delete_point, strict=False),
    Rule("backup:GetRecoveryPointRestoreMetadata", before=metadata, strict=False),
    Rule("backup:StartCopyJob", before=start_copy, strict=False),
    Rule("backup:StartRestoreJob", before=start_restore, strict=False),
    Rule("backup:DescribeRestoreJob", before=describe_restore, strict=False),
)
