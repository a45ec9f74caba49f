"""What the page says, as plain values, and the page itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from awsbase.coverage import STATUSES, Row, Status
from awsbase.engine.changes import ManualAction, Report
from awsbase.engine.resource import Resource
from awsbase.engine.risk import risky
from awsbase.records import record
from awsbase.report import charts
from awsbase.report.access import matrix
from awsbase.report.changes import by_section
from awsbase.report.costs import Costs, costs_by_section
from awsbase.report.environment import page
from awsbase.report.graph import svg
from awsbase.report.history import history
from awsbase.report.saved import Saved, met_of, share
from awsbase.view import cost
from awsbase.view.coverage import MARKS
from awsbase.view.graph import needs_of
from awsbase.view.plurals import counted
from awsbase.view.risks import told


@record
class Subject:
    """What a page is about: the account, its manifest, and the state that was read of it."""

    name: str
    file: str
    sections: Mapping[str, Sequence[Resource]]
    plan: Report
    standard: str
    rows: Sequence[Row]
    at: datetime
    sandbox: bool = False

    @property
    def resources(self) -> list[Resource]:
        """Return all resources, in manifest order."""
        return [each for several in self.sections.values() for each in several]

    @property
    def section_of(self) -> dict[str, str]:
        """Return the section of each address."""
        return {each.address: name for name, several in self.sections.items() for each in several}


@record
class Verdict:
    """The first sentence of the page, and whether it is good news."""

    tone: str
    sentence: str


@record
class Tasks:
    """What is left for one person to do, or for the owner of the thing at an address."""

    who: str
    address: str
    actions: tuple[ManualAction, ...]


@record
class Chapter:
    """The controls of a standard whose numbers begin alike."""

    name: str
    rows: tuple[Row, ...]


def render(subject: Subject, saved: Sequence[Saved]) -> str:
    """Return the page as HTML: one file that loads nothing."""
    plan, costs = subject.plan, costs_by_section(subject.sections)
    drills = [each for each in saved if each.drill is not None]
    return page(
        "page.html",
        subject=subject,
        verdict=verdict(plan),
        figures=figures(subject, costs),
        tasks=tasks(plan),
        risky=list(told(risky(plan))),
        parts=by_section(plan, subject.section_of),
        statuses=STATUSES,
        marks={status: mark for status, (mark, _) in MARKS.items()},
        counts=counts(subject.rows),
        bars=charts.stacked(list(counts(subject.rows).values())),
        chapters=chapters(subject.rows),
        costs=costs,
        what_they_are=cost.WHAT_THEY_ARE,
        access=matrix(subject.resources, plan),
        drill=drills[-1] if drills else None,
        measures=history(saved, numbers(subject, costs)) if saved else [],
        charts=charts,
        graph=graph(subject),
        needs=needs_of(subject.resources),
    )


def verdict(plan: Report) -> Verdict:
    """Say in a sentence or two how the account is."""
    totals = plan.totals()
    wrong, differ, total = totals["failed"] + totals["blocked"], totals["planned"], len(plan.outcomes)
    sentences = []
    if wrong:
        sentences.append(f"{counted(wrong, 'resource')} of {total} could not be compared with the manifest.")
    if differ:
        verb = "differs" if differ == 1 else "differ"
        sentences.append(f"{counted(differ, 'resource')} of {total} {verb} from the manifest.")
    if risks := risky(plan):
        sentences.append(
            f"{counted(len(risks), 'change')} of the plan {'needs' if len(risks) == 1 else 'need'} approval."
        )
    if not sentences:
        whole = "The one resource is" if total == 1 else f"All {total} resources are"
        sentences.append(f"{whole} as the manifest says.")
    if plan.manual_actions:
        left = len(plan.manual_actions)
        sentences.append(f"{counted(left, 'step')} {'is' if left == 1 else 'are'} left for people.")
    tone = "bad" if wrong else "attention" if differ or plan.manual_actions else "good"
    return Verdict(tone, " ".join(sentences))


def figures(subject: Subject, costs: Costs) -> list[tuple[str, str, str]]:
    """Return the figures at the top of the page: what is counted, how much of it, and of how many."""
    plan = subject.plan
    return [
        ("differ from the manifest", str(differing(plan)), str(len(plan.outcomes))),
        ("changes need approval", str(len(risky(plan))), str(len(plan.changes))),
        ("steps for people", str(len(plan.manual_actions)), ""),
        (f"controls of {subject.standard} met", str(counts(subject.rows)["met"]), str(len(subject.rows))),
        ("a month, plus use" if costs.total.by_use else "a month", costs.amount, ""),
    ]


def differing(plan: Report) -> int:
    """Return how many resources differ from the manifest or could not be compared."""
    return sum(each.status != "unchanged" for each in plan.outcomes)


def tasks(plan: Report) -> list[Tasks]:
    """Return what people have to do, all of one person's together."""
    several: dict[str, list[ManualAction]] = {}
    for action in plan.manual_actions:
        several.setdefault(action.who or action.address, []).append(action)
    return [Tasks(actions[0].who, actions[0].address, tuple(actions)) for actions in several.values()]


def counts(rows: Sequence[Row]) -> dict[Status, int]:
    """Return the number of controls of each status."""
    return {status: sum(row.status == status for row in rows) for status in STATUSES}


def chapters(rows: Sequence[Row]) -> list[Chapter]:
    """Return the controls by the first part of their numbers."""
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(row.control.id.partition(".")[0], []).append(row)
    return [Chapter(name, tuple(several)) for name, several in by_name.items()]


def numbers(subject: Subject, costs: Costs) -> dict[str, float]:
    """Return today's numbers, by the names of the saved ones."""
    plan, met = subject.plan, counts(subject.rows)["met"]
    return {
        "differ": differing(plan),
        "risky": len(risky(plan)),
        "needs you": len(plan.manual_actions),
        "costs": float(costs.total.usd),
        met_of(subject.standard): share(met, len(subject.rows)),
    }


def graph(subject: Subject) -> str:
    """Return the graph, with what differs marked."""
    return svg(needs_of(subject.resources), subject.section_of, dict(marked(subject.plan)))


def marked(plan: Report) -> Iterator[tuple[str, str]]:
    """Yield each address that differs, with its class in the graph."""
    for outcome in plan.outcomes:
        if outcome.status in ("failed", "blocked"):
            yield outcome.address, "failed"
        elif outcome.changes:
            yield outcome.address, "differs"
