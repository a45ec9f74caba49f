"""What the drafts of the sections are made from: the things that were described, and what plans have refuted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TypeVar

from awsbase.engine.facts import Facts
from awsbase.engine.resource import Resource
from awsbase.engine.things import Described
from awsbase.manifest.base import Base
from awsbase.records import record

R = TypeVar("R", bound=Resource)


@record
class Seen:
    """The described things of an account, without those that a plan of an earlier draft refuted.

    `refuted` has these by their addresses, with what the plan would have changed. It also has what a draft would have
    made and the account lacks: a section that finds something of its own there drafts without it. `taken` are the
    addresses that another section makes by itself, such as the policy of those who may write state.
    """

    base: Base
    facts: Facts
    described: tuple[Described, ...] = ()
    refuted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()

    def things(self, kind: type[Resource]) -> list[Described]:
        """Return the things of a kind, in the order in which they were listed."""
        return [each for each in self.described if type(each.resource) is kind and each.name not in self.refuted]

    def of(self, kind: type[R]) -> list[R]:
        """Return the resources of a kind, in the order in which they were listed."""
        return [each.resource for each in self.things(kind) if isinstance(each.resource, kind)]

    def left(self, kind: type[R]) -> list[R]:
        """Return the resources of a kind that no other section makes by itself."""
        return [each for each in self.of(kind) if each.address not in self.taken]

    def at_home(self, kind: type[R]) -> list[R]:
        """Return the resources of a kind in the home region."""
        return [each for each in self.of(kind) if each.scope.region == self.base.scope.home]
