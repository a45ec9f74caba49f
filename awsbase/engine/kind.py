"""What is known of one kind of resource, declared in one place: below the recipe, in the module of the kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from awsbase.engine.permissions import Allows, Permissions, allow, nothing
from awsbase.engine.resource import Resource
from awsbase.errors import AwsbaseError
from awsbase.records import record

if TYPE_CHECKING:
    from awsbase.engine.facts import Read
    from awsbase.engine.quotas import Quota
    from awsbase.engine.run import Run
    from awsbase.engine.things import Describe

NOTHING = "nothing"
Turn = Literal["first", "middle", "last", "after all"]
TAKE_OUT = "first take it out of the manifest: the next reconcile would make it again"


class Undeclared(AwsbaseError):
    """A kind of resource has no declaration, or one that lacks a part."""


@record
class About:
    """What something is, why it is there, how to undo it by hand, which controls it answers, and what it costs.

    NAME and REGION in `undo` stand for what an address says. Controls are those of the CIS AWS Foundations Benchmark
    3.0 and of AWS Foundational Security Best Practices (FSBP). Prices are those of us-east-1 in dollars, and say what
    to expect, not what is billed.
    """

    what: str
    why: str
    undo: tuple[str, ...]
    controls: tuple[str, ...] = ()
    cost: str = NOTHING

    def filled(self, names: Mapping[str, str]) -> About:
        """Return the same with these names filled into what is to be typed."""

        def fill(line: str) -> str:
            return re.sub(r"\b(NAME|REGION)\b", lambda found: names.get(found[0], found[0]), line)

        return replace(self, undo=tuple(fill(line) for line in self.undo))


def nothing_early(want: Any) -> Iterable[Read]:
    """Return no reads: everything is read when the recipe asks."""
    return ()


@record
class Absent:
    """How one is taken away again: by a recipe, which deletes nothing that is not provably ours.

    A recipe that leaves what is there says so in a note that begins with `kept`: then whatever that uses stays as well.
    Without a recipe nothing is reverted, and `why` says the reason. `exempt` says why `awsbase destroy` leaves one that
    nobody names. `leaves` is what AWS keeps of one, by the service whose snapshot shows it. `turn` is when it goes:
    what would raise an alarm goes first, what records the rest goes last, and what holds that record after it.
    """

    remove: Callable[[Run, Any], None] | None = None
    why: str = ""
    exempt: str = ""
    leaves: Mapping[str, str] = field(default_factory=dict)
    turn: Turn = "middle"
    permissions: Callable[[Any], Allows] = nothing


@record
class Kind:
    """One kind of resource: its recipe, the reads to prefetch, and what other commands and the docs say about it.

    `reads_to_make` are prefetched as well, but not to take one away. `word` is what its addresses begin with.
    `found_by`, `owns` and `keeps` are its row of the table in docs/manifest.md: by what AWS's own is recognised, what
    awsbase corrects, what others may change. `quotas` are those that its recipe counts, beside that of tags. `describe`
    lists what an account has of it, and `absent` takes one away again.
    Whatever is left out, `python -m awsbase.kinds check` asks for.
    """

    ensure: Callable[[Run, Any], Any]
    reads: Callable[[Any], Iterable[Read]] = nothing_early
    resource: type[Resource] = Resource
    permissions: Permissions | None = None
    about: About | None = None
    word: str = ""
    found_by: str = ""
    owns: str = ""
    keeps: str = ""
    quotas: tuple[Quota, ...] = ()
    describe: Describe | None = None
    absent: Absent | None = None
    reads_to_make: Callable[[Any], Iterable[Read]] = nothing_early


Kinds = Mapping[type[Resource], Kind]


def kind_of(kinds: Kinds, resource: Resource) -> Kind:
    """Return the declaration of a resource's kind; raises Undeclared when there is none."""
    if (found := kinds.get(type(resource))) is not None:
        return found
    name, module = type(resource).__name__, type(resource).__module__
    raise Undeclared(
        f"no kind is declared for {resource.address}, a {name}",
        hint=f"write KIND = Kind(RECIPE, READS, resource={name}, ...) at the end of {module}",
    )


def early_reads(kinds: Kinds, resources: Iterable[Resource]) -> Iterator[Read]:
    """Yield what the recipes of resources will read."""
    for resource in resources:
        kind = kind_of(kinds, resource)
        yield from (*kind.reads(resource), *kind.reads_to_make(resource))


def quota_reads(quotas: Iterable[Quota]) -> Allows:
    """Yield the permissions to read what AWS raised quotas to: without them the usual ones are taken for true."""
    if any(quota.summary for quota in quotas):
        yield allow("iam", "GetAccountSummary")
    if any(quota.codes for quota in quotas):
        yield allow("servicequotas", "GetServiceQuota")


def permissions_of(kinds: Kinds, resource: Resource) -> Permissions:
    """Return what a resource's kind takes of IAM; raises Undeclared when it does not say so."""
    kind = kind_of(kinds, resource)
    if (own := kind.permissions) is not None:
        return replace(own, read=lambda want: chain(own.read(want), quota_reads(kind.quotas)))
    raise Undeclared(
        f"nothing says which permissions {resource.address} takes",
        hint=f"write permissions=Permissions(read=..., write=...) into KIND in {type(resource).__module__}",
    )
