"""Plans of AWS Backup: rules that AWS can keep, versions, and selections whose role lets AWS Backup in."""

import json
import re
from copy import deepcopy
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any
from uuid import uuid4

from awsbase.sandbox.policy_documents import permits
from awsbase.sandbox.propagation import Propagation
from awsbase.sandbox.schedules import valid_cron
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.backup.state import find_plan, kept
from awsbase.sandbox.wire import Refusal

PRINCIPAL = "backup.amazonaws.com"
NAME = re.compile(r"[a-zA-Z0-9_.-]{1,50}")
LONGEST = 36500
LONGEST_CONTINUOUS = 35
COLD = 90
FILLED_IN = {
    "ScheduleExpression": "cron(0 5 ? * * *)",
    "ScheduleExpressionTimezone": "Etc/UTC",
    "StartWindowMinutes": 480,
    "CompletionWindowMinutes": 10080,
}


def kept_by_aws(request: Request) -> None:
    """Refuse a plan whose rules AWS cannot keep; raises Refusal with InvalidParameterValueException.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRuleInput.html
    Seen in https://github.com/hashicorp/terraform-provider-aws/pull/7350 and
    https://github.com/lgallard/terraform-aws-backup/issues/40
    """
    plan = request.params["BackupPlan"]
    names = [rule["RuleName"] for rule in plan["Rules"]]
    if not NAME.fullmatch(plan["BackupPlanName"]) or not names or len(set(names)) < len(names):
        raise Refusal("InvalidParameterValueException", "Invalid plan name, or rules without names of their own.")
    for rule in plan["Rules"]:
        if wrong := next(iter(mistakes(request, rule)), None):
            raise Refusal("InvalidParameterValueException", f"Error in rule {rule['RuleName']} : {wrong}")


def mistakes(request: Request, rule: dict[str, Any]) -> list[str]:
    """Return what AWS refuses about a rule."""
    found = []
    if rule["TargetBackupVaultName"] not in request.backend("backup").vaults:
        found.append(f"Backup vault {rule['TargetBackupVaultName']} does not exist.")
    if not valid_cron(rule.get("ScheduleExpression", FILLED_IN["ScheduleExpression"])):
        found.append("Invalid schedule expression.")
    start = rule.get("StartWindowMinutes", FILLED_IN["StartWindowMinutes"])
    end = rule.get("CompletionWindowMinutes", FILLED_IN["CompletionWindowMinutes"])
    if start < 60 or end <= start:
        found.append("Invalid start or completion window.")
    found += lifecycle(rule.get("Lifecycle", {}), continuous=rule.get("EnableContinuousBackup", False))
    for copy in rule.get("CopyActions", []):
        found += lifecycle(copy.get("Lifecycle", {}), continuous=False)
    return found


def lifecycle(given: dict[str, Any], *, continuous: bool) -> list[str]:
    """Return what AWS refuses about how long something is kept."""
    delete, cold = given.get("DeleteAfterDays"), given.get("MoveToColdStorageAfterDays")
    most = LONGEST_CONTINUOUS if continuous else LONGEST
    found = []
    if continuous and cold is not None:
        found.append("Invalid lifecycle. MoveToColdStorageAfterDays is unavailable")
    if delete is not None and not 1 <= delete <= most:
        found.append(f"Invalid lifecycle. DeleteAfterDays cannot be less than 1 or more than {most} days")
    if cold is not None and cold < 1:
        found.append("Invalid lifecycle. MoveToColdStorageAfterDays cannot be less than 1")
    if cold is not None and delete is not None and delete - cold < COLD:
        found.append(
            f"Invalid lifecycle. DeleteAfterDays cannot be less than {COLD} days apart from MoveToColdStorageAfterDays"
        )
    return found


def filled_in(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rules with what AWS fills in, each with a new id."""
    return [{**FILLED_IN, **deepcopy(rule), "RuleId": str(uuid4())} for rule in rules]


def update(request: Request) -> dict[str, Any]:
    """Replace a plan by a new version of it. Raises Refusal with ResourceNotFoundException.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_UpdateBackupPlan.html
    """
    held, wanted = find_plan(request, request.params["BackupPlanId"]), request.params["BackupPlan"]
    held.backup_plan = {**deepcopy(wanted), "Rules": filled_in(wanted["Rules"])}
    held.version_id = token_hex(24)
    return {
        "BackupPlanId": held.backup_plan_id,
        "BackupPlanArn": held.backup_plan_arn,
        "CreationDate": datetime.fromtimestamp(held.creation_date, UTC),
        "VersionId": held.version_id,
    }


def created_now(request: Request, response: dict[str, Any]) -> None:
    """Tell the time by the sandbox's clock.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupPlan.html
    """
    held = find_plan(request, response["BackupPlanId"])
    held.creation_date = request.sandbox.clock.time()


def without_selections(request: Request) -> None:
    """Refuse to delete a plan with selections; raises Refusal with InvalidRequestException.

    Seen in https://github.com/hashicorp/terraform-provider-aws/issues/10414
    """
    find_plan(request, request.params["BackupPlanId"])
    if kept(request).selections.get((request.region, request.params["BackupPlanId"])):
        message = "Related backup plan selections must be deleted prior to backup plan deletion"
        raise Refusal("InvalidRequestException", message)


def forget(request: Request, response: dict[str, Any]) -> None:
    """Free the name of a plan that was deleted, which moto keeps taken.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupPlan.html
    """
    request.backend("backup").plans.pop(request.params["BackupPlanId"], None)
    kept(request).selections.pop((request.region, request.params["BackupPlanId"]), None)


def select(request: Request) -> dict[str, Any]:
    """Choose what a plan keeps copies of. Raises Refusal with InvalidParameterValueException or AlreadyExistsException.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html
    Seen in https://github.com/hashicorp/terraform-provider-aws/issues/9297 and
    https://github.com/ministryofjustice/modernisation-platform-terraform-baselines/pull/90
    """
    plan, wanted = find_plan(request, request.params["BackupPlanId"]), request.params["BackupSelection"]
    held = kept(request).selections.setdefault((request.region, plan.backup_plan_id), {})
    if not wanted.get("ListOfTags") and not wanted.get("Resources"):
        message = "Invalid backup selection. Either 'ListOfTags' or 'Resources' section must be non-empty."
        raise Refusal("InvalidParameterValueException", message)
    conditions = [each for kind in (wanted.get("Conditions") or {}).values() for each in kind]
    if any(not each.get("ConditionKey", "").startswith("aws:ResourceTag/") for each in conditions):
        raise Refusal("InvalidParameterValueException", "Conditions are about tags: aws:ResourceTag/KEY.")
    let_in(request, wanted["IamRoleArn"], by_tag=bool(conditions or wanted.get("ListOfTags")))
    if any(each["BackupSelection"]["SelectionName"] == wanted["SelectionName"] for each in held.values()):
        raise Refusal("AlreadyExistsException", "A selection of this name exists already.")
    id = str(uuid4())
    held[id] = {"BackupSelection": deepcopy(wanted), "CreationDate": request.sandbox.clock()}
    return {"SelectionId": id, "BackupPlanId": plan.backup_plan_id, "CreationDate": held[id]["CreationDate"]}


def let_in(request: Request, arn: str, *, by_tag: bool = False) -> None:
    """Refuse a role that does not let AWS Backup in, or find things by tag; raises Refusal."""
    role = next((each for each in request.backend("iam", "aws").roles.values() if each.arn == arn), None)
    if role is None or request.memory(Propagation).unknown(arn, request) or not trusts(request, role):
        raise Refusal("InvalidParameterValueException", f"IAM Role {arn} cannot be assumed by AWS Backup")
    attached = role.managed_policies.values()
    documents = [version.document for each in attached for version in each.versions if version.is_default]
    documents += role.policies.values()
    read = [json.loads(each) if isinstance(each, str) else each for each in documents]
    if by_tag and not any(permits(each, None, "tag:GetResources", "*", {}) for each in read):
        message = f"IAM Role {arn} is not authorized to call tag:GetResources"
        raise Refusal("InvalidParameterValueException", message)


def trusts(request: Request, role: Any) -> bool:
    """Return whether a role trusts AWS Backup."""
    trust = role.assume_role_policy_document
    document = trust if isinstance(trust, dict) else json.loads(trust)
    statements = [each | {"Resource": "*"} for each in document.get("Statement", [])]
    return permits({"Statement": statements}, PRINCIPAL, "sts:AssumeRole", "*", {"aws:sourceaccount": request.account})


def get_selection(request: Request) -> dict[str, Any]:
    """Return a selection. Raises Refusal with ResourceNotFoundException.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_GetBackupSelection.html
    """
    plan, id = request.params["BackupPlanId"], request.params["SelectionId"]
    return {**deepcopy(find_selection(request, plan, id)), "SelectionId": id, "BackupPlanId": plan}


def find_selection(request: Request, plan: str, id: str) -> dict[str, Any]:
    """Return a selection. Raises Refusal with ResourceNotFoundException."""
    find_plan(request, plan)
    held = kept(request).selections.get((request.region, plan), {}).get(id)
    if held is None:
        raise Refusal("ResourceNotFoundException", "Cannot find the backup selection.")
    return held


def list_selections(request: Request) -> dict[str, Any]:
    """List the selections of a plan in short.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListBackupSelections.html
    """
    plan = find_plan(request, request.params["BackupPlanId"]).backup_plan_id
    held = kept(request).selections.get((request.region, plan), {})
    short = [
        {
            "SelectionId": id,
            "SelectionName": each["BackupSelection"]["SelectionName"],
            "BackupPlanId": plan,
            "CreationDate": each["CreationDate"],
            "IamRoleArn": each["BackupSelection"]["IamRoleArn"],
        }
        for id, each in held.items()
    ]
    return {"BackupSelectionsList": short}


def unselect(request: Request) -> dict[str, Any]:
    """Delete a selection. Raises Refusal with ResourceNotFoundException.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupSelection.html
    """
    plan, id = request.params["BackupPlanId"], request.params["SelectionId"]
    find_selection(request, plan, id)
    del kept(request).selections[request.region, plan][id]
    return {}


RULES = (
    Rule("backup:CreateBackupPlan backup:UpdateBackupPlan", before=kept_by_aws),
    Rule("backup:CreateBackupPlan", after=created_now, strict=False),
    Rule("backup:UpdateBackupPlan", before=update, strict=False),
    Rule("backup:DeleteBackupPlan", before=without_selections),
    Rule("backup:DeleteBackupPlan", after=forget, strict=False),
    Rule("backup:CreateBackupSelection", before=select, strict=False),
    Rule("backup:GetBackupSelection", before=get_selection, strict=False),
    Rule("backup:ListBackupSelections", before=list_selections, strict=False),
    Rule("backup:DeleteBackupSelection", before=unselect, strict=False),
)
