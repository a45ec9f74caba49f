"""Instances that people start and end by themselves; reconcile only looks at them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

from awsbase.engine.facts import Read
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.things import Describe
from awsbase.ensure.instance import (
    ENDED,
    Instance,
    alive,
    presence_permissions,
    remove_instance,
)
from awsbase.ensure.instance import removal_permissions as instance_removal_permissions
from awsbase.ensure.schedule import schedule_removal_permissions, take_schedule
from awsbase.facts.instances import instances, user_data
from awsbase.prices import Cost
from awsbase.records import record
from awsbase.userdata import people_in


@record(kw_only=True)
class Ephemeral(Resource):
    """An instance that may be there or not; while it is, it is told if somebody has an account who should have none.

    `ender` is the name of the role as which AWS ends it when its time is over, by a schedule called like the instance.
    """

    instance: Instance
    command: str
    ender: str = ""

    @property
    def address(self) -> str:
        return self.scope.address("ephemeral", self.instance.name)

    def needs(self) -> Iterator[str]:
        yield self.instance.template.address
        if self.ender:
            yield f"role/{self.ender}"

    def costs(self) -> Iterator[Cost]:
        """Yield what it costs by the price table while it runs."""
        for each in self.instance.costs():
            yield replace(each, units=None)


def ephemeral_reads(want: Ephemeral) -> Iterator[Read]:
    """Yield the facts that the recipe of an ephemeral reads, to prefetch them."""
    yield instances, want.scope.region


def ensure_ephemeral(run: Run, want: Ephemeral) -> None:
    """Say which accounts an instance still has that the manifest no longer names; change nothing."""
    wanted = people_in(want.instance.template.user_data)
    for have in alive(run, want.instance):
        held = people_in(decoded(run.read(user_data, want.scope.region, have.id)))
        for login in sorted(held.keys() - wanted.keys()):
            run.manual_action(
                f"{have.id} still has an account for {login}, whom the manifest no longer names",
                f"`{want.command}` replaces it by one without, and `down` ends it",
                probe="the user data of the instance names the same people as the manifest",
            )


def remove_ephemeral(run: Run, want: Ephemeral) -> None:
    """End the instance that somebody may have started, with the schedule that would have ended it."""
    if want.ender:
        take_schedule(run, want.scope, want.instance.name, want.ender)
    remove_instance(run, want.instance)


def removal_permissions(want: Ephemeral) -> Allows:
    """Yield the IAM permissions to end it, beyond those of a plan."""
    yield from instance_removal_permissions(want.instance)
    if want.ender:
        yield from schedule_removal_permissions(want.scope, want.instance.name)


def decoded(text: str) -> str:
    """Decode text from base64."""
    return base64.b64decode(text).decode(errors="replace")


def read_permissions(want: Ephemeral) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield from presence_permissions(want.instance)


KIND = Kind(
    ensure_ephemeral,
    ephemeral_reads,
    resource=Ephemeral,
    permissions=Permissions(read=read_permissions),
    about=About(
        what="An instance that `awsbase bastion up` starts and `bastion down` ends; reconcile only looks at it.",
        why="A machine that is not there cannot be attacked. Whoever lost their account keeps none on one that is.",
        undo=("nothing is made for it; `awsbase bastion down TAKE_OUT` ends the instance",),
        cost="that of the instance by the hour, while it runs",
    ),
    word="ephemeral",
    found_by="tag",
    owns="nothing: it is only looked at",
    keeps="everything",
    describe=Describe(lambda facts, scope: iter(())),  # what runs is listed as an instance
    absent=Absent(remove_ephemeral, leaves=ENDED, permissions=removal_permissions),
)
