"""Which samples a selftest tries, what they cost, and why the others are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_UP, Decimal

from awsbase.ensure import KINDS
from awsbase.errors import UsageError
from awsbase.manifest.paths import closest
from awsbase.prices import Cost
from awsbase.prices.table import HOURS
from awsbase.records import record
from awsbase.samples.sample import Sample
from awsbase.selftest.naming import Naming

CENT = Decimal("0.01")
# They watch whatever is in the account, and are paid by what they see: nobody can tell beforehand.
BY_WHAT_THEY_SEE = frozenset({"Config", "GuardDuty", "Security Hub"})
# These only look: one of them has no name of its own, and is nobody's to change.
LOOK = frozenset({"existing-vpc", "regions"})


@record
class Choice:
    """A sample, what an hour of it costs at most, what comes by use, and why it is left out; empty if it is tried."""

    sample: Sample
    usd: Decimal = Decimal(0)
    by_use: tuple[str, ...] = ()
    why_not: str = ""


def choose(samples: Iterable[Sample], kinds: Sequence[str], *, isolated: bool) -> list[Choice]:
    """Return each sample with its price, and why it is left out.

    `kinds` are the words of kinds: then only samples with these are tried, and what they cost is agreed to. An
    `isolated` selftest leaves out what has no name of its own. Raises UsageError for a kind that there is none of.
    """
    words = {kind.word for kind in KINDS.values()}
    for each in kinds:
        if each not in words:
            near = closest(each, words) or "`awsbase explain` lists them"
            raise UsageError(f"{each!r} is no kind of resource", hint=near)
    return [chosen(sample, frozenset(kinds), isolated=isolated) for sample in samples]


def chosen(sample: Sample, kinds: frozenset[str], *, isolated: bool) -> Choice:
    """Return a sample with its price, and why it is left out."""
    usd, used, unknown = price(
        each for resource in (*sample.resources, *sample.before_costs) for each in resource.costs()
    )
    return Choice(sample, usd, used, why_not(sample, kinds, usd, used, unknown, isolated=isolated))


def why_not(
    sample: Sample,
    kinds: frozenset[str],
    usd: Decimal,
    used: Sequence[str],
    unknown: Sequence[str],
    *,
    isolated: bool,
) -> str:
    """Return why a sample is left out; empty if it is tried."""
    words = {KINDS[type(each)].word for each in sample.resources}
    watching = BY_WHAT_THEY_SEE.intersection(used)
    if kinds and not kinds & words:
        return "its kinds were not named"
    if sample.not_on_aws:
        return sample.not_on_aws
    if isolated and (shared := [*nameless(sample), *((sample.shares,) if sample.shares else ())]):
        return f"it changes what the whole account shares: {', '.join(shared)}"
    if not kinds and (usd >= CENT or watching or unknown):
        costs = f"${usd} an hour" if usd >= CENT else f"by what {', '.join(sorted(watching) or unknown)} finds"
        return f"it costs {costs}: name one of its kinds with --kinds"
    return ""


def price(costs: Iterable[Cost]) -> tuple[Decimal, tuple[str, ...], tuple[str, ...]]:
    """Return what an hour costs at most, without what AWS gives for nothing; what comes by use; what is not known."""
    costs = tuple(costs)
    usd = Decimal(0)
    for each in costs:
        if each.price and each.units is not None:
            usd += (each.price.of(each.units, each.region) or Decimal(0)) / HOURS
    used = {each.price.service for each in costs if each.price and each.known and each.units is None}
    unknown = {each.price.service if each.price else each.what for each in costs if not each.known}
    return usd.quantize(Decimal("0.0001"), ROUND_UP), tuple(sorted(used)), tuple(sorted(unknown))


def nameless(sample: Sample) -> list[str]:
    """Return the addresses of a sample that a prefix does not rename: what they name is the whole account's."""
    naming = Naming("a-name-of-its-own", "")
    looking = [each for each in sample.resources if KINDS[type(each)].word in LOOK]
    there = [naming.there(each.address) for each in sample.resources if each not in looking]
    return [each for each in there if naming.name not in each]
