"""The vault and the plans of AWS Backup as a manifest says them, or why it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.backup_plan import BackupPlan
from awsbase.ensure.backup_vault import BackupVault
from awsbase.facts.backups import SIMPLE, Copy, Rule
from awsbase.manifest.backup_plans import HOUR, RESOURCES, PlanSpec, RuleSpec
from awsbase.manifest.schedules import DAYS


def draft(seen: Seen, section: Draft) -> bool:
    """Write the vault of the home region, and the plans that fill it; tell whether there is a vault."""
    home = seen.base.scope.home
    held = pick(seen, section)
    plans = {}
    for each in seen.of(BackupPlan):
        if why := next(unsaid(each, held, home), ""):
            section.cannot(each.address, why)
        else:
            plans[each.name] = plan(each)
    if held is None:
        return False
    section.put("vault", value=vault(held, seen.base.name), of=held.address)
    for name, value in plans.items():
        section.put("plans", name, value=value, of=seen.base.scope.address("backup-plan", name))
    return True


def pick(seen: Seen, section: Draft) -> BackupVault | None:
    """Return the vault that a manifest keeps: of several that of its name, else the one that the plans fill."""
    home = seen.base.scope.home
    held = [each for each in seen.of(BackupVault) if each.scope.region == home]
    filled = [rule.vault for plan in seen.of(BackupPlan) if plan.scope.region == home for rule in plan.rules]
    held.sort(key=lambda each: (each.name != f"{seen.base.name}-backups", -filled.count(each.name)))
    for each in seen.of(BackupVault):
        if each.scope.region != home:
            section.cannot(each.address, f"region: a manifest keeps its vault in {home}")
        elif each is not held[0]:
            section.cannot(each.address, f"a manifest keeps one vault, which is {held[0].name}")
    return held[0] if held else None


def vault(held: BackupVault, name: str) -> dict[str, Any]:
    """Return what a manifest says of a vault, as far as it is no default."""
    value: dict[str, Any] = {}
    if held.name != f"{name}-backups":
        value["name"] = held.name
    alias = f"alias/{(held.key or '').removeprefix('key/').partition('@')[0]}"
    if alias != f"alias/{name}-backups":
        value["key"] = alias
    if held.lock is None:
        value["lock"] = False
    else:
        lock = {
            "keep_at_least_days": held.lock.least or 1,
            "keep_at_most_days": held.lock.most,
            "final_after_days": held.lock.final_after,
        }
        if lock := {key: days for key, days in lock.items() if days and (key, days) != ("keep_at_least_days", 7)}:
            value["lock"] = lock
    if held.copies_from:
        value["copies_from"] = list(held.copies_from)
    return value


def unsaid(each: BackupPlan, held: BackupVault | None, home: str) -> Iterator[str]:
    """Yield what of a plan no manifest says."""
    if each.scope.region != home:
        yield f"region: a manifest keeps its plans in {home}"
    if held is None or {rule.vault for rule in each.rules} != {held.name}:
        yield "vault: its rules fill another one than the manifest's"
    if each.role != (ours := each.scope.global_arn("iam", f"role/{each.scope.name}-backup")):
        yield f"role: {each.role}, and a manifest makes {ours}"
    if each.resources != arns(each, services(each)):
        yield "selection: other resources than those of whole services"
    for rule in each.rules:
        if not expressible(rule):
            yield f"rule {rule.name}: {rule.said}"
    if len({tuple(copy.vault for copy in rule.copies) for rule in each.rules}) > 1:
        yield "copies: its rules copy to different vaults"
    elif copies(each) is None:
        yield "copies: their rules keep them for different times"


def services(each: BackupPlan) -> list[str]:
    """Return the services whose resources a plan chooses."""
    return [name for name in RESOURCES if arns(each, [name]) <= each.resources]


def arns(each: BackupPlan, names: Iterable[str]) -> frozenset[str]:
    """Return the resources that services stand for."""
    return frozenset(f"arn:{each.scope.partition}:{RESOURCES[name][0]}" for name in names)


def expressible(rule: Rule) -> bool:
    """Tell whether a manifest has words for a rule."""
    found = SIMPLE.fullmatch(rule.cron)
    one_time = found is not None and "," not in found[2] and "," not in found[3]
    whole = rule.start_minutes % HOUR == rule.completion_minutes % HOUR == 0
    return bool(one_time and whole and rule.keep_days)


def copies(each: BackupPlan) -> list[dict[str, Any]] | None:
    """Return where all rules of a plan copy to; None where they keep the copies for different times."""
    first, *others = each.rules
    if all(copy.keep_days == rule.keep_days for rule in each.rules for copy in rule.copies):
        return [{"vault": copy.vault} for copy in first.copies]
    if any(rule.copies != first.copies for rule in others):
        return None
    return [said(copy) for copy in first.copies]


def said(copy: Copy) -> dict[str, Any]:
    """Return what a manifest says of a copy."""
    return {"vault": copy.vault, **({"keep_days": copy.keep_days} if copy.keep_days else {})}


def plan(each: BackupPlan) -> dict[str, Any]:
    """Return what a manifest says of a plan, as far as it is no default."""
    default, value = PlanSpec(), dict[str, Any]()
    if (names := services(each)) != list(default.services):
        value["services"] = names
    if dict(each.having) != default.tags:
        value["tags"] = dict(each.having)
    rules = {rule.name: entry(rule) for rule in each.rules}
    if rules != {"daily": {}}:
        value["rules"] = rules
    if targets := copies(each):
        value["copies"] = targets
    return value


def entry(rule: Rule) -> dict[str, Any]:
    """Return a rule as a manifest says it."""
    found = SIMPLE.fullmatch(rule.cron)
    assert found is not None
    value: dict[str, Any] = {"at": f"{int(found[2]):02}:{int(found[1]):02}"}
    if found[4][0] not in "?*":
        value["days"] = [day for day, short in DAYS.items() if short in found[4].split(",")]
    elif found[3][0] not in "?*":
        value["day_of_month"] = int(found[3])
    value |= {
        "keep_days": rule.keep_days,
        "cold_after_days": rule.cold_days,
        "continuous": rule.continuous,
        "start_within_hours": rule.start_minutes // HOUR,
        "done_within_hours": rule.completion_minutes // HOUR,
    }
    return {name: each for name, each in value.items() if each != RuleSpec.model_fields[name].default}
