"""The table of edits in docs/reliability.md: `python -m tests.trust.table` writes it anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.trust.edits import EDITS, ELSEWHERE, Edit
from tests.trust.keys import keys

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- edits -->\n", "<!-- end of edits -->\n"


def numbered() -> dict[str, Edit]:
    """Return the edits by the id of their test: the first key, and a number where it was edited several times."""
    total, seen = Counter(edit.keys.split()[0] for edit in EDITS), Counter[str]()
    found = {}
    for edit in EDITS:
        key = edit.keys.split()[0]
        seen[key] += 1
        found[f"{key}-{seen[key]}" if total[key] > 1 else key] = edit
    return found


def table() -> str:
    """Return the rows, in the order of the manifest's keys."""
    order = {key: number for number, key in enumerate(dict.fromkeys(keys()))}
    rows = [(order[edit.keys.split()[0]], row(id, edit)) for id, edit in numbered().items()]
    rows += [
        (order[key], f"| `{key}` | {what} | refused | `{test.rpartition('::')[2]}` |")
        for key, (what, test) in ELSEWHERE.items()
    ]
    head = "| keys | what the edit could do | what comes of it | shown by |\n| --- | --- | --- | --- |\n"
    return head + "".join(f"{text}\n" for _, text in sorted(rows, key=lambda each: each[0]))


def row(id: str, edit: Edit) -> str:
    """Return the row of one edit."""
    named = ", ".join(f"`{key}`" for key in edit.keys.split())
    return f"| {named} | {edit.could} | {' '.join(result(edit))} | `test_edit[{id}]` |"


def result(edit: Edit) -> Iterator[str]:
    """Yield what comes of an edit."""
    if edit.asks:
        yield "needs approval"
    elif edit.stops:
        yield "refused"
    else:
        yield f"nothing: {edit.harmless}"


def page() -> str:
    """Return the page with the present table."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page())
