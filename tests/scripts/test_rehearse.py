"""A rehearsal restores beside the original, says how it went, and leaves nothing; or it says what to type."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from awsbase.ensure.backup_plan import BackupPlan
from awsbase.manifest.backup_plans import RESOURCES
from awsbase.restoring import WAYS, Rehearsal, described, new_name, rehearse
from awsbase.sandbox import Sandbox
from awsbase.sandbox.services.backup.state import Backups
from awsbase.scripts import cli
from awsbase.scripts.backups import told
from awsbase.scripts.connect import looking
from awsbase.testing.sample import HOME, account
from tests.adopt.reconciled import account_of, compiled
from tests.scripts.conftest import EMPTY, Served

PLANS = "backups: {ebs: false, plans: {data: {services: [rds, dynamodb, efs]}}}\n"
BACKUPS = f'version: 1\naccount: {{id: "123456789012", name: acme, region: eu-west-1}}\n{PLANS}'
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
DATABASE = "arn:aws:rds:eu-west-1:123456789012:db:main"
TYPES = ("RDS", "DynamoDB", "EFS")


def client(sandbox: Sandbox, service: str = "backup") -> Any:
    return sandbox.client(service, HOME.region)


@pytest.fixture
def copied() -> Sandbox:
    """Return an account with a table and a database that were copied, the table twice."""
    sandbox = account_of(BACKUPS)
    client(sandbox, "dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client(sandbox, "rds").create_db_instance(
        DBInstanceIdentifier="main", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20
    )
    sandbox.clock.advance(600)
    for source in (TABLE, DATABASE, TABLE):
        sandbox.clock.advance(60)
        client(sandbox).start_backup_job(
            BackupVaultName="acme-backups",
            ResourceArn=source,
            IamRoleArn="arn:aws:iam::123456789012:role/acme-backup",
            Lifecycle={"DeleteAfterDays": 35},
        )
    return sandbox


def there(sandbox: Sandbox) -> tuple[list[str], list[str]]:
    """Return the names of the tables and databases."""
    databases = client(sandbox, "rds").describe_db_instances()["DBInstances"]
    return client(sandbox, "dynamodb").list_tables()["TableNames"], [each["DBInstanceIdentifier"] for each in databases]


def tried(sandbox: Sandbox) -> dict[str, tuple[Rehearsal, Rehearsal]]:
    """Return by type what is described, and what came of it."""
    plan = compiled(BACKUPS)["backup-plan/data"]
    assert isinstance(plan, BackupPlan)
    new, reached = new_name(sandbox.clock.now()), account(sandbox, None)
    with looking(reached) as facts:
        shown = described(plan, TYPES, facts, new)
        stop = threading.Event()
        done = [rehearse(reached, each, plan.role, new, clock=sandbox.clock, stop=stop) for each in shown]
    return {each.type: (each, result) for each, result in zip(shown, done, strict=True)}


def test_what_is_copied_is_restored_looked_at_and_deleted_again(copied: Sandbox) -> None:
    before = copied.snapshot()
    found = tried(copied)
    assert {type: result.verdict for type, (_, result) in found.items()} == {
        "RDS": "restored",
        "DynamoDB": "restored",
        "EFS": "nothing to restore",
    }
    shown, result = found["DynamoDB"]
    newest = copied.memory(Backups).points[HOME.region, "acme-backups"][-1]["RecoveryPointArn"]
    assert (shown.verdict, shown.point and shown.point.arn) == ("by hand", newest)
    assert shown.commands[1].startswith("edit metadata.json: targetTableName is awsbase-rehearsal-")
    assert shown.commands[-1].startswith("aws dynamodb delete-table --table-name awsbase-rehearsal-")
    assert "restored and deleted again (ACTIVE, 0 items at the last count)" in told(result)
    assert (there(copied), copied.snapshot()) == ((["orders"], ["main"]), before)
    assert len(copied.memory(Backups).restore_jobs) == 2


def test_what_cannot_be_restored_is_said(copied: Sandbox) -> None:
    client(copied, "iam").detach_role_policy(
        RoleName="acme-backup", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores"
    )
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    client(copied, "iam").update_assume_role_policy(RoleName="acme-backup", PolicyDocument=document)
    _, result = tried(copied)["DynamoDB"]
    assert (result.verdict, "cannot be assumed" in result.detail) == ("failed", True)
    assert "  1. aws backup get-recovery-point-restore-metadata" in told(result)
    assert there(copied) == (["orders"], ["main"])


def awsbase(served: Served, *arguments: object) -> Result:
    named = dict.fromkeys(("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"))
    return CliRunner().invoke(cli, [str(each) for each in arguments], env={**named, **served.environment})


def test_the_command(served: Served, tmp_path: Path) -> None:
    manifest = tmp_path / "acme.yaml"
    manifest.write_text(f"{EMPTY}{PLANS}")
    assert "no vault acme-backups in eu-west-1 yet" in awsbase(served, "backups", "rehearse", manifest).output
    client(served.sandbox).create_backup_vault(BackupVaultName="acme-backups")
    point = {
        "RecoveryPointArn": "arn:x",
        "ResourceArn": TABLE,
        "ResourceType": "DynamoDB",
        "Status": "COMPLETED",
        "CreationDate": served.sandbox.clock.now(),
    }
    served.sandbox.memory(Backups).points[HOME.region, "acme-backups"] = [point]

    done = awsbase(served, "backups", "rehearse", manifest)
    assert done.exit_code == 1
    assert done.output.startswith("RDS: the vault has no recovery point of it yet\nDynamoDB: arn:aws:dynamodb:")
    found = json.loads(awsbase(served, "backups", "rehearse", manifest, "data", "--json").output)
    assert [each["verdict"] for each in found] == ["nothing to restore", "by hand", "nothing to restore"]

    assert awsbase(served, "backups", "rehearse", manifest, "--run").exit_code == 2  # nobody to ask
    assert awsbase(served, "backups", "rehearse", manifest, "other").exit_code == 2
    manifest.write_text(f"{EMPTY}backups:\n")
    assert awsbase(served, "backups", "rehearse", manifest).exit_code == 2


def test_every_type_that_a_manifest_copies_has_a_way_back() -> None:
    assert {type for _, type in RESOURCES.values()} == set(WAYS)
