"""What resources cost a month by the table: so much each, or by use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from awsbase.prices.price import Price, dollars
from awsbase.records import record

CENT = Decimal("0.01")


@record
class Cost:
    """A part of what a resource costs: so many units a month, or by use when `units` is None.

    `price` is None for a thing that the table has no price of; `what` says then what it is.
    """

    price: Price | None
    region: str
    units: Decimal | None = None
    what: str = ""

    @property
    def known(self) -> bool:
        """Tell whether the table has the price in the region."""
        return self.price is not None and self.price.at(self.region) is not None

    def __str__(self) -> str:
        usd = self.price.at(self.region) if self.price else None
        if self.price is None or usd is None:
            what = f"{self.price.service} {self.price.unit}" if self.price else self.what
            return f"{what}: price not known in {self.region}"
        if self.units is None:
            return f"{dollars(usd)} {self.price.unit}"
        return f"{dollars((usd * self.units).quantize(CENT))} a month" + (f" for {self.what}" if self.what else "")


def monthly(price: Price | None, region: str, units: Decimal | int = 1, what: str = "") -> Cost:
    """Return the cost of so many units each month."""
    return Cost(price, region, Decimal(units), what)


def by_use(price: Price, region: str) -> Cost:
    """Return a cost that depends on what happens."""
    return Cost(price, region)


@record
class Monthly:
    """What several resources cost: dollars a month, what comes by use, and what the table has no price of."""

    usd: Decimal
    by_use: tuple[str, ...]
    unknown: tuple[str, ...]

    def __str__(self) -> str:
        used = f"by use: {', '.join(self.by_use)}"
        if not self.usd and self.by_use:
            parts = [used]
        else:
            parts = [f"about {dollars(self.usd.quantize(CENT))} a month", *([f"and {used}"] if self.by_use else [])]
        if self.unknown:
            parts.append(f"price not known: {', '.join(self.unknown)}")
        return "; ".join(parts)


class Bill:
    """What several costs come to; units that AWS gives an account for nothing are taken off once, in order."""

    def __init__(self) -> None:
        self._free: dict[tuple[str, str], Decimal] = {}

    def charge(self, cost: Cost) -> Decimal:
        """Return the dollars a month that a cost adds: none when it is by use, or not known."""
        if cost.price is None or cost.units is None:
            return Decimal(0)
        kind = (cost.price.service, cost.price.unit)
        free = self._free.setdefault(kind, Decimal(cost.price.free))
        taken = min(free, cost.units)
        self._free[kind] = free - taken
        return cost.price.of(cost.units - taken, cost.region) or Decimal(0)

    def sum_of(self, costs: Iterable[Cost]) -> Monthly:
        """Add up costs."""
        costs = tuple(costs)
        usd = sum((self.charge(each) for each in costs), Decimal(0))
        used = {each.price.service for each in costs if each.price and each.known and each.units is None}
        unknown = {each.price.service if each.price else each.what for each in costs if not each.known}
        return Monthly(usd, tuple(sorted(used)), tuple(sorted(unknown)))


def by_section(costs: Mapping[str, Iterable[Cost]]) -> Mapping[str, Monthly]:
    """Return what each section costs, where all of them are parts of one account."""
    bill = Bill()
    return {name: bill.sum_of(each) for name, each in costs.items()}


def total(parts: Iterable[Monthly]) -> Monthly:
    """Add up what sections cost."""
    parts = tuple(parts)
    used = {each for part in parts for each in part.by_use}
    unknown = {each for part in parts for each in part.unknown}
    return Monthly(sum((part.usd for part in parts), Decimal(0)), tuple(sorted(used)), tuple(sorted(unknown)))
