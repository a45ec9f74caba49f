"""Who may do what in which account: a table for people, on a terminal and in Markdown, and a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from awsbase.organization.access_table import Row, State, Table, TableCell
from awsbase.view.plurals import counted
from awsbase.view.text import AMBER, GREEN, RED, Line
from awsbase.view.wrapping import cells as columns_of

SCHEMA = 1
MARKS: Mapping[State, tuple[str, str]] = {
    "wanted": ("", ""),
    "as wanted": ("✓", GREEN),
    "missing": ("+", AMBER),
    "more": ("!", f"bold {RED}"),
    "unknown": ("?", "dim"),
}
LEGEND = "✓ as wanted, + missing, ! more than wanted, ? not read"
GAP = "  "


def text(cell: TableCell | None) -> str:
    """Return what a cell says: its mark, and the roles that the file grants."""
    if cell is None or cell.state is None:
        return ""
    mark, roles = MARKS[cell.state][0], ", ".join(cell.roles)
    return f"{mark} {roles}".strip()


def label(row: Row) -> str:
    """Return the name of a row; what is no group says what it is."""
    return row.name if row.kind == "group" else f"{row.kind} {row.name}"


def lines(table: Table, width: int | None) -> Iterator[Line]:
    """Yield the table, as a grid where that fits into so many columns, and below it how each cell differs."""
    heads = ["", *table.accounts]
    body = [[label(row), *(text(row.cells.get(account)) for account in table.accounts)] for row in table.rows]
    widths = [max(map(columns_of, column)) for column in zip(heads, *body, strict=True)]
    if width is None or sum(widths) + len(GAP) * (len(widths) - 1) <= width:
        yield Line(0, aligned(heads, widths), style="bold")
        yield from (Line(0, aligned(each, widths)) for each in body)
    else:
        yield from listing(table)
    if table.live:
        yield Line(0, LEGEND, style="dim")
    yield from remarks(table)
    yield Line(0, "")
    yield Line(0, summary(table), style="bold")


def aligned(texts: Sequence[str], widths: Sequence[int]) -> str:
    """Return texts side by side, each as wide as its column."""
    padded = (each + " " * (width - columns_of(each)) for each, width in zip(texts, widths, strict=True))
    return GAP.join(padded).rstrip()


def listing(table: Table) -> Iterator[Line]:
    """Yield the rows one below the other, for a terminal that the grid does not fit into."""
    for row in table.rows:
        yield Line(0, label(row), style="bold")
        for account, cell in row.cells.items():
            if cell.state:
                mark, style = MARKS[cell.state]
                roles = f": {', '.join(cell.roles)}" if cell.roles else ""
                yield Line(2, f"{account}{roles}", mark=mark, mark_style=style)


def remarks(table: Table) -> Iterator[Line]:
    """Yield a line for each thing that differs, what could not be read, and what people have to do."""
    for state, row, accounts, why in differences(table):
        mark, style = MARKS[state]
        yield Line(0, f"{label(row)} in {', '.join(accounts)}: {why}", mark=mark, mark_style=style)
    yield from unread(table)
    for title, steps in manual_actions(table):
        yield Line(0, f"needs you: {title}", mark="!", mark_style=AMBER)
        yield from (Line(4, f"{number}. {step}") for number, step in enumerate(steps, 1))
    if note := administering(table):
        yield Line(0, note, style="dim")


def unread(table: Table) -> Iterator[Line]:
    """Yield the accounts that could not be read, and why."""
    for account, why in table.unread.items():
        yield Line(0, f"{account} was not read: {why}", mark="?", mark_style="dim")


def differences(table: Table) -> Iterator[tuple[State, Row, tuple[str, ...], str]]:
    """Yield how cells differ, what is more first; the same in several accounts of a row once."""
    for row in table.rows:
        found: dict[tuple[State, str], list[str]] = {}
        for account, cell in row.cells.items():
            for why in cell.more:
                found.setdefault(("more", why), []).append(account)
            for why in cell.missing:
                found.setdefault(("missing", why), []).append(account)
        for (state, why), accounts in sorted(found.items(), key=lambda each: each[0][0] != "more"):
            yield state, row, tuple(accounts), why


def manual_actions(table: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what only people can do: IAM users in accounts that are not the people's, with the steps."""
    for account, users in table.elsewhere.items():
        several = ", ".join(users)
        yield (
            f"{account} has the IAM {'user' if len(users) == 1 else 'users'} {several}",
            (
                f"let each have a user in {table.identity}, and what they need in {account} by a group of the table",
                f"write state: absent for {'it' if len(users) == 1 else 'them'} in the manifest of {account}",
            ),
        )


def administering(table: Table) -> str:
    """Say who can give themselves everything, by the file's own wish; empty when nobody can."""
    if not table.administrators:
        return ""
    return f"{', '.join(table.administrators)} in {table.identity} may assume every role, as the file wants it"


def summary(table: Table) -> str:
    """Return how many cells are how."""
    counts = totals(table)
    shape = f"{counted(len(table.rows), 'row')}, {counted(len(table.accounts), 'account')}"
    if not table.live:
        return shape
    return f"{shape}: " + (", ".join(f"{number} {state}" for state, number in counts.items() if number) or "nothing")


def totals(table: Table) -> dict[str, int]:
    """Return how many cells are in each state."""
    states = [cell.state for row in table.rows for cell in row.cells.values()]
    return {state: states.count(state) for state in MARKS if state != "wanted" or not table.live}


def markdown(table: Table) -> str:
    """Return the table in Markdown, with how each cell differs below it."""
    heads = ["", *table.accounts]
    rows = [[label(row), *(text(row.cells.get(account)) for account in table.accounts)] for row in table.rows]
    grid = [heads, ["---"] * len(heads), *rows]
    page = [f"| {' | '.join(escaped(each) for each in cells)} |" for cells in grid]
    found = [
        f"- {MARKS[state][0]} **{escaped(label(row))}** in {', '.join(accounts)}: {escaped(why)}"
        for state, row, accounts, why in differences(table)
    ]
    found += [f"- ? **{account}** was not read: {escaped(why)}" for account, why in table.unread.items()]
    found += [f"- ! needs you: {escaped(title)}" for title, _ in manual_actions(table)]
    found += [f"- {escaped(note)}"] if (note := administering(table)) else []
    legend = [LEGEND] if table.live else []
    parts = ["\n".join(page), *legend, *(["\n".join(found)] if found else [])]
    return "\n\n".join(parts) + "\n"


def escaped(cell: str) -> str:
    """Return a text for a cell of a table in Markdown."""
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*").replace("_", "\\_").replace("\n", " ")


def document(table: Table) -> dict[str, Any]:
    """Return the table as JSON values."""
    return {
        "schema": SCHEMA,
        "organization": table.name,
        "identity": table.identity or None,
        "live": table.live,
        "accounts": [{"name": name, "protected": name in table.protected} for name in table.accounts],
        "rows": [
            {
                "name": row.name,
                "kind": row.kind,
                "people": list(row.people),
                "cells": {
                    account: {
                        "roles": list(cell.roles),
                        "state": cell.state,
                        "missing": list(cell.missing),
                        "more": list(cell.more),
                    }
                    for account, cell in row.cells.items()
                },
            }
            for row in table.rows
        ],
        "unread": dict(table.unread),
        "administrators": list(table.administrators),
        "manual_actions": [{"title": title, "steps": list(steps)} for title, steps in manual_actions(table)],
        "totals": totals(table),
    }
