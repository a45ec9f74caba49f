"""What the engine needs to know about any resource: its address, scope and dependencies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from awsbase.engine.scope import Scope
from awsbase.records import record

if TYPE_CHECKING:
    from awsbase.engine.facts import Read
    from awsbase.engine.run import Run


@record(kw_only=True)
class Resource:
    """One resource of a manifest; each kind is a subclass with its own fields."""

    scope: Scope

    @property
    def address(self) -> str:
        """Return the name of this resource in plans, unique within a manifest: `kind/name`.

        Raises NotImplementedError in kinds that do not define it.
        """
        raise NotImplementedError

    @property
    def price(self) -> str | None:
        """Return what this resource costs; None when it is free, or too cheap to mention before it is created."""
        return None

    def needs(self) -> Iterable[str]:
        """Yield the addresses of the resources that this one depends on."""
        return ()


@record
class Kind:
    """The recipe of one kind of resource, and the reads that can be prefetched in parallel."""

    ensure: Callable[[Run, Any], Any]
    reads: Callable[[Any], Iterable[Read]] = lambda want: ()


Kinds = Mapping[type[Resource], Kind]
