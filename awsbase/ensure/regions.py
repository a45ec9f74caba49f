"""The regions of an account: which are on, and one question asked in all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allows, Condition, Permissions, allow, equals
from awsbase.engine.refusals import Refusal, understood
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things, Unread
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.records import record

ADDRESS = "regions/enabled"
Only = tuple[str, ...] | None

# What of a list is told before it ends with how many there are more.
SHOWN = 5


@record(kw_only=True)
class Regions(Resource):
    """The regions that protection covers: all that are on in the account, or `only` these."""

    only: Only = None

    @property
    def address(self) -> str:
        return ADDRESS


@record
class RegionFacts:
    """The regions of the partition by name: those that are on, and the opt-in ones that are off."""

    on: tuple[str, ...]
    off: tuple[str, ...] = ()


class RegionOff(AwsbaseError):
    """The manifest names a region that the account does not have."""


class RegionClosed(AwsbaseError):
    """A region is on, but an organization lets nobody use it."""


class ServiceClosed(AwsbaseError):
    """An organization lets nobody ask for this, in whichever region."""


def regions(facts: Facts) -> RegionFacts:
    """Read which regions there are, and which of them are on in this account."""
    found = facts.aws.ec2.describe_regions(AllRegions=True)["Regions"]
    status = {region["RegionName"]: region.get("OptInStatus", "") for region in found}
    off = sorted(name for name, said in status.items() if said == "not-opted-in")
    return RegionFacts(tuple(sorted(status.keys() - set(off))), tuple(off))


def covered(facts: Facts, only: Only = None) -> tuple[str, ...]:
    """Return the regions to look after; raises RegionOff for a named one that is not on."""
    have = facts.read(regions)
    for name in only or ():
        if name not in have.on:
            raise RegionOff(
                f"region {name} is not enabled in this account",
                hint=f"enable it (`aws account enable-region --region-name {name}`), or name others in protect.regions",
            )
    return tuple(sorted(only)) if only else have.on


def everywhere(facts: Facts, fact: Callable[..., Any], only: Only = None) -> Mapping[str, Any]:
    """Ask `fact(facts, region)` in every region that is covered, side by side; return the answers by region.

    Raises RegionClosed, which names all regions that an organization closes, or ServiceClosed when it closes them all.
    """
    found = answers(facts, fact, only)
    if not found.closed:
        return found.by_region
    first = next(iter(found.closed.values()))
    raise RegionClosed(
        f"a policy of the organization closes {several(list(found.closed))}: {first.message}",
        hint=f"write `regions: [{', '.join(found.by_region)}]` under protect: there the organization lets you in",
    )


@record
class Answers:
    """What the open regions answered, and the refusals of those that a policy of the organization closes."""

    by_region: Mapping[str, Any]
    closed: Mapping[str, Refusal] = field(default_factory=dict)

    @property
    def only(self) -> Only:
        """The open regions, if some are closed."""
        return tuple(sorted(self.by_region)) if self.closed else None

    def unread(self) -> Iterator[Unread]:
        """Yield the regions that are closed."""
        for name, refusal in self.closed.items():
            why = f"a policy of the organization closes it: {refusal.message}"
            yield Unread(f"region {name}", refusal.action, why, closed=True)


def answers(facts: Facts, fact: Callable[..., Any], only: Only = None) -> Answers:
    """Ask `fact(facts, region)` in every region that is covered, side by side, also where some are closed.

    Raises ServiceClosed when an organization closes them all.
    """
    names = facts.read(covered, only)
    found = dict(zip(names, facts.read_all(*((there, fact, name) for name in names)), strict=True))
    closed = {name: answer.refusal for name, answer in found.items() if isinstance(answer, Closed)}
    if closed and len(closed) == len(found):
        first = next(iter(closed.values()))
        raise ServiceClosed(
            f"a policy of the organization refuses {first.action} in {several(names)}: {first.message}",
            hint="leave out of protect what needs it, or ask who manages the organization to allow it",
        )
    return Answers({name: answer for name, answer in found.items() if name not in closed}, closed)


@record
class Switch:
    """A setting that each region has of its own: what reads it, whether an answer says on, and what holds then.

    An answer that says neither is None.
    """

    fact: Callable[..., Any]
    on: Callable[[Any], bool | None]
    holds: str

    def things(self, facts: Facts, make: Callable[[Only], Resource]) -> Things:
        """Yield the resource that is on in all open regions; what is on in some of them has no words."""
        found = answers(facts, self.fact)
        yield from found.unread()
        resource = make(found.only)
        if part := self.partly(facts):
            yield NotExpressible(resource.address, (part,))
        elif False not in self.states(facts).values():
            yield Described(resource)

    def states(self, facts: Facts) -> Mapping[str, bool | None]:
        """Return for each open region whether it is on."""
        return {region: self.on(answer) for region, answer in answers(facts, self.fact).by_region.items()}

    def partly(self, facts: Facts) -> str:
        """Say where it is on and where it is not, if regions differ."""
        states = self.states(facts)
        on, off = ([region for region, state in states.items() if state is wanted] for wanted in (True, False))
        return f"{self.holds} in {several(on)}, and not in {several(off)}" if on and off else ""


def several(names: Sequence[str]) -> str:
    """Return the first few of some names, and how many there are more."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


@record
class Closed:
    """What stands for a region's answer where an organization's policy forbids even to look."""

    refusal: Refusal


def there(facts: Facts, fact: Callable[..., Any], region: str) -> Any:
    """Ask `fact` in one region; return Closed where an organization's policy forbids even to look.

    Raises RegionClosed when the region does not answer.
    """
    from botocore.exceptions import ClientError, EndpointConnectionError

    try:
        return facts.read(fact, region)
    except EndpointConnectionError as error:
        raise RegionClosed(
            f"region {region} does not answer for this service; perhaps AWS does not offer it there: {error}",
            hint="name the regions that you use in protect.regions",
        ) from error
    except ClientError as error:
        refusal = understood(error)
        if refusal is None or not refusal.by_organization:
            raise
        return Closed(refusal)


def ensure_regions(run: Run, want: Regions) -> tuple[str, ...]:
    """Say which regions are left out because they are off; nothing runs in them, so there is nothing to protect."""
    names = run.read(covered, want.only)
    have = run.read(regions)
    if left := [name for name in have.on if name not in names]:
        run.note(f"left out by the manifest: {', '.join(left)}")
    if have.off:
        run.note(f"skipped, because they are off: {', '.join(have.off)}")
    return names


def regions_reads(want: Regions) -> Iterator[Read]:
    """Yield the facts that the recipe of regions reads, to prefetch them."""
    yield covered, want.only


def made_in(run: Run, want: tags.Tagged, have: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the regions in which what has these tags is this manifest's to delete; notes say why others keep it."""
    kept: dict[str, list[str]] = {}
    for region, held in have.items():
        kept.setdefault(tags.not_ours(held, want.scope), []).append(region)
    mine = kept.pop("", [])
    for why, names in kept.items():
        run.note(f"kept in {several(names)}: {why}")
    return mine


def independent(
    run: Run, regions: Sequence[str], administrator: Callable[..., str], has_members: Callable[..., bool]
) -> list[str]:
    """Return the regions in which a service watches this account alone; notes say where it watches several."""
    reads = [(fact, region) for region in regions for fact in (administrator, has_members)]
    found = dict(zip(reads, run.facts.read_all(*reads), strict=True))
    for region in regions:
        if who := found[administrator, region]:
            run.note(f"kept in {region}: account {who} looks after it")
        elif found[has_members, region]:
            run.note(f"kept in {region}: it looks after other accounts too")
    return [each for each in regions if not found[administrator, each] and not found[has_members, each]]


def looked_after(facts: Facts, administrator: Callable[..., str], regions: Sequence[str]) -> tuple[str, str] | None:
    """Return which other account looks after a service, and where the service says so; None where none does."""
    found = dict(zip(regions, facts.read_all(*((administrator, region) for region in regions)), strict=True))
    there = {region: who for region, who in found.items() if who}
    if not there:
        return None
    owner = f"account {', '.join(sorted(set(there.values())))}"
    return owner, f"GetAdministratorAccount names it as administrator in {several(list(there))}"


def in_regions(want: Any, service: str, path: str) -> tuple[str, ...]:
    """Return the ARNs of something in the regions that are covered: in every one, unless some are named."""
    return tuple(want.scope.at(region).arn(service, path) for region in want.only or ("*",))


def only_there(want: Any) -> Condition | None:
    """Make the condition that a call, which is about no resource, goes to a region that is named, if any is."""
    return equals("aws:RequestedRegion", *want.only) if want.only else None


def read_permissions(want: Regions) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeRegions")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the regions that are on."""
    facts.read(regions)
    yield Described(Regions(scope=scope))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("ec2", "DescribeRegions")


KIND = Kind(
    ensure_regions,
    regions_reads,
    resource=Regions,
    permissions=Permissions(read=read_permissions),
    about=About(
        what="The regions that protection covers: all that are switched on, unless the manifest names some.",
        why="Attackers work where nobody checks. Regions that are off need no protection, and are only named.",
        undo=("nothing is made for it; name regions under protect to look after fewer",),
    ),
    word="regions",
    found_by="there is one",
    owns="nothing: they are only looked at",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="nothing is made for it"),
)
