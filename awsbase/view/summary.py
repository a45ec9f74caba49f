"""A report as a summary: counts by section, one line a thing, failures, risks, and what is needed of people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from awsbase.engine.changes import Action, Change, Drift, Outcome, Report, is_whole_resource
from awsbase.engine.resource import Resource
from awsbase.engine.risk import risk_of
from awsbase.prices import Bill
from awsbase.view.authors import authors, not_told
from awsbase.view.changes import DONE, MARKS, STYLES, by_action, difference, overall_action, some
from awsbase.view.needs import needs
from awsbase.view.plurals import counted
from awsbase.view.regions import merged
from awsbase.view.removal import left, to_do
from awsbase.view.statements import is_statement, statement_lines
from awsbase.view.text import AMBER, GREEN, TEAL, Line
from awsbase.view.totals import title, totals
from awsbase.view.wrong import approvals, failures

FEW = 12  # so few new resources are named; otherwise they are counted by kind, and each thing gets one short line
MOST_LINES = 12  # of a section
MOST_CHANGES = 2  # of a resource
MOST_NAMES = 3
MOST_STATEMENTS = 6  # of a policy
MOST_DRIFTS = 2  # of a change
LONGEST_DRIFT = 60
SHORT = 74


def summary(
    report: Report, *, name: str = "", sections: Mapping[str, str] | None = None, resources: Iterable[Resource] = ()
) -> Iterator[Line]:
    """Yield the lines of a summary; `sections` maps addresses to sections, and new `resources` are priced."""
    of, planned = sections or {}, report.mode == "plan"
    yield title(report, name)
    changed = [outcome for outcome in report.outcomes if outcome.status in ("planned", "changed")]
    by_section: dict[str, list[Outcome]] = {}
    for outcome in changed:
        by_section.setdefault(of.get(outcome.address, ""), []).append(outcome)
    few = sum(overall_action(outcome) == "create" for outcome in changed) <= FEW
    width = max(map(len, by_section), default=0)
    if changed:
        yield Line(0, "")
    for section, outcomes in by_section.items():
        yield Line(0, counts(outcomes, planned, few), mark=section.ljust(width), mark_style="bold")
        yield from things([each for each in outcomes if few or overall_action(each) != "create"], planned, few)

    if lines := list(failures(report)):
        yield from (Line(0, ""), Line(0, "failed", style="bold"), *lines)
    yield from approvals(report)
    if report.manual_actions:
        yield from (Line(0, ""), Line(0, "needs you", style="bold"))
        yield from (Line(2, line, mark="!", mark_style=f"bold {AMBER}") for line in needs(report.manual_actions))
    yield from left(report)
    yield from to_do(report)
    yield from not_told(report)
    yield from cost_of_new(report, resources)
    yield Line(0, "")
    yield from totals(report)
    more = ["each change"] * bool(changed) + ["the steps of what needs you"] * bool(report.manual_actions)
    if more:
        yield Line(0, f"--full shows {', and '.join(more)}", style="dim")


def counts(outcomes: Sequence[Outcome], planned: bool, few: bool) -> str:
    """Return how many resources of a section change, the new ones by kind unless they are few."""
    actions: list[Action] = [overall_action(outcome) for outcome in outcomes]
    new = [each for each, action in zip(outcomes, actions, strict=True) if action == "create"]
    if few or not new:
        return by_action(actions, planned)
    kinds = Counter(outcome.address.partition("/")[0].replace("-", " ") for outcome in new)
    of = ", ".join(of_kind(number, kind) for kind, number in kinds.items())
    rest = by_action([action for action in actions if action != "create"], planned)
    return f"{by_action(['create'] * len(new), planned)} ({of})" + (f", {rest}" if rest else "")


def of_kind(number: int, kind: str) -> str:
    """Return how many there are of a kind; some kinds have a plural as their name, such as `flow logs`."""
    many = kind.endswith("s") and not kind.endswith("ss")
    return f"{number} {kind}" if many else counted(number, kind)


def things(outcomes: Sequence[Outcome], planned: bool, detailed: bool) -> Iterator[Line]:
    """Yield a line for each resource, or for those with the same changes; how policies change stands below."""
    alike: dict[object, list[Outcome]] = {}
    for outcome in outcomes:
        told = repr(statements(outcome)), *authors(outcome.changes)
        same = (overall_action(outcome), tuple(pieces(outcome, planned)), told)
        alike.setdefault(same if same[1] else outcome.address, []).append(outcome)
    groups = list(alike.values())
    for together in groups[:MOST_LINES]:
        first, action = together[0], overall_action(together[0])
        said = pieces(first, planned, detailed)
        if len(said) > MOST_CHANGES:
            said = [*said[:MOST_CHANGES], f"and {len(said) - MOST_CHANGES} more"]
        if not planned and action != "update":
            said = [DONE[action], *said]
        names = some([each.address for each in together], MOST_NAMES)
        text = f"{names}  {'; '.join(said)}".rstrip()
        mark, style = (MARKS[action], STYLES[action]) if planned else ("✓", GREEN)
        yield Line(2, text if detailed else cut(text, len(names)), mark=mark, mark_style=style)
        yield from _below(first, detailed)
    if left := sum(map(len, groups[MOST_LINES:])):
        yield Line(2, f"and {left} more", style="dim")


def _below(outcome: Outcome, detailed: bool) -> Iterator[Line]:
    lines = list(statement_lines(statements(outcome), 6))
    yield from lines[:MOST_STATEMENTS]
    if (left := len(lines) - MOST_STATEMENTS) > 0:
        yield Line(6, f"and {left} more", style="dim")
    who = authors(outcome.changes)
    yield from (Line(6, each, style=TEAL) for each in who[:MOST_CHANGES])
    if len(who) > MOST_CHANGES:
        yield Line(6, f"and {len(who) - MOST_CHANGES} more", style="dim")
    yield from (Line(6, note, style="dim") for note in outcome.notes if detailed)


def pieces(outcome: Outcome, planned: bool, detailed: bool = True) -> list[str]:
    """Return the changes of a resource in a few words each; a new resource needs none."""
    if overall_action(outcome) == "create":
        return []
    said = (piece(outcome, change, planned, detailed) for change in merged(outcome.changes, counted=True))
    return [each for each in said if each]


def piece(outcome: Outcome, change: Change, planned: bool, detailed: bool) -> str:
    """Return one change in a few words: what changes, and if `detailed` from what to what, if that is short."""
    drifts = [difference(each) for each in change.drift if detailed and not is_statement(each)]
    short = [each for each in drifts[:MOST_DRIFTS] if len(each) <= LONGEST_DRIFT]
    left = len(drifts) - len(short)
    detail = ", ".join(short) + (f" and {left} more" if short and left else counted(left, "field") if left else "")
    if is_whole_resource(outcome.address, change):
        return detail  # the mark of the line says the rest
    if planned:
        what = change.what if change.action == "update" else f"{MARKS[change.action]} {change.what}"
    else:
        what = f"{DONE[change.action]} {change.what}"
    if detail.startswith(f"{change.what}: "):
        what = what.removesuffix(change.what) + detail
    elif detail:
        what += f" ({detail})"
    return what + (" (risky)" if risk_of(change) else "")


def statements(outcome: Outcome) -> tuple[Drift, ...]:
    """Return the statements of policies that differ."""
    return tuple(drift for change in outcome.changes for drift in change.drift if is_statement(drift))


def cut(text: str, kept: int) -> str:
    """Return a text of one line, cut at a word if it is long, but behind the characters to be kept."""
    if len(text) <= SHORT:
        return text
    end = text.rfind(" ", kept, SHORT)
    return f"{text[: end if end >= 0 else kept].rstrip(' ,;+-~±')} …"


def cost_of_new(report: Report, resources: Iterable[Resource]) -> Iterator[Line]:
    """Yield what the new resources cost a month: a sum, and which services charge by use."""
    new = {outcome.address for outcome in report.outcomes if outcome.price}
    costs = [cost for resource in resources if resource.address in new for cost in resource.costs()]
    if costs:
        yield from (Line(0, ""), Line(0, f"what is new costs {Bill().sum_of(costs)}"))
