"""The rehearsal of a restore: a recovery point is restored under another name, looked at, and deleted again.

Nobody knows whether a backup is one before it was restored once. What AWS Backup restores stands beside the original,
which is not touched.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from awsbase.engine.account import Account
from awsbase.engine.clock import Clock
from awsbase.engine.facts import Facts
from awsbase.ensure.backup_plan import BackupPlan
from awsbase.errors import AwsbaseError
from awsbase.facts.backups import vaults
from awsbase.records import record

Verdict = Literal["restored", "failed", "left behind", "by hand", "nothing to restore"]
PREFIX = "awsbase-rehearsal"
LIMIT = timedelta(hours=6)
PAUSE, LONGEST_PAUSE = 5.0, 60.0


@record
class Way:
    """How one type of resource is restored under another name, looked at, and deleted; `NEW` stands for that name.

    `settings` are what the metadata of the recovery point says otherwise. Without `delete` a person does it.
    """

    title: str
    settings: Mapping[str, str]
    look: str
    remove: tuple[str, ...]
    watch: str
    check: Callable[[Any, str], str] | None = None
    delete: Callable[[Any, str], object] | None = None


def table(aws: Any, name: str) -> str:
    """Return how a restored table is."""
    found = aws.dynamodb.describe_table(TableName=name)["Table"]
    return f"{found['TableStatus']}, {found.get('ItemCount', 0)} items at the last count"


def database(aws: Any, name: str) -> str:
    """Return how a restored database is."""
    (found,) = aws.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    return f"{found['DBInstanceStatus']}, {found.get('AllocatedStorage', 0)} GB"


def delete_table(aws: Any, name: str) -> object:
    """Delete a restored table."""
    return aws.dynamodb.delete_table(TableName=name)


def delete_database(aws: Any, name: str) -> object:
    """Delete a restored database, without a snapshot of it."""
    return aws.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True)


# https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-resource.html
WAYS: Mapping[str, Way] = {
    "DynamoDB": Way(
        "a table",
        {"targetTableName": "NEW"},
        "aws dynamodb scan --table-name NEW --max-items 10",
        ("aws dynamodb delete-table --table-name NEW",),
        "compare some items with those of the original",
        table,
        delete_table,
    ),
    "RDS": Way(
        "a database",
        {"DBInstanceIdentifier": "NEW"},
        "aws rds describe-db-instances --db-instance-identifier NEW",
        ("aws rds delete-db-instance --db-instance-identifier NEW --skip-final-snapshot --delete-automated-backups",),
        "connect with the password of the original, and count the rows of the tables that matter",
        database,
        delete_database,
    ),
    "Aurora": Way(
        "a cluster, which comes without instances",
        {"DBClusterIdentifier": "NEW"},
        "aws rds create-db-instance --db-cluster-identifier NEW --db-instance-identifier NEW-1 "
        "--db-instance-class db.t4g.medium --engine ENGINE",
        (
            "aws rds delete-db-instance --db-instance-identifier NEW-1 --skip-final-snapshot",
            "aws rds delete-db-cluster --db-cluster-identifier NEW --skip-final-snapshot",
        ),
        "connect with the password of the original, and count the rows of the tables that matter",
    ),
    "EFS": Way(
        "a file system",
        {"newFileSystem": "true", "CreationToken": "NEW"},
        "aws efs describe-file-systems --creation-token NEW",
        ("aws efs delete-file-system --file-system-id ID",),
        "mount it, and compare some files with those of the original: they are below aws-backup-restore_*",
    ),
    "S3": Way(
        "a bucket, which must be there, empty and with versions",
        {"DestinationBucketName": "NEW", "NewBucket": "false"},
        "aws s3 ls s3://NEW --recursive --summarize",
        ("aws s3 rb s3://NEW --force, after its old versions are deleted",),
        "compare some objects with those of the original",
    ),
}


class NoVault(AwsbaseError):
    """The vault of a plan is not there."""


@record
class Point:
    """The newest recovery point of one type in a vault."""

    vault: str
    region: str
    type: str
    arn: str
    source: str
    made: datetime | None = None


@record
class Rehearsal:
    """What came of restoring one recovery point; `commands` are what a person would type, step by step."""

    type: str
    verdict: Verdict
    point: Point | None = None
    commands: tuple[str, ...] = ()
    detail: str = ""


def newest(facts: Facts, region: str, vault: str) -> Mapping[str, Point]:
    """Return the newest recovery point of each type in a vault."""
    pages = facts.aws.at(region).backup.get_paginator("list_recovery_points_by_backup_vault")
    found: dict[str, Point] = {}
    for page in pages.paginate(BackupVaultName=vault):
        for each in page["RecoveryPoints"]:
            if each.get("Status") not in ("COMPLETED", "AVAILABLE") or not each.get("ResourceArn"):
                continue
            point = Point(
                vault, region, each["ResourceType"], each["RecoveryPointArn"], each["ResourceArn"], each["CreationDate"]
            )
            before = found.get(point.type)
            if before is None or (point.made and before.made and point.made > before.made):
                found[point.type] = point
    return found


def described(plan: BackupPlan, types: Sequence[str], facts: Facts, new: str) -> list[Rehearsal]:
    """Return for each type what a person would type to restore the newest recovery point of a plan's vault.

    Raises NoVault.
    """
    region, vault = plan.scope.region, plan.rules[0].vault
    if vault not in facts.read(vaults, region):
        raise NoVault(f"there is no vault {vault} in {region} yet", hint="run `awsbase reconcile` first")
    points = facts.read(newest, region, vault)
    found = []
    for type in types:
        point = points.get(type)
        verdict: Verdict = "by hand" if point else "nothing to restore"
        found.append(Rehearsal(type, verdict, point, tuple(steps(point, plan.role, new)) if point else ()))
    return found


def steps(point: Point, role: str, new: str) -> Iterator[str]:
    """Yield the commands that restore a recovery point under another name, and take it away again."""
    way, region = WAYS[point.type], f"--region {point.region}"
    yield (
        f"aws backup get-recovery-point-restore-metadata --backup-vault-name {point.vault} "
        f"--recovery-point-arn {shlex.quote(point.arn)} {region} --query RestoreMetadata > metadata.json"
    )
    wanted = ", ".join(f"{key} is {value.replace('NEW', new)}" for key, value in way.settings.items())
    yield f"edit metadata.json: {wanted}"
    yield (
        f"aws backup start-restore-job --recovery-point-arn {shlex.quote(point.arn)} --iam-role-arn {role} "
        f"--metadata file://metadata.json {region}"
    )
    yield f"aws backup describe-restore-job --restore-job-id JOB {region}, until its Status is COMPLETED"
    yield f"{way.look.replace('NEW', new)} {region}"
    yield way.watch
    for command in way.remove:
        name, comma, rest = command.replace("NEW", new).partition(", ")
        yield f"{name} {region}{comma}{rest}"


def rehearse(
    account: Account,
    wanted: Rehearsal,
    role: str,
    new: str,
    *,
    clock: Clock,
    stop: threading.Event,
) -> Rehearsal:
    """Restore one recovery point under another name, look at it, and delete it; an error of AWS is its result."""
    from botocore.exceptions import BotoCoreError, ClientError

    point = wanted.point
    if point is None or (way := WAYS[point.type]).delete is None or way.check is None:
        return wanted
    aws = account.aws.at(point.region)
    made = False
    try:
        job = start(account, point, role, way, new)
        state = finished(aws.backup, job, clock, stop)
        made = state.get("Status") == "COMPLETED"
        if not made:
            why = state.get("StatusMessage") or f"the job {job} is {state.get('Status', 'not done')}"
            # A job that is still at work makes the resource after nobody looks any more.
            verdict: Verdict = "failed" if state.get("Status") in ("ABORTED", "FAILED") else "left behind"
            return result(wanted, verdict, why)
        detail = way.check(aws, new)
        with account.wire.open():
            way.delete(aws, new)
    except (BotoCoreError, ClientError) as error:
        return result(wanted, "left behind" if made else "failed", str(error))
    return result(wanted, "restored", detail)


def result(wanted: Rehearsal, verdict: Verdict, detail: str) -> Rehearsal:
    """Return what came of a rehearsal."""
    return Rehearsal(wanted.type, verdict, wanted.point, wanted.commands, detail)


def start(account: Account, point: Point, role: str, way: Way, new: str) -> str:
    """Start to restore under another name; return the id of the job."""
    backup = account.aws.at(point.region).backup
    found = backup.get_recovery_point_restore_metadata(BackupVaultName=point.vault, RecoveryPointArn=point.arn)
    settings = {key: value.replace("NEW", new) for key, value in way.settings.items()}
    with account.wire.open():
        started = backup.start_restore_job(
            RecoveryPointArn=point.arn,
            IamRoleArn=role,
            Metadata={**found.get("RestoreMetadata", {}), **settings},
            IdempotencyToken=new,
        )
    return str(started["RestoreJobId"])


def finished(backup: Any, job: str, clock: Clock, stop: threading.Event) -> Mapping[str, Any]:
    """Return a restore job once it is done, or as it is when nobody waits for it any longer."""
    until, pause = clock.now() + LIMIT, PAUSE
    while True:
        found: Mapping[str, Any] = backup.describe_restore_job(RestoreJobId=job)
        if found["Status"] not in ("PENDING", "RUNNING") or stop.is_set() or clock.now() >= until:
            return found
        clock.sleep(pause, stop)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def new_name(now: datetime) -> str:
    """Return the name of what a rehearsal restores, which nothing else has."""
    return f"{PREFIX}-{now:%Y%m%d-%H%M%S}"
