"""What AWS Backup keeps: its vaults, and the rules of its plans as a manifest and as AWS say them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from awsbase.engine.facts import Facts
from awsbase.facts.optional import empty_if
from awsbase.policies.document import Document, parsed
from awsbase.records import record

# What AWS fills in.
START_MINUTES, COMPLETION_MINUTES = 480, 10080
UTC = "Etc/UTC"
FOR_EVER = 10**6
SIMPLE = re.compile(r"cron\((\d+) (\d+(?:,\d+)*) (\?|\*|\d+(?:,\d+)*) \* (\?|\*|[A-Z]{3}(?:,[A-Z]{3})*) \*\)")


@record(kw_only=True)
class Lock:
    """For how many days a vault keeps recovery points at least and at most, and how long the lock can be changed.

    Without `final_after` the lock never becomes final.
    """

    least: int | None = None
    most: int | None = None
    final_after: int | None = None


@record
class VaultFacts:
    """A vault as it is, or `new`; `final` is when its lock becomes final, or became it."""

    arn: str
    key: Any = ""
    locked: bool = False
    least: int | None = None
    most: int | None = None
    final: datetime | None = None
    points: int = 0
    created: datetime | None = None
    new: bool = False


def vaults(facts: Facts, region: str) -> Mapping[str, VaultFacts]:
    """Read the vaults of a region by name. Of one that is not there AWS says only that nobody may look at it."""
    pages = facts.aws.at(region).backup.get_paginator("list_backup_vaults").paginate()
    return {each["BackupVaultName"]: vault(each) for page in pages for each in page["BackupVaultList"]}


def vault(said: Mapping[str, Any]) -> VaultFacts:
    """Return a vault as the list tells it."""
    return VaultFacts(
        said.get("BackupVaultArn", ""),
        said.get("EncryptionKeyArn", ""),
        said.get("Locked", False),
        said.get("MinRetentionDays"),
        said.get("MaxRetentionDays"),
        said.get("LockDate"),
        said.get("NumberOfRecoveryPoints", 0),
        said.get("CreationDate"),
    )


def access_policy(facts: Facts, region: str, name: str) -> Document:
    """Read who may copy into a vault; empty when nobody said so."""
    read = facts.aws.at(region).backup.get_backup_vault_access_policy
    found = empty_if("ResourceNotFoundException", read, BackupVaultName=name)
    return parsed(found["Policy"]) if found.get("Policy") else {}


def backup_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of a vault or a plan from AWS Backup itself."""
    found: Mapping[str, str] = facts.aws.at(region).backup.list_tags(ResourceArn=arn).get("Tags", {})
    return found


@record
class Copy:
    """A copy of each recovery point in another vault, by its ARN, and for how many days it is kept."""

    vault: str
    keep_days: int | None = None


@record(kw_only=True)
class Rule:
    """When copies are made into which vault, and for how long each is kept; None is for ever."""

    name: str
    vault: str
    cron: str
    keep_days: int | None = None
    cold_days: int | None = None
    continuous: bool = False
    start_minutes: int = START_MINUTES
    completion_minutes: int = COMPLETION_MINUTES
    copies: tuple[Copy, ...] = ()
    more: tuple[str, ...] = ()
    """What AWS has of a rule that no manifest says."""

    @property
    def said(self) -> str:
        """What the rule means, in one line that two equal ones share."""
        return ", ".join(words(self))

    @property
    def weekly(self) -> float | None:
        """How many recovery points the rule makes in a week; None where nobody knows."""
        found = SIMPLE.fullmatch(self.cron)
        if found is None:
            return None
        hours, month_days, week_days = (found[index].split(",") for index in (2, 3, 4))
        if week_days[0] in "?*":
            return len(hours) * (7.0 if month_days[0] in "?*" else len(month_days) * 7 / 30)
        return float(len(hours) * len(week_days))

    @property
    def input(self) -> dict[str, Any]:
        """The rule as AWS takes it."""
        return {
            "RuleName": self.name,
            "TargetBackupVaultName": self.vault,
            "ScheduleExpression": self.cron,
            "ScheduleExpressionTimezone": UTC,
            "StartWindowMinutes": self.start_minutes,
            "CompletionWindowMinutes": self.completion_minutes,
            **lifecycle(self.keep_days, self.cold_days),
            "EnableContinuousBackup": self.continuous,
            **({"CopyActions": [copy_action(each) for each in self.copies]} if self.copies else {}),
        }


def words(rule: Rule) -> Iterator[str]:
    """Yield what a rule means, part by part."""
    yield f"{rule.cron} into {rule.vault}"
    yield kept(rule.keep_days)
    if rule.cold_days:
        yield f"in cold storage after {rule.cold_days} days"
    if rule.continuous:
        yield "for any point in time"
    if (rule.start_minutes, rule.completion_minutes) != (START_MINUTES, COMPLETION_MINUTES):
        yield f"begun within {rule.start_minutes} and done within {rule.completion_minutes} minutes"
    for copy in rule.copies:
        yield f"copied to {copy.vault}, {kept(copy.keep_days)}"
    yield from rule.more


def kept(days: int | None) -> str:
    """Say for how long something is kept."""
    return f"kept {days} days" if days else "kept for ever"


def lifecycle(keep: int | None, cold: int | None = None) -> dict[str, Any]:
    """Return for how long something is kept as AWS takes it."""
    said = {"MoveToColdStorageAfterDays": cold, "DeleteAfterDays": keep}
    given = {name: days for name, days in said.items() if days}
    return {"Lifecycle": given} if given else {}


def copy_action(copy: Copy) -> dict[str, Any]:
    """Return a copy as AWS takes it."""
    return {"DestinationBackupVaultArn": copy.vault, **lifecycle(copy.keep_days)}


def rule(said: Mapping[str, Any]) -> Rule:
    """Return a rule as AWS describes it in our words."""
    held = said.get("Lifecycle", {})
    zone = said.get("ScheduleExpressionTimezone", UTC)
    others = ("RecoveryPointTags", "IndexActions", "ScanActions", "TargetLogicallyAirGappedBackupVaultArn")
    copies = [
        Copy(each["DestinationBackupVaultArn"], each.get("Lifecycle", {}).get("DeleteAfterDays"))
        for each in said.get("CopyActions", [])
    ]
    cold_copies = any("MoveToColdStorageAfterDays" in each.get("Lifecycle", {}) for each in said.get("CopyActions", []))
    return Rule(
        name=said["RuleName"],
        vault=said["TargetBackupVaultName"],
        cron=said.get("ScheduleExpression", ""),
        keep_days=held.get("DeleteAfterDays"),
        cold_days=held.get("MoveToColdStorageAfterDays"),
        continuous=said.get("EnableContinuousBackup", False),
        start_minutes=said.get("StartWindowMinutes", START_MINUTES),
        completion_minutes=said.get("CompletionWindowMinutes", COMPLETION_MINUTES),
        copies=tuple(sorted(copies, key=lambda each: each.vault)),
        more=(
            *([f"in the time of {zone}"] if zone not in (UTC, "UTC") else []),
            *(name for name in others if said.get(name)),
            *(["copies in cold storage"] if cold_copies else []),
            *(["storage class of its own"] if held.get("OptInToArchiveForSupportedResources") else []),
        ),
    )


def lasts(days: int | None) -> int:
    """Return a number of days that compares."""
    return days or FOR_EVER


@record
class PlanFacts:
    """A plan as it is: its rules by name, the selection that has its name, and the names of all others."""

    id: Any
    arn: str = ""
    rules: Mapping[str, Rule] = field(default_factory=dict)
    advanced: tuple[Any, ...] = ()
    selection: SelectionFacts | None = None
    other_selections: tuple[str, ...] = ()
    created: datetime | None = None


@record
class SelectionFacts:
    """What a selection chooses, as AWS says it."""

    id: Any = ""
    role: str = ""
    resources: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()
    """What a selection has that no manifest says."""


@record
class PlanSummary:
    """What the list of plans tells of one."""

    id: str
    name: str
    arn: str


def plans(facts: Facts, region: str) -> tuple[PlanSummary, ...]:
    """Read the list of the plans of a region, without those that are deleted."""
    pages = facts.aws.at(region).backup.get_paginator("list_backup_plans").paginate()
    return tuple(
        PlanSummary(each["BackupPlanId"], each.get("BackupPlanName", ""), each.get("BackupPlanArn", ""))
        for page in pages
        for each in page["BackupPlansList"]
        if not each.get("DeletionDate")
    )


def plan(facts: Facts, region: str, id: str) -> PlanFacts:
    """Read one plan with its selections."""
    backup = facts.aws.at(region).backup
    found = backup.get_backup_plan(BackupPlanId=id)
    said = found["BackupPlan"]
    pages = backup.get_paginator("list_backup_selections").paginate(BackupPlanId=id)
    short = [each for page in pages for each in page["BackupSelectionsList"]]
    ours = next((each["SelectionId"] for each in short if each.get("SelectionName") == said["BackupPlanName"]), None)
    chosen = backup.get_backup_selection(BackupPlanId=id, SelectionId=ours) if ours else None
    return PlanFacts(
        id,
        found["BackupPlanArn"],
        {each["RuleName"]: rule(each) for each in said["Rules"]},
        tuple(said.get("AdvancedBackupSettings", [])),
        selection(ours, chosen) if ours and chosen else None,
        tuple(each.get("SelectionName") or each["SelectionId"] for each in short if each["SelectionId"] != ours),
        found.get("CreationDate"),
    )


def selection(id: str, found: Mapping[str, Any]) -> SelectionFacts:
    """Return a selection as AWS describes it in our words."""
    said = found["BackupSelection"]
    conditions = said.get("Conditions") or {}
    equal = {each["ConditionKey"]: each["ConditionValue"] for each in conditions.get("StringEquals", [])}
    others = [name for name, each in conditions.items() if each and name != "StringEquals"]
    others += [name for name in ("ListOfTags", "NotResources") if said.get(name)]
    tags = {key.removeprefix("aws:ResourceTag/"): value for key, value in equal.items()}
    return SelectionFacts(id, said["IamRoleArn"], frozenset(said.get("Resources", [])), tags, tuple(others))
