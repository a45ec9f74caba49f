"""Vaults of AWS Backup: keys, locks that become final, access policies, and what a region keeps copies of."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from awsbase.sandbox.organization_state import is_management, organization
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services import kms
from awsbase.sandbox.services.backup.state import MANAGED, OPTED_IN, CrossAccount, find_vault, kept, vault_arn
from awsbase.sandbox.wire import Refusal

DAY = 24 * 60 * 60
NAME = re.compile(r"[a-zA-Z0-9_-]{2,50}")
UNSUPPORTED = (
    "Element present in resource type opt in preference has invalid values. "
    "Please use describeRegionSettings API to know the supported resource types"
)
NO_MEMBER = "Your account is not a member of an organization."


def creatable(request: Request) -> None:
    """Refuse a name or a key that AWS does not take; raises Refusal with InvalidParameterValueException.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html
    """
    if not NAME.fullmatch(request.params["BackupVaultName"]):
        raise Refusal("InvalidParameterValueException", "Invalid backup vault name.")
    if (wanted := request.params.get("EncryptionKeyArn")) is None:
        return
    key = kms.find(request, wanted) if wanted.startswith("arn:") else None
    if key is None or key.key_state != "Enabled":
        raise Refusal("InvalidParameterValueException", f"The key {wanted} cannot be used.")


def own_key(request: Request, response: dict[str, Any]) -> None:
    """Put a vault without a key under that of AWS, which every account has.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
    """
    held = request.backend("backup").vaults[request.params["BackupVaultName"]]
    held.creation_date = request.sandbox.clock.time()
    if held.encryption_key_arn is None:
        of_aws = f"arn:{request.partition}:kms:{request.region}:{request.account}:key/alias/aws/backup"
        held.encryption_key_arn = of_aws


def known(request: Request) -> None:
    """Refuse a vault that is not there, without saying so; raises Refusal with AccessDeniedException.

    Seen in https://github.com/aws/aws-sdk-js/issues/2625
    """
    find_vault(request, request.params["BackupVaultName"])


def empty(request: Request) -> None:
    """Refuse to delete a vault that is not there, or holds recovery points.

    Raises Refusal with ResourceNotFoundException or InvalidRequestException.

    Seen in https://github.com/aws/aws-cdk/issues/33711
    """
    name = request.params["BackupVaultName"]
    if name not in request.backend("backup").vaults:
        raise Refusal("ResourceNotFoundException", f"Backup vault {name} does not exist.")
    if kept(request).points.get((request.region, name)):
        message = "Backup vault cannot be deleted because it contains recovery points."
        raise Refusal("InvalidRequestException", message)
    kept(request).policies.pop((request.region, name), None)


def not_final(request: Request) -> None:
    """Refuse to change or delete a lock that has become final, and one whose numbers do not fit.

    Raises Refusal with InvalidRequestException or InvalidParameterValueException.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html
    """
    held, wanted = find_vault(request, request.params["BackupVaultName"]), request.params
    if held.lock_date is not None and request.sandbox.clock.time() >= held.lock_date:
        raise Refusal("InvalidRequestException", "Vault Lock configuration is immutable and cannot be changed.")
    least, most, days = (wanted.get(name) for name in ("MinRetentionDays", "MaxRetentionDays", "ChangeableForDays"))
    if (least is not None and least < 1) or (most is not None and not (least or 1) <= most <= 36500):
        raise Refusal("InvalidParameterValueException", "Invalid minimum or maximum retention period.")
    if days is not None and not 3 <= days <= 36500:
        raise Refusal("InvalidParameterValueException", "ChangeableForDays must be between 3 and 36500 days.")


def lock_date(request: Request, response: dict[str, Any]) -> None:
    """Count the days until a lock is final by the sandbox's clock; one without them never is.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html
    """
    held, days = find_vault(request, request.params["BackupVaultName"]), request.params.get("ChangeableForDays")
    held.lock_date = request.sandbox.clock.time() + days * DAY if days else None


def whole(request: Request, response: dict[str, Any]) -> None:
    """Say how many recovery points a vault has, whether it is locked, and of which type it is.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupVaultListMember.html
    """
    for one in response.get("BackupVaultList", [response]):
        held = find_vault(request, one["BackupVaultName"])
        one["NumberOfRecoveryPoints"] = len(kept(request).points.get((request.region, held.backup_vault_name), []))
        one |= {"Locked": held.locked, "VaultType": "BACKUP_VAULT"}
        if held.lock_date is not None:
            one["LockDate"] = datetime.fromtimestamp(held.lock_date, UTC)


def put_policy(request: Request) -> dict[str, Any]:
    """Keep who may copy into a vault. Raises Refusal with InvalidParameterValueException or AccessDeniedException.

    "AWS Backup access policies don't support a wildcard in the Action key":
    https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html
    """
    name = request.params["BackupVaultName"]
    find_vault(request, name)
    try:
        statements = json.loads(request.params.get("Policy", ""))["Statement"]
    except (ValueError, KeyError, TypeError):
        raise Refusal("InvalidParameterValueException", "The policy is not valid.") from None
    for each in statements if isinstance(statements, list) else [statements]:
        actions = each.get("Action", [])
        wild = any("*" in action for action in ([actions] if isinstance(actions, str) else actions))
        if wild or not {"Principal", "Resource"} <= each.keys():
            raise Refusal("InvalidParameterValueException", "The policy has an action that is not supported.")
    kept(request).policies[request.region, name] = request.params["Policy"]
    return {}


def get_policy(request: Request) -> dict[str, Any]:
    """Return a vault's access policy. Raises Refusal with ResourceNotFoundException when it has none.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_GetBackupVaultAccessPolicy.html
    """
    name = request.params["BackupVaultName"]
    find_vault(request, name)
    policy = kept(request).policies.get((request.region, name))
    if policy is None:
        raise Refusal("ResourceNotFoundException", f"Backup vault {name} has no access policy.")
    return {"BackupVaultName": name, "BackupVaultArn": vault_arn(request, name), "Policy": policy}


def delete_policy(request: Request) -> dict[str, Any]:
    """Delete a vault's access policy.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupVaultAccessPolicy.html
    """
    name = request.params["BackupVaultName"]
    find_vault(request, name)
    kept(request).policies.pop((request.region, name), None)
    return {}


def settings(request: Request) -> dict[str, Any]:
    """Return which services a region keeps copies of.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRegionSettings.html
    """
    memory, region = kept(request), request.region
    return {
        "ResourceTypeOptInPreference": {**OPTED_IN, **memory.opted.get(region, {})},
        "ResourceTypeManagementPreference": {**MANAGED, **memory.managed.get(region, {})},
    }


def choose(request: Request) -> dict[str, Any]:
    """Put which services a region keeps copies of; one that the call leaves out is as in a new account.

    Raises Refusal with InvalidParameterValueException.

    Seen in https://github.com/hashicorp/terraform-provider-aws/issues/30881 and
    https://github.com/boto/boto3/issues/3758
    """
    memory, wanted = kept(request), request.params
    opted, managed = wanted.get("ResourceTypeOptInPreference"), wanted.get("ResourceTypeManagementPreference")
    if not (opted or {}).keys() <= OPTED_IN.keys() or not (managed or {}).keys() <= MANAGED.keys():
        raise Refusal("InvalidParameterValueException", UNSUPPORTED)
    if opted is not None:
        memory.opted[request.region] = {name: on for name, on in opted.items() if on != OPTED_IN[name]}
    if managed is not None:
        memory.managed[request.region] = {name: on for name, on in managed.items() if on != MANAGED[name]}
    return {}


def cross_account(request: Request) -> set[str]:
    """Return the management accounts whose organizations copy from account to account."""
    world = request.sandbox.world
    return (world.memory(CrossAccount) if world else request.memory(CrossAccount)).enabled


def global_settings(request: Request) -> dict[str, Any]:
    """Return whether the organization copies from account to account. Raises Refusal with InvalidRequestException.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeGlobalSettings.html
    """
    held = organization(request.sandbox, request.region)
    if held is None:
        raise Refusal("InvalidRequestException", NO_MEMBER)
    on = held.org.master_account_id in cross_account(request)
    return {"GlobalSettings": {"isCrossAccountBackupEnabled": str(on).lower()}}


def update_global(request: Request) -> dict[str, Any]:
    """Let the organization copy from account to account. Raises Refusal with InvalidRequestException.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_UpdateGlobalSettings.html
    """
    held = organization(request.sandbox, request.region)
    if held is None or not is_management(held, request.account):
        raise Refusal("InvalidRequestException", NO_MEMBER)
    wanted = request.params.get("GlobalSettings", {}).get("isCrossAccountBackupEnabled")
    change = cross_account(request).add if wanted == "true" else cross_account(request).discard
    change(request.account)
    return {}


LOCKS = "backup:PutBackupVaultLockConfiguration backup:DeleteBackupVaultLockConfiguration"
RULES = (
    Rule("backup:CreateBackupVault", before=creatable),
    Rule("backup:CreateBackupVault", after=own_key, strict=False),
    Rule("backup:DescribeBackupVault", before=known),
    Rule("backup:DeleteBackupVault", before=empty),
    Rule(LOCKS, before=not_final),
    Rule("backup:PutBackupVaultLockConfiguration", after=lock_date, strict=False),
    Rule("backup:DescribeBackupVault backup:ListBackupVaults", after=whole, strict=False),
    Rule("backup:PutBackupVaultAccessPolicy", before=put_policy, strict=False),
    Rule("backup:GetBackupVaultAccessPolicy", before=get_policy, strict=False),
    Rule("backup:DeleteBackupVaultAccessPolicy", before=delete_policy, strict=False),
    Rule("backup:DescribeRegionSettings", before=settings, strict=False),
    Rule("backup:UpdateRegionSettings", before=choose, strict=False),
    Rule("backup:DescribeGlobalSettings", before=global_settings, strict=False),
    Rule("backup:UpdateGlobalSettings", before=update_global, strict=False),
)
