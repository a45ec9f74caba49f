"""The table of docs/sandbox.md that says what each rule of the sandbox rests on, from the docstrings of the rules.

A rule that says `Recorded:` names an answer that cloud-custodian's or LocalStack's tests recorded on AWS; one with a
link names a page of AWS or a public issue. `python -m tests.sandbox.sources` writes the table anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from awsbase.sandbox import SERVICES
from awsbase.sandbox.common import with_common_rules
from awsbase.sandbox.service import Services

PAGE = Path(__file__).parents[2] / "docs/sandbox.md"
BEGIN = "<!-- written by `python -m tests.sandbox.sources` from the docstrings of the rules -->"
END = "<!-- end -->"
COLUMNS = ("recorded on AWS", "documented", "neither")


def column(rule: Callable[..., Any]) -> str:
    """Return what a rule rests on, in the words of the table's head."""
    told = rule.__doc__ or ""
    if "Recorded" in told:
        return COLUMNS[0]
    return COLUMNS[1] if "https://" in told else COLUMNS[2]


def applied() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every function of a rule once, with the name of its module as docs/sandbox.md writes it."""
    functions = [each for rule in with_common_rules(Services(SERVICES)) for each in (rule.before, rule.after) if each]
    for function in dict.fromkeys(functions):
        yield function.__module__.removeprefix("awsbase.sandbox.").removeprefix("services."), function


def table() -> str:
    """Return the table in Markdown."""
    rows: dict[str, dict[str, list[str]]] = {}
    for module, function in applied():
        rows.setdefault(module, {}).setdefault(column(function), []).append(f"`{function.__name__}`")
    lines = [f"| rules | {' | '.join(COLUMNS)} |", "| --- | --- | --- | --- |"]
    for module, found in sorted(rows.items()):
        cells = (", ".join(sorted(found.get(name, []))) for name in COLUMNS)
        lines.append(f"| `{module}` | {' | '.join(cells)} |".replace("  ", " "))
    return "\n".join(lines)


def written(page: str) -> str:
    """Return the page with the table of today."""
    whole = f"{BEGIN}\n\n{table()}\n\n{END}"
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: whole, page, count=1, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
