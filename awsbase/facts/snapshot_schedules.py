"""When snapshots of volumes are made, and how long each is kept: as a manifest says it, and as DLM does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from awsbase.records import record

A_WEEK = 7 * 24  # hours
# What `Schedule.said` says.
SAID = re.compile(
    r"(?:every (?P<hours>\d+) h from (?P<at>\d\d:\d\d) UTC|(?P<cron>cron\(\d+ \d+ \? \* [A-Z]{3}(?:,[A-Z]{3})* \*\)))"
    r", kept (?P<days>\d+) days(?P<copy>, with the volume's tags)?"
)
UNITS = {"DAYS": 1, "WEEKS": 7, "MONTHS": 30, "YEARS": 365}


@record
class Measure:
    """How many snapshots a schedule makes in a week, and for how many days each is kept; zero where nobody knows."""

    weekly: float = 0
    days: int = 0


@record(kw_only=True)
class Schedule:
    """When snapshots are made, and for how many days each is kept; `cron` instead of `hours` and `at`."""

    name: str
    hours: int = 24
    at: str = "03:00"
    cron: str | None = None
    keep_days: int
    copy_tags: bool = True

    @property
    def said(self) -> str:
        """What the schedule means, in one line that two equal ones share."""
        when = self.cron or f"every {self.hours} h from {self.at} UTC"
        return f"{when}, kept {self.keep_days} days" + (", with the volume's tags" if self.copy_tags else "")

    @property
    def measure(self) -> Measure:
        """How much the schedule makes, and how long it lasts."""
        return Measure(on_days(self.cron) if self.cron else A_WEEK / self.hours, self.keep_days)


def understood(name: str, said: str) -> Schedule | None:
    """Return the schedule that a sentence of `meaning` is of; None where awsbase has no words for it."""
    parts = SAID.fullmatch(said)
    if parts is None:
        return None
    copy, days = bool(parts["copy"]), int(parts["days"])
    if parts["cron"]:
        minute, hour = parts["cron"].removeprefix("cron(").split()[:2]
        at = f"{int(hour):02}:{int(minute):02}"
        return Schedule(name=name, at=at, cron=parts["cron"], keep_days=days, copy_tags=copy)
    return Schedule(name=name, hours=int(parts["hours"]), at=parts["at"], keep_days=days, copy_tags=copy)


def meaning(schedule: Mapping[str, Any]) -> str:
    """Say what a schedule of AWS means, as `Schedule.said` does; what awsbase never writes stands behind it."""
    rule, kept = schedule.get("CreateRule", {}), schedule.get("RetainRule", {})
    if rule.get("CronExpression"):
        when = rule["CronExpression"]
    else:
        when = f"every {rule.get('Interval')} h from {''.join(rule.get('Times', []))} UTC"
    days = (
        f"{kept['Interval']} {kept['IntervalUnit'].lower()}" if kept.get("Interval") else f"{kept.get('Count')} times"
    )
    more = sorted(key for key in FOREIGN if schedule.get(key))
    said = f"{when}, kept {days}" + (", with the volume's tags" if schedule.get("CopyTags") else "")
    return said + "".join(f", {key}" for key in more)


def measure(schedule: Mapping[str, Any]) -> Measure:
    """Measure a schedule of AWS, as `Schedule.measure` does."""
    rule, kept = schedule.get("CreateRule", {}), schedule.get("RetainRule", {})
    weekly = (
        on_days(rule["CronExpression"]) if rule.get("CronExpression") else A_WEEK / (rule.get("Interval") or A_WEEK)
    )
    return Measure(weekly, kept.get("Interval", 0) * UNITS.get(kept.get("IntervalUnit"), 0))


def on_days(cron: str) -> int:
    """Count the days of the week that awsbase's cron expressions list; none in others."""
    fields = cron.removeprefix("cron(").removesuffix(")").split()
    return len(fields[4].split(",")) if len(fields) == 6 and re.fullmatch("[A-Z]{3}(,[A-Z]{3})*", fields[4]) else 0


# What a schedule may hold beside what awsbase writes: found there, it is a difference.
FOREIGN = (
    "TagsToAdd",
    "VariableTags",
    "FastRestoreRule",
    "CrossRegionCopyRules",
    "ShareRules",
    "DeprecateRule",
    "ArchiveRule",
)
