"""How the numbers of an account went, from saved documents: one small chart for each measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from awsbase.records import record
from awsbase.report.saved import Saved

NOW = "now"
# By the names of saved numbers; what is not here is a share in percent.
COUNTS: Mapping[str, str] = {
    "differ": "resources that differ",
    "risky": "changes that need approval",
    "needs you": "steps left for people",
}


@record
class Measure:
    """One measure: its value in each document that says it, with the document's name; `unit` is empty or `%`."""

    title: str
    unit: str
    labels: tuple[str, ...]
    values: tuple[float, ...]

    @property
    def highest(self) -> float | None:
        """Return the end of the scale, where it is fixed."""
        return 100 if self.unit else None


def history(saved: Sequence[Saved], now: Mapping[str, float]) -> list[Measure]:
    """Return each measure over all saved documents, in the order of these, and now."""
    points = [*((each.name, each.numbers) for each in saved), (NOW, now)]
    names = dict.fromkeys(name for _, numbers in points for name in numbers)
    measures = []
    for name in sorted(names, key=[*COUNTS, *names].index):
        known = [(label, numbers[name]) for label, numbers in points if name in numbers]
        if len(known) > 1:
            labels, values = zip(*known, strict=True)
            measures.append(Measure(COUNTS.get(name, name), "" if name in COUNTS else "%", labels, values))
    return measures
