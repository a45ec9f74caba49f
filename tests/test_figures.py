"""docs/reliability.md has the figures of reads refused, quotas brimmed and fields left out."""

from __future__ import annotations

import re

from tests.faults.table import PAGE
from tests.figures import COUNTED, brimmed_quotas


def test_page_has_the_quotas_of_today_and_says_when_the_rest_was_counted() -> None:
    found = COUNTED.search(PAGE.read_text())
    assert found
    rows = found[0].strip().splitlines()
    assert [row for row in rows if row.startswith("| quotas")] == list(brimmed_quotas())
    assert {row.split(" ", 2)[1] for row in rows[2:-2]} == {"reads", "quotas", "optional"}
    assert re.fullmatch(r"Counted on \d{4}-\d\d-\d\d, at commit [0-9a-f]{10}(, with changes)?\.", rows[-1])
