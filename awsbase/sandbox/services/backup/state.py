"""What moto does not keep of AWS Backup: access policies, selections, recovery points, jobs and settings."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.authorization.permissions import arn
from awsbase.sandbox.service import AccountState, Request
from awsbase.sandbox.snapshot import document, plain
from awsbase.sandbox.wire import Refusal

# What a region has before anybody chooses.
OPTED_IN = {
    "Aurora": True,
    "CloudFormation": False,
    "DocumentDB": False,
    "DynamoDB": True,
    "EBS": True,
    "EC2": True,
    "EFS": True,
    "FSx": True,
    "Neptune": False,
    "RDS": True,
    "Redshift": False,
    "S3": False,
    "Storage Gateway": True,
    "Timestream": False,
    "VirtualMachine": True,
}
MANAGED = {"DynamoDB": False, "EFS": True}


@dataclass
class Backups:
    """What the account has beside moto's vaults and plans; keys begin with the region."""

    policies: dict[tuple[str, str], str] = field(default_factory=dict)
    selections: dict[tuple[str, str], dict[str, dict[str, Any]]] = field(default_factory=dict)
    points: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    backup_jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    restore_jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    opted: dict[str, dict[str, bool]] = field(default_factory=dict)
    managed: dict[str, dict[str, bool]] = field(default_factory=dict)


@dataclass
class CrossAccount:
    """The management accounts whose organizations copy backups from account to account."""

    enabled: set[str] = field(default_factory=set)


def kept(request: Request) -> Backups:
    """Return what the account has beside moto's vaults and plans."""
    return request.memory(Backups)


def vault_arn(request: Request, name: str) -> str:
    """Return the ARN of a vault in the request's region."""
    return arn(request, f"backup:{request.region}:{request.account}:backup-vault:{name}")


def find_vault(request: Request, name: str) -> Any:
    """Return moto's vault. Raises Refusal with AccessDeniedException: AWS does not say that there is none.

    Seen in https://github.com/aws/aws-sdk-js/issues/2625
    """
    held = request.backend("backup").vaults.get(name)
    if held is None:
        raise Refusal("AccessDeniedException", "Insufficient privileges to perform this action.", 403)
    return held


def find_plan(request: Request, id: str) -> Any:
    """Return moto's plan. Raises Refusal with ResourceNotFoundException."""
    held = request.backend("backup").plans.get(id)
    if held is None:
        raise Refusal("ResourceNotFoundException", "Failed reading Backup plan with provided version")
    return held


def snapshot(sandbox: AccountState) -> dict[str, Any]:
    """Return the vaults, plans and settings by region, without ids, versions and dates."""
    memory = sandbox.memory(Backups)
    regions = {**dict.fromkeys((*memory.opted, *memory.managed)), **sandbox.backends("backup")}
    found = {region: of_region(memory, region, backend) for region, backend in sorted(regions.items())}
    return {region: held for region, held in found.items() if held}


def of_region(memory: Backups, region: str, backend: Any) -> dict[str, Any]:
    """Return what a region has; nothing where nobody made or chose anything."""
    vaults, plans = (backend.vaults, backend.plans) if backend else ({}, {})
    held = {
        "vaults": {name: vault(memory, region, each, backend) for name, each in vaults.items()},
        "plans": sorted((plan(memory, region, each, backend) for each in plans.values()), key=str),
        "opted in": memory.opted.get(region, {}),
        "managed": memory.managed.get(region, {}),
    }
    return {name: each for name, each in held.items() if each}


def vault(memory: Backups, region: str, held: Any, backend: Any) -> dict[str, Any]:
    """Return a vault, whose lock ends on some day."""
    return {
        "key": held.encryption_key_arn,
        "lock": [held.locked, held.min_retention_days, held.max_retention_days, held.lock_date is not None],
        "policy": document(memory.policies.get((region, held.backup_vault_name))),
        "points": len(memory.points.get((region, held.backup_vault_name), [])),
        "tags": backend.tagger.get_tag_dict_for_resource(held.backup_vault_arn),
    }


def plan(memory: Backups, region: str, held: Any, backend: Any) -> dict[str, Any]:
    """Return a plan with its selections."""
    rules = [{key: value for key, value in rule.items() if key != "RuleId"} for rule in held.backup_plan["Rules"]]
    chosen = memory.selections.get((region, held.backup_plan_id), {}).values()
    return {
        "name": held.backup_plan["BackupPlanName"],
        "rules": plain(rules),
        "selections": sorted((deepcopy(each["BackupSelection"]) for each in chosen), key=str),
        "tags": backend.tagger.get_tag_dict_for_resource(held.backup_plan_arn),
    }
