"""What the engine needs to know about any resource: its address, scope and dependencies."""

from __future__ import annotations

from collections.abc import Iterable

from awsbase.engine.facts import Read
from awsbase.engine.scope import Scope
from awsbase.prices import Cost
from awsbase.records import record

# The tag that says for which address something was made, or adopted.
ADDRESS = "awsbase:address"


@record(kw_only=True)
class Resource:
    """One resource of a manifest; each kind is a subclass with its own fields.

    `unless` is a fact with its arguments. While it says why this account does not need the resource, none is made.
    """

    scope: Scope
    unless: Read | None = None

    @property
    def address(self) -> str:
        """Return the name of this resource in plans, unique within a manifest: `kind/name`.

        Raises NotImplementedError in kinds that do not define it.
        """
        raise NotImplementedError

    def costs(self) -> Iterable[Cost]:
        """Yield what this resource costs by the price table; nothing when it is free."""
        return ()

    def needs(self) -> Iterable[str]:
        """Yield the addresses of the resources that this one depends on."""
        return ()

    def mentions(self) -> Iterable[str]:
        """Yield those of its needs that it merely names, such as in a policy: it works without them."""
        return ()
