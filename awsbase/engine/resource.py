"""What the engine needs to know of any resource: its address, its place, what it leans on."""

from __future__ import annotations

from collections.abc import Iterable

from awsbase.engine.scope import Scope
from awsbase.records import record

# The tag that says for which address something was made, or adopted.
ADDRESS = "awsbase:address"


@record(kw_only=True)
class Resource:
    """One thing that a manifest wants; each kind is a subclass with the fields of its own."""

    scope: Scope

    @property
    def address(self) -> str:
        """The name of this resource in plans, unique within a manifest: `kind/name`."""
        raise NotImplementedError

    @property
    def price(self) -> str | None:
        """What this costs once it is there; None when nothing, or too little to be told before it is made."""
        return None

    def needs(self) -> Iterable[str]:
        """Yield the addresses of what must be there before this resource."""
        return ()
