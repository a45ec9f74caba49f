"""What a manifest costs a month: by section for people, as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from awsbase.engine.resource import Resource
from awsbase.prices import Monthly, by_section, dollars, total
from awsbase.prices.cost import CENT
from awsbase.view.text import Line

SCHEMA = 1
Sections = Mapping[str, Sequence[Resource]]
WHAT_THEY_ARE = "list prices of AWS, without taxes, discounts and what is free at first"


def sections_of(sections: Sections) -> Mapping[str, Monthly]:
    """Return what each section of a manifest costs, in order; those that cost nothing are left out."""
    found = by_section({name: [each for one in of for each in one.costs()] for name, of in sections.items()})
    return {name: each for name, each in found.items() if each.usd or each.by_use or each.unknown}


def table(sections: Sections, *, name: str, account: str) -> Iterator[Line]:
    """Yield a line for each section with its sum, one for each resource that costs something, and the total."""
    monthly = sections_of(sections)
    yield Line(0, f"account {account} ({name}): {WHAT_THEY_ARE}", style="bold")
    for section, sum_of_section in monthly.items():
        yield Line(0, "")
        yield Line(0, f"{section}  {amount(sum_of_section)}", style="bold")
        for resource in sections[section]:
            if costs := [str(each) for each in resource.costs()]:
                yield Line(2, f"{resource.address}  {', '.join(costs)}")
    yield Line(0, "")
    yield Line(0, f"total: {total(monthly.values())}", style="bold")


def amount(cost: Monthly) -> str:
    """Return a sum a month in dollars and cents, or why there is none."""
    if cost.usd:
        return f"{dollars(cost.usd.quantize(CENT))} a month"
    return "by use" if cost.by_use else "price not known"


def document(sections: Sections, *, account: str, region: str) -> dict[str, Any]:
    """Return the costs as JSON values; dollars are text, so that no cent is lost."""
    monthly = sections_of(sections)
    return {
        "schema": SCHEMA,
        "account": account,
        "region": region,
        "sections": {name: as_json(each) for name, each in monthly.items()},
        "resources": [
            {
                "address": resource.address,
                "section": name,
                "costs": [
                    {
                        "service": each.price.service if each.price else None,
                        "unit": each.price.unit if each.price else each.what,
                        "usd": str(each.price.at(each.region)) if each.price and each.known else None,
                        "units": None if each.units is None else str(each.units),
                        "page": each.price.page if each.price else None,
                        "read": (each.price.read or None) if each.price else None,
                    }
                    for each in resource.costs()
                ],
            }
            for name in monthly
            for resource in sections[name]
            if any(True for _ in resource.costs())
        ],
        "total": as_json(total(monthly.values())),
    }


def as_json(cost: Monthly) -> dict[str, Any]:
    """Return a sum as JSON values."""
    usd = str(cost.usd.quantize(CENT))
    return {"usd_a_month": usd, "by_use": list(cost.by_use), "price_not_known": list(cost.unknown)}
