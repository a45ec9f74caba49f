"""One list price of AWS: in dollars, without taxes, discounts and free trials."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from awsbase.records import record

# Where many prices are those of Northern Virginia, the one that AWS's pages show first.
VIRGINIA = "us-east-1"
# AWS bills China and GovCloud by lists of their own.
OTHER_LISTS = ("cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-")


@record
class Price:
    """What one unit of something costs, by region, or everywhere under `*`.

    `free` are the units a month that an account does not pay for. `page` is AWS's. `read` is the day of the copy of it
    that somebody compared, and empty where nobody has.
    """

    service: str
    unit: str
    usd: Mapping[str, Decimal]
    page: str
    read: str = ""
    free: int = 0

    def at(self, region: str) -> Decimal | None:
        """Return the price in a region; None when the table does not have it."""
        if region.startswith(OTHER_LISTS):
            return None
        return self.usd.get(region, self.usd.get("*"))

    def of(self, units: Decimal | int, region: str = VIRGINIA) -> Decimal | None:
        """Return what so many units cost in a region; None when the table does not have the price there."""
        price = self.at(region)
        return None if price is None else price * units

    @property
    def rate(self) -> str:
        """The price with its unit: `$0.023 per GB a month`."""
        return f"{self} {self.unit}"

    def __str__(self) -> str:
        return dollars(self.at(VIRGINIA) or Decimal(0))


def dollars(amount: Decimal) -> str:
    """Return an amount as people write it: `$1`, `$0.10`, `$0.003`."""
    text = f"{amount.normalize():f}"
    whole, point, cents = text.partition(".")
    return f"${whole}{point}{cents:0<2}" if point else f"${whole}"
