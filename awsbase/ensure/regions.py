"""The regions of an account: which are on, and one question asked in all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import About, Kind
from awsbase.engine.permissions import Allows, Condition, Permissions, allow, equals
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.errors import AwsbaseError
from awsbase.records import record

ADDRESS = "regions/enabled"
Only = tuple[str, ...] | None

# What a region answers that an organization's policy closes, as landing zones do.
CLOSED = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})
BY_ORGANIZATION = "service control policy"


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
    """Ask `fact(facts, region)` in every region that is covered, side by side; return the answers by region."""
    names = facts.read(covered, only)
    return dict(zip(names, facts.read_all(*((there, fact, name) for name in names)), strict=True))


def there(facts: Facts, fact: Callable[..., Any], region: str) -> Any:
    """Ask `fact` in one region; raises RegionClosed where an organization's policy forbids even to look."""
    from botocore.exceptions import ClientError, EndpointConnectionError

    try:
        return facts.read(fact, region)
    except EndpointConnectionError as error:
        raise RegionClosed(
            f"region {region} does not answer for this service; perhaps AWS does not offer it there: {error}",
            hint="name the regions that you use in protect.regions",
        ) from error
    except ClientError as error:
        said = error.response["Error"]
        if said.get("Code") not in CLOSED or BY_ORGANIZATION not in said.get("Message", ""):
            raise
        raise RegionClosed(
            f"a policy of the organization closes region {region}: {said['Message']}",
            hint="name the regions that you may use in protect.regions",
        ) from error


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


def in_regions(want: Any, service: str, path: str) -> tuple[str, ...]:
    """Return the ARNs of something in the regions that are covered: in every one, unless some are named."""
    return tuple(want.scope.at(region).arn(service, path) for region in want.only or ("*",))


def only_there(want: Any) -> Condition | None:
    """Make the condition that a call, which is about no resource, goes to a region that is named, if any is."""
    return equals("aws:RequestedRegion", *want.only) if want.only else None


def read_permissions(want: Regions) -> Allows:
    """Yield the IAM permissions that a plan needs."""
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
)
