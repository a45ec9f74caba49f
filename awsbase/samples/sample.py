"""What is known of a kind by example: something to create, and ways to tamper with it, in the sandbox or on AWS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from awsbase.engine.clock import Clock
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.errors import AwsbaseError

if TYPE_CHECKING:
    from awsbase.sandbox import Sandbox

ACCOUNT = "123456789012"
HOME = Scope(ACCOUNT, home="eu-west-1", region="eu-west-1", name="acme")
# Four zones for everybody, and a local one that this account has opted into.
OREGON = Scope(ACCOUNT, home="us-west-2", region="us-west-2", name="acme")


class NotOnAws(AwsbaseError):
    """Nobody can do this with an account of AWS; the sandbox plays it."""


class Reached(Protocol):
    """An account in which samples are made and tampered with: the sandbox is one, and `awsbase selftest` brings one."""

    @property
    def clock(self) -> Clock:
        """The clock by which this account waits."""

    def client(self, service: str, region: str = ...) -> Any:
        """Return a boto3 client, with which somebody does something behind awsbase's back."""


@dataclass(frozen=True)
class Tampering:
    """What somebody does behind awsbase's back, and the changes (`address: action what`) that undo exactly that.

    `risky` are those among the changes that widen access: the tampering had tightened it. `not_on_aws` says why only
    the sandbox can play it.
    """

    spoil: Callable[[Reached], object]
    repair: Sequence[str]
    risky: Sequence[str] = ()
    not_on_aws: str = ""


def nothing_before(aws: Reached) -> None:
    """Leave the account as it is."""


@dataclass(frozen=True)
class Sample:
    """Resources of one kind, with what they depend on, and the tamperings that a plan must notice.

    `before` prepares the account: what is there already when awsbase first sees it. `after` takes away what that and
    the tamperings leave, when all of the sample is gone that awsbase takes away. `not_on_aws` says why only the sandbox
    can play it. `before_costs` is what that makes and AWS is paid for, and `shares` what of a real account it changes
    besides what its addresses say.
    """

    name: str
    resources: Sequence[Resource]
    tamperings: dict[str, Tampering] = field(default_factory=dict)
    before: Callable[[Reached], object] = nothing_before
    after: Callable[[Reached], object] = nothing_before
    not_on_aws: str = ""
    before_costs: Sequence[Resource] = ()
    shares: str = ""

    @property
    def was_there(self) -> bool:
        """Tell whether there is something before the first run."""
        return self.before is not nothing_before

    @property
    def leaves_something(self) -> bool:
        """Tell whether something is left that no recipe takes away."""
        return self.after is not nothing_before

    def at(self, scope: Scope) -> Sample:
        """Return the same sample, called after its region away from home."""
        return self if scope == HOME else replace(self, name=f"{self.name} in {scope.region}")


def sandbox(aws: Reached) -> Sandbox:
    """Return the sandbox for what no client can do; raises NotOnAws where it is another account."""
    if not hasattr(aws, "moto_state"):
        raise NotOnAws("only the sandbox plays this")
    played: Any = aws
    return played  # type: ignore[no-any-return]
