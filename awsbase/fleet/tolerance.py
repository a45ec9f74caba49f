"""How much may fail: of a whole run, and of each wave before the next one begins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from awsbase.engine.changes import Mode
from awsbase.errors import UsageError
from awsbase.fleet.results import Result
from awsbase.manifest.paths import closest
from awsbase.organization.load import Member, Organization
from awsbase.records import record

BELOW = "/**"
ALL = "*"
# Exit codes: all done, failed or refused, people are needed, within the tolerance but not all.
DONE, FAILED, PEOPLE, TOLERATED = 0, 1, 3, 4


@record
class Tolerance:
    """How many accounts of a run may fail: a number, or a percentage of them."""

    most: float = 0
    percent: bool = False

    def holds(self, failing: int, total: int) -> bool:
        """Tell whether so many failing accounts of so many are tolerated."""
        return failing * 100 <= self.most * total if self.percent else failing <= self.most


def tolerance(text: str) -> Tolerance:
    """Return the tolerance that an option names, such as 2% or 3; raises UsageError for any other."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)(%?)", text.strip())
    if not found or (found[2] and float(found[1]) > 100) or (not found[2] and "." in found[1]):
        raise UsageError(f"--tolerate {text} is no number of accounts", hint="write 2% or 3")
    return Tolerance(float(found[1]), bool(found[2]))


def exit_code(
    results: Iterable[Result],
    total: int,
    allowed: Tolerance,
    *,
    mode: Mode = "plan",
    strict: bool = False,
    needs_people: bool = False,
) -> int:
    """Return the exit code of a run on many accounts; accounts without a result are not done.

    What was refused is never tolerated: somebody has to decide about it.
    """
    results = list(results)
    undone = total - sum(each.ends(mode) for each in results)
    if any(each.status == "refused" for each in results) or not allowed.holds(undone, total):
        return FAILED
    if undone:
        return TOLERATED
    return PEOPLE if strict and needs_people else DONE


def waves(organization: Organization, members: Sequence[Member], named: Iterable[str]) -> list[list[Member]]:
    """Return the accounts in waves, one for each name of an account or a unit; what no name covers comes last.

    Raises UsageError for a name that covers none of them.
    """
    left, found = {each.name: each for each in members}, []
    for name in named:
        wave = [each for each in left.values() if covers(name, each)]
        if not wave and not any(covers(name, each) for each in members):
            raise UsageError(f"--wave {name} covers no account", hint=hint(organization, name))
        found.append(wave)
        left = {each.name: each for each in left.values() if not covers(name, each)}
    return [wave for wave in [*found, list(left.values())] if wave]


def covers(name: str, member: Member) -> bool:
    """Tell whether a name is that of an account, of its unit as `Workloads/**`, or `*`."""
    unit = member.entry.unit or ""
    if name.endswith(BELOW):
        return f"{unit}/".startswith(name.removesuffix("**"))
    return name in (ALL, member.name)


def hint(organization: Organization, name: str) -> str:
    """Return which name was meant."""
    units = sorted({f"{each.entry.unit}{BELOW}" for each in organization.members.values() if each.entry.unit})
    return closest(name, [*organization.members, *units]) or "name an account, or a unit like Workloads/**"
