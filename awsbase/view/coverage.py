"""Coverage of a standard: a table for people, a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from awsbase.coverage import STATUSES, Row, Status
from awsbase.view.changes import some
from awsbase.view.text import AMBER, GREEN, Line

SCHEMA = 1
MARKS: dict[Status, tuple[str, str]] = {
    "met": ("✓", GREEN),
    "needs you": ("!", f"bold {AMBER}"),
    "not yet": ("~", AMBER),
    "not managed": ("·", "dim"),
}
SHOWN = 3
MOST_ACCOUNTS = 6


def table(standard: str, rows: Sequence[Row]) -> Iterator[Line]:
    """Yield a line for each control, with what is left to do below it."""
    yield Line(0, standard, style="bold")
    width = max(len(row.control.id) for row in rows)
    priced: set[str] = set()
    for row in rows:
        mark, style = MARKS[row.status]
        remark = "" if row.status == "met" else f": {row.status}"
        yield Line(2, f"{row.control.id:<{width}}  {row.control.title}{remark}", mark=mark, mark_style=style)
        for why in row.why[:SHOWN]:
            yield Line(width + 6, why, style="dim")
        if len(row.why) > SHOWN:
            yield Line(width + 6, f"and {len(row.why) - SHOWN} more", style="dim")
        if row.status == "not managed":
            yield Line(width + 6, suggestion(row, priced=row.key not in priced), style="dim")
            priced.add(row.key)
    yield Line(0, "")
    counts = [(status, sum(row.status == status for row in rows)) for status in STATUSES]
    yield Line(0, f"{len(rows)} controls: " + ", ".join(f"{n} {status}" for status, n in counts if n), style="bold")


def table_of_accounts(standard: str, accounts: Mapping[str, Sequence[Row]]) -> Iterator[Line]:
    """Yield a line for each control with the accounts that do not meet it, and the totals of each account."""
    yield Line(0, standard, style="bold")
    rows = [dict(zip(accounts, several, strict=True)) for several in zip(*accounts.values(), strict=True)]
    width = max(len(row.control.id) for of in rows for row in of.values())
    for of in rows:
        control = next(iter(of.values())).control
        worst = max((row.status for row in of.values()), key=list(MARKS).index)
        mark, style = MARKS[worst]
        yield Line(2, f"{control.id:<{width}}  {control.title}", mark=mark, mark_style=style)
        for status in MARKS:
            names = [name for name, row in of.items() if row.status == status]
            if names and worst != "met":
                where = "all accounts" if len(names) == len(of) else some(names, MOST_ACCOUNTS)
                yield Line(width + 6, f"{status}: {where}", style="dim")
    yield Line(0, "")
    longest = max(map(len, accounts))
    for name, found in accounts.items():
        counts = [(status, sum(row.status == status for row in found)) for status in STATUSES]
        told = ", ".join(f"{number} {status}" for status, number in counts if number)
        yield Line(0, f"{name:<{longest}}  {len(found)} controls: {told}", style="bold")


def suggestion(row: Row, *, priced: bool) -> str:
    """Return the manifest key that covers a control, and its price if it is to be told here."""
    return f"the manifest can cover it: {row.key}" + (f" (priced: {row.price})" if row.price and priced else "")


def document(standard: str, rows: Sequence[Row], *, account: str, sandbox: bool = False) -> dict[str, Any]:
    """Return the rows as JSON values."""
    return {
        "schema": SCHEMA,
        "account": account,
        "sandbox": sandbox,
        "standard": standard,
        "controls": [
            {
                "id": row.control.id,
                "title": row.control.title,
                "status": row.status,
                "why": list(row.why),
                "key": row.key or None,
                "price": row.price or None,
            }
            for row in rows
        ],
        "totals": {status: sum(row.status == status for row in rows) for status in STATUSES},
    }
