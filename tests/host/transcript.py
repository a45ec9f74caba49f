"""Write what `make host` has seen into docs/host.md, with its date and commit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import fill

from tests.faults.results import ROOT
from tests.faults.table import commit
from tests.host.checks import Seen

PAGE = ROOT / "docs" / "host.md"
BLOCK = re.compile(r"(?<=<!-- transcript -->\n).*(?=<!-- end of transcript -->)", re.DOTALL)


def write(seen: Sequence[Seen]) -> None:
    """Put the transcript in its place on the page."""
    lines = "\n".join(fill(each.line, 118, subsequent_indent="     ", break_on_hyphens=False) for each in seen)
    text = f"\n```text\n{lines}\n```\n\nMade on {datetime.now(UTC).date()}, at commit {commit()}.\n\n"
    PAGE.write_text(BLOCK.sub(lambda _: text, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
