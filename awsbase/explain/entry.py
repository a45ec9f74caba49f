"""One explanation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from awsbase.records import record

NOTHING = "nothing"


@record
class Entry:
    """What something is, why it is there, which controls it answers, what it costs, and how to undo it by hand.

    NAME and REGION in `undo` stand for what an address says.
    """

    what: str
    why: str
    undo: tuple[str, ...]
    controls: tuple[str, ...] = ()
    cost: str = NOTHING

    def about(self, names: Mapping[str, str]) -> Entry:
        """Return the same with these names filled into what is to be typed."""

        def fill(line: str) -> str:
            return re.sub(r"\b(NAME|REGION)\b", lambda found: names.get(found[0], found[0]), line)

        return replace(self, undo=tuple(fill(line) for line in self.undo))
