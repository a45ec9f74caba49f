"""The backups section: the lifecycle policies that awsbase made, region by region, and what AWS Backup keeps."""

from __future__ import annotations

from typing import Any

from awsbase.adopt import backup_plans
from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.backup_plan import BackupPlan
from awsbase.ensure.backup_vault import BackupVault
from awsbase.ensure.snapshot_policy import SnapshotPolicy
from awsbase.facts.snapshot_schedules import Schedule
from awsbase.manifest.backups import Ebs, ScheduleSpec
from awsbase.manifest.schedules import DAYS

KINDS = (SnapshotPolicy, BackupVault, BackupPlan)
NOT_OURS = "it lacks the tag awsbase:address, by which awsbase knows its own: a manifest would make another beside it"


def draft(seen: Seen, section: Draft) -> None:
    """Write the snapshots of volumes, and what AWS Backup keeps."""
    snapshots = draft_ebs(seen, section)
    if backup_plans.draft(seen, section) and not snapshots:
        section.put("ebs", value=False)


def draft_ebs(seen: Seen, section: Draft) -> bool:
    """Write what the policies of all regions have in common, and name those that differ; tell whether any is ours."""
    home, name = seen.base.scope.home, f"{seen.base.name}-ebs"
    ours: list[SnapshotPolicy] = []
    for each in seen.of(SnapshotPolicy):
        if not each.role:
            section.cannot(each.address, NOT_OURS)
        elif each.name != name:
            section.cannot(each.address, f"another name than {name}, which a manifest gives it")
        else:
            ours.append(each)
    ours.sort(key=lambda each: (each.scope.region != home, each.scope.region))
    if not ours:
        return False

    first, *others = ours
    alike = [first, *(each for each in others if said(each) == said(first))]
    for each in others:
        if each not in alike:
            section.cannot(each.address, f"other volumes or schedules than {first.address}: a manifest says them once")
    section.put("ebs", value=said(first), of=first.address)
    regions = [each.scope.region for each in alike]
    if regions != [home]:
        section.put("ebs", "regions", value=regions)
    return True


def said(policy: SnapshotPolicy) -> dict[str, Any]:
    """Return the volumes and schedules of a policy as a manifest says them, without what is the default."""
    default = Ebs()
    value: dict[str, Any] = {}
    if dict(policy.volumes) != default.volumes:
        value["volumes"] = dict(policy.volumes)
    if policy.schedules != tuple(each.resource(name) for name, each in default.schedules.items()):
        value["schedules"] = {each.name: entry(each) for each in policy.schedules}
    return value


def entry(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule as a manifest says it."""
    fields = ScheduleSpec.model_fields
    value: dict[str, Any] = {}
    if schedule.cron:
        listed = schedule.cron.split()[4].split(",")
        value["days"] = [day for day, short in DAYS.items() if short in listed]
    else:
        value["every_hours"] = schedule.hours
    value |= {"at": schedule.at, "keep_days": schedule.keep_days, "copy_tags": schedule.copy_tags}
    return {name: each for name, each in value.items() if each != fields[name].default}
