"""The plan as the page shows it: by section, what would change first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from awsbase.engine.changes import Change, Outcome, Report, is_whole_resource
from awsbase.engine.risk import risk_of
from awsbase.records import record
from awsbase.view.changes import MARKS, difference, overall_action
from awsbase.view.regions import merged
from awsbase.view.statements import is_statement, statement_lines
from awsbase.view.wrong import told_together

FEW = 6


@record
class Line:
    """One change of a resource: its mark, what it does, why it is risky, and what differs."""

    mark: str
    action: str
    what: str
    reason: str
    drift: tuple[str, ...]


@record
class Item:
    """One resource that differs or could not be planned."""

    address: str
    tone: str
    headline: str
    lines: tuple[Line, ...]
    remarks: tuple[str, ...]


@record
class Part:
    """A section of the manifest: its resources that differ, and the addresses of all others."""

    name: str
    items: tuple[Item, ...]
    rest: tuple[str, ...]

    @property
    def differing(self) -> int:
        """Return how many resources differ or could not be planned."""
        return sum(each.tone != "quiet" for each in self.items)

    @property
    def new(self) -> tuple[Item, ...]:
        """Return what would be created, if that is much: it is folded."""
        found = tuple(each for each in self.items if each.headline == "create" and each.tone == "change")
        return found if len(found) > FEW else ()

    @property
    def listed(self) -> tuple[Item, ...]:
        """Return all else."""
        return tuple(each for each in self.items if each not in self.new)


def by_section(plan: Report, section_of: Mapping[str, str]) -> list[Part]:
    """Return the parts of a plan in manifest order."""
    outcomes: dict[str, list[Outcome]] = {}
    for outcome in plan.outcomes:
        outcomes.setdefault(section_of.get(outcome.address, ""), []).append(outcome)
    return [
        Part(
            name,
            tuple(item(each, plan) for each in several if differs(each) and told_together(each, plan)[0] is each),
            tuple(each.address for each in several if not differs(each)),
        )
        for name, several in outcomes.items()
    ]


def differs(outcome: Outcome) -> bool:
    """Tell whether a resource is shown by itself."""
    return outcome.status != "unchanged" or bool(outcome.notes)


def item(outcome: Outcome, plan: Report) -> Item:
    """Return a resource that differs."""
    lines = tuple(line(change, outcome) for change in merged(outcome.changes))
    remarks = list(outcome.notes)
    if outcome.error is not None:
        others = [each.address for each in told_together(outcome, plan)[1:]]
        remarks = [outcome.error.message, *remarks] if outcome.error.message != outcome.error.code else remarks
        remarks += [outcome.error.hint] if outcome.error.hint else []
        remarks += [f"failed for this reason, too: {', '.join(others)}"] if others else []
        return Item(outcome.address, "bad", f"could not be read: {outcome.error.code}", lines, tuple(remarks))
    if outcome.status == "blocked":
        return Item(outcome.address, "bad", f"waits for {outcome.blocked_by}", lines, tuple(remarks))
    if outcome.status == "skipped":
        return Item(outcome.address, "bad", "not looked at", lines, tuple(remarks))
    if not lines:
        return Item(outcome.address, "quiet", "as the manifest says", lines, tuple(remarks))
    tone = "risky" if any(each.reason for each in lines) else "change"
    return Item(outcome.address, tone, headline(outcome), lines, tuple(remarks))


def headline(outcome: Outcome) -> str:
    """Return what happens to a resource as a whole, in a few words."""
    action = overall_action(outcome)
    if action != "update":
        return action
    several = merged(outcome.changes, counted=True)
    return f"{several[0].action} {several[0].what}" if len(several) == 1 else f"{len(several)} changes"


def line(change: Change, outcome: Outcome) -> Line:
    """Return one change; for a new resource every field differs, so the drift is left out."""
    risk = risk_of(change)
    drift = () if change.action == "create" and is_whole_resource(outcome.address, change) else differences(change)
    return Line(MARKS[change.action], change.action, change.what, risk.reason if risk else "", tuple(drift))


def differences(change: Change) -> Iterator[str]:
    """Yield each field that differs; of a policy, each statement that goes or comes."""
    for drift in change.drift:
        if is_statement(drift):
            yield from (f"{each.mark} {each.text}" for each in statement_lines([drift], 0, verbose=True))
        else:
            yield difference(drift)
