"""What a rule of the strict sandbox is made of.

A rule looks at one exchange before moto does, after it, or both. *Before* it may refuse (raise `Refusal`), answer by
itself (return the answer; moto is not asked) or change the parameters that moto is to see. *After* it amends the
answer in place. What it has to remember between calls it keeps in a dataclass of its own, one per sandbox.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from awsbase.sandbox.callers import Caller
from awsbase.sandbox.wire import Refusal
from awsbase.sandbox.world import partition_of

if TYPE_CHECKING:
    from awsbase.sandbox.account import Sandbox

__all__ = ["Ask", "Refusal", "Rule"]

Memory = TypeVar("Memory")


@dataclass
class Ask:
    """One request in the API's own words, with what a rule may need to judge it."""

    service: str
    operation: str
    region: str
    account: str
    caller: Caller
    params: dict[str, Any] = field(repr=False)
    sandbox: "Sandbox" = field(repr=False)
    notes: dict[str, Any] = field(default_factory=dict, repr=False)
    """What a rule notes before for itself after."""

    @property
    def name(self) -> str:
        """Return the request's name, as `iam:CreateRole`."""
        return f"{self.service}:{self.operation}"

    @property
    def partition(self) -> str:
        """Return the partition of AWS that the request's region belongs to."""
        return partition_of(self.region)

    def seen_from(self, region: str) -> "Ask":
        """Return the same request as if it were made in another region."""
        return replace(self, region=region)

    def memory(self, kind: type[Memory]) -> Memory:
        """Return what the sandbox remembers for a rule."""
        return self.sandbox.memory(kind)

    def moto(self, name: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        """Ask moto something else, as `s3:GetBucketPolicy`; raise its refusal."""
        said: dict[str, Any] = self.sandbox.moto(name, region=region or self.region, **params)
        return said

    def backend(self, service: str, region: str | None = None) -> Any:
        """Return moto's own object for a service in a region (of a global one, in the region's partition)."""
        return self.sandbox.world.backend(service, region or self.region)


Before = Callable[[Ask], dict[str, Any] | None]
After = Callable[[Ask, dict[str, Any]], None]


@dataclass(frozen=True, eq=False)
class Rule:
    """Apply to the operations of a space-separated list, where `*` may stand for the rest of a name."""

    on: str
    before: Before | None = None
    after: After | None = None
    strict: bool = True
    """Off together with strictness; a rule that makes moto right, rather than strict, stays on."""

    def applies(self, name: str) -> bool:
        """Say whether the rule is about this operation."""
        return matches(self.on, name)


@cache
def about(rules: tuple[Rule, ...], name: str) -> tuple[Rule, ...]:
    """Return those of the rules that are about an operation."""
    return tuple(rule for rule in rules if rule.applies(name))


@cache
def matches(patterns: str, name: str) -> bool:
    """Say whether one of the patterns of a list fits a name."""
    return any(fnmatchcase(name, pattern) for pattern in patterns.split())
