"""What the manifest costs a month, by section, as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from awsbase.engine.resource import Resource
from awsbase.prices import Monthly, total
from awsbase.records import record
from awsbase.view.cost import amount, sections_of


@record
class SectionCosts:
    """What one section costs: in words, the length of its bar in percent, and what each of its resources costs."""

    name: str
    amount: str
    share: float
    remarks: tuple[str, ...]
    resources: tuple[tuple[str, str], ...]


@record
class Costs:
    """What all sections cost that cost something, and their sum."""

    sections: tuple[SectionCosts, ...]
    total: Monthly

    @property
    def amount(self) -> str:
        """Return the sum, with cents."""
        return money(self.total.usd)


def costs_by_section(sections: Mapping[str, Sequence[Resource]]) -> Costs:
    """Return what each section costs, in manifest order; the longest bar is that of the dearest."""
    monthly = sections_of(sections)
    dearest = max((each.usd for each in monthly.values()), default=Decimal(0))
    found = []
    for name, each in monthly.items():
        costs = ((one.address, ", ".join(map(str, one.costs()))) for one in sections[name])
        share = float(100 * each.usd / dearest) if dearest else 0.0
        sum_of_section = money(each.usd) if each.usd else amount(each)
        found.append(
            SectionCosts(name, sum_of_section, share, remarks(each), tuple((who, what) for who, what in costs if what))
        )
    return Costs(tuple(found), total(monthly.values()))


def money(usd: Decimal) -> str:
    """Return dollars with cents, so that they can stand below one another."""
    return f"${usd:.2f}"


def remarks(monthly: Monthly) -> tuple[str, ...]:
    """Return what a sum does not contain."""
    said = []
    if monthly.by_use and monthly.usd:
        said.append(f"and by use: {', '.join(monthly.by_use)}")
    elif monthly.by_use:
        said.append(", ".join(monthly.by_use))
    if monthly.unknown:
        said.append(f"price not known: {', '.join(monthly.unknown)}")
    return tuple(said)
