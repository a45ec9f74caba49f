"""How the numbers of an account went, from saved documents: one small chart for each measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from awsbase.records import record
from awsbase.report.saved import Saved

NOW = "now"
# Title and form, by the names of saved numbers; what is not here is a share in percent.
TITLES: Mapping[str, tuple[str, str]] = {
    "differ": ("resources that differ", "{:.0f}"),
    "risky": ("changes to approve", "{:.0f}"),
    "needs you": ("steps left for people", "{:.0f}"),
    "costs": ("a month, plus use", "${:.2f}"),
}
PERCENT = "{:.0f}%"


@record
class Measure:
    """One measure: its value in each document that says it, with the document's name; `form` is that of the values."""

    title: str
    form: str
    labels: tuple[str, ...]
    values: tuple[float, ...]

    @property
    def highest(self) -> float | None:
        """Return the end of the scale, where it is fixed."""
        return 100 if self.form == PERCENT else None

    @property
    def shown(self) -> list[str]:
        """Return each value in words."""
        return [self.form.format(each) for each in self.values]


def history(saved: Sequence[Saved], now: Mapping[str, float]) -> list[Measure]:
    """Return each measure over all saved documents, in the order of these, and now."""
    points = [*((each.name, each.numbers) for each in saved), (NOW, now)]
    names = dict.fromkeys(name for _, numbers in points for name in numbers)
    measures = []
    for name in sorted(names, key=[*TITLES, *names].index):
        known = [(label, numbers[name]) for label, numbers in points if name in numbers]
        if len(known) > 1:
            labels, values = zip(*known, strict=True)
            measures.append(Measure(*TITLES.get(name, (name, PERCENT)), labels, values))
    return measures
