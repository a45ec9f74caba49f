"""The results of a drill: a table for people, a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from awsbase.drill import DrillResult
from awsbase.view.text import GREEN, RED, Line

SCHEMA = 1


def table(results: Sequence[DrillResult]) -> Iterator[Line]:
    """Yield a line for each alarm: whether its message was delivered, to whom, or why not."""
    width = max((len(result.alarm) for result in results), default=0)
    for result in results:
        mark, style = ("✓", GREEN) if result.delivered else ("✗", RED)
        yield Line(0, f"{result.alarm:<{width}}  {outcome(result)}", mark=mark, mark_style=style)
        if result.detail:
            yield Line(4, result.detail, style="dim")
    # Many alarms usually share a cause, so each hint is shown once.
    for verdict, hint in dict.fromkeys((result.verdict, result.hint) for result in results):
        if hint:
            yield Line(0, f"{verdict}: {hint}", mark="→")
    delivered = sum(result.delivered for result in results)
    yield Line(0, f"{delivered} of {len(results)} delivered", style="bold")


def outcome(result: DrillResult) -> str:
    """Return the result of one alarm in words."""
    words: str = result.verdict
    if result.recipients:
        words += f" to {', '.join(result.recipients)}"
    if result.unconfirmed:
        words += f"{'; unconfirmed' if result.recipients else ''}: {', '.join(result.unconfirmed)}"
    if result.filtered:
        words += f"; kept from {', '.join(result.filtered)} by a filter policy"
    return f"{words} ({result.region})"


def document(results: Sequence[DrillResult], *, account: str, sandbox: bool = False) -> dict[str, Any]:
    """Return the results as JSON values."""
    return {
        "schema": SCHEMA,
        "account": account,
        "sandbox": sandbox,
        "alarms": [
            {
                "alarm": result.alarm,
                "region": result.region,
                "verdict": result.verdict,
                "delivered": result.delivered,
                "told": list(result.recipients),
                "unconfirmed": list(result.unconfirmed),
                "filtered": list(result.filtered),
                "said": result.detail or None,
                "hint": result.hint,
            }
            for result in results
        ],
    }
