"""Which images ECR searches for known vulnerabilities when they are pushed: a setting of the registry of a region."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.ecr_repository import everything, repositories
from awsbase.records import record

ON_PUSH = "SCAN_ON_PUSH"
ENHANCED = "ENHANCED"
# A continuous scan, which Amazon Inspector does, begins with the push.
SCANS = (ON_PUSH, "CONTINUOUS_SCAN")


@record(kw_only=True)
class RegistryScanning(Resource):
    """The scan on push of these repositories. Rules of others stay, and a rule of theirs that matches is enough."""

    repositories: tuple[str, ...]

    @property
    def address(self) -> str:
        return self.scope.address("registry-scanning", "push")


@record
class Scanning:
    """How a registry scans: basic or enhanced, and the filters of names by how often."""

    type: str
    rules: dict[str, tuple[str, ...]]

    def scans(self, name: str) -> bool:
        """Tell whether what is pushed to a repository is scanned."""
        return any(matches(each, name) for scan in SCANS for each in self.rules.get(scan, ()))


def matches(filter: str, name: str) -> bool:
    """Tell whether a filter is about a repository: without `*`, every name that contains it.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-filters.html
    """
    return fnmatchcase(name, filter) if "*" in filter else filter in name


def scanning(facts: Facts, region: str) -> Scanning:
    """Read how the registry of a region scans."""
    have = facts.aws.at(region).ecr.get_registry_scanning_configuration().get("scanningConfiguration", {})
    rules: dict[str, tuple[str, ...]] = {}
    for each in have.get("rules", []):
        filters = tuple(one["filter"] for one in each.get("repositoryFilters", []))
        rules[each["scanFrequency"]] = (*rules.get(each["scanFrequency"], ()), *filters)
    return Scanning(have.get("scanType", "BASIC"), rules)


def registry_scanning_reads(want: RegistryScanning) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield scanning, want.scope.region


def ensure_registry_scanning(run: Run, want: RegistryScanning) -> None:
    """Let each of the repositories be scanned on push; the rules of others are sent again as they are."""
    have = run.read(scanning, want.scope.region)
    filters = have.rules.get(ON_PUSH, ())

    if missing := [each for each in sorted(want.repositories) if not have.scans(each)]:
        more = (*filters, *fewest(missing))
        if have.type == ENHANCED:
            run.note("the registry scans by Amazon Inspector (enhanced scanning), which bills each image")
        # A put replaces all rules.
        run.update(
            "scan on push",
            [Drift("repositories scanned on push", list(filters), list(more))],
            run.aws.at(want.scope.region).ecr.put_registry_scanning_configuration,
            scanType=have.type,
            rules=[rule(each, names) for each, names in {**have.rules, ON_PUSH: more}.items()],
        )


def fewest(names: Iterable[str]) -> Iterator[str]:
    """Yield the names that match all of them, as filters: one that contains another needs none of its own."""
    names = list(names)
    yield from (each for each in names if not any(other != each and other in each for other in names))


def rule(frequency: str, filters: Iterable[str]) -> dict[str, Any]:
    """Return a rule as ECR takes it."""
    return {
        "scanFrequency": frequency,
        "repositoryFilters": [{"filter": each, "filterType": "WILDCARD"} for each in filters],
    }


def things(facts: Facts, scope: Scope) -> Things:
    """Yield which repositories of a region are scanned on push, if some are."""
    if names := facts.read(repositories, scope.region):
        have = facts.read(scanning, scope.region)
        if scanned := tuple(sorted(each for each in names if have.scans(each))):
            yield Described(RegistryScanning(scope=scope, repositories=scanned))


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list them."""
    yield allow("ecr", "GetRegistryScanningConfiguration")
    yield allow("ecr", "DescribeRepositories", on=everything(scope))


def read_permissions(want: RegistryScanning) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ecr", "GetRegistryScanningConfiguration")


def write_permissions(want: RegistryScanning) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("ecr", "PutRegistryScanningConfiguration")


KIND = Kind(
    ensure_registry_scanning,
    registry_scanning_reads,
    resource=RegistryScanning,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The repositories whose images ECR searches for known vulnerabilities when they are pushed.",
        why="A library with a hole in it is found before it runs. The setting of each repository is deprecated.",
        undo=(TAKE_OUT, "aws ecr put-registry-scanning-configuration --region REGION, with all rules that are to stay"),
        controls=("FSBP ECR.1",),
        cost="nothing with basic scanning; with enhanced scanning Amazon Inspector bills each image",
    ),
    word="registry-scanning",
    found_by="one a region",
    owns="that the repositories of the manifest are scanned on push",
    keeps="all other rules, basic or enhanced",
    describe=Describe(things, describe_permissions, everywhere=True),
    absent=Absent(why="others may count on it, and the filter of a repository that is gone matches none"),
)
