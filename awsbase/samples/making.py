"""What a sample needs to be there, or gone, before it begins: made or taken away with awsbase, as by an earlier run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from awsbase.engine.execution import execute
from awsbase.engine.removal import Removal
from awsbase.engine.resource import Resource
from awsbase.ensure import KINDS
from awsbase.samples.sample import Reached


@runtime_checkable
class Maker(Protocol):
    """An account that makes things by itself, under names of its own."""

    def make(self, resources: Sequence[Resource]) -> None:
        """Make resources with awsbase."""

    def take_away(self, resources: Sequence[Resource]) -> None:
        """Take resources away with awsbase."""


def make(aws: Reached, resources: Sequence[Resource]) -> None:
    """Make resources with awsbase, as an earlier run of it did."""
    if isinstance(aws, Maker):
        aws.make(resources)
    else:
        in_sandbox(aws, resources, None)


def take_away(aws: Reached, resources: Sequence[Resource]) -> None:
    """Take resources away with awsbase."""
    if isinstance(aws, Maker):
        aws.take_away(resources)
    else:
        in_sandbox(aws, resources, Removal("destroy"))


def in_sandbox(aws: Reached, resources: Sequence[Resource], removal: Removal | None) -> None:
    """Make or take away resources in a sandbox, by the clients that all sandboxes of a process share."""
    from awsbase.samples.connections import connection
    from awsbase.sandbox import Sandbox

    assert isinstance(aws, Sandbox)
    reached = connection("administrator").to(aws, aws.key())
    execute("reconcile", resources, KINDS, reached, clock=aws.clock, removal=removal)
