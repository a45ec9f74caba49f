"""The lock on snapshots that are shared with the whole world, region by region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, NotExpressible, Things
from awsbase.ensure.regions import ADDRESS, Only, Switch, answers, everywhere, only_there, several
from awsbase.records import record

ALL = "block-all-sharing"
NEW = "block-new-sharing"


@record(kw_only=True)
class SnapshotBlock(Resource):
    """No EBS snapshot is public. With `state` NEW, those that are public already stay so."""

    only: Only = None
    state: str = ALL

    @property
    def address(self) -> str:
        return "snapshot-block/account"

    def needs(self) -> Iterator[str]:
        yield ADDRESS


def snapshot_sharing(facts: Facts, region: str) -> str:
    """Read what is blocked in a region."""
    return str(facts.aws.at(region).ec2.get_snapshot_block_public_access_state()["State"])


def ensure_snapshot_block(run: Run, want: SnapshotBlock) -> None:
    """Block public sharing of snapshots in every region."""

    def block(run: Run, region: str, state: str) -> None:
        if state != want.state:
            run.update(
                f"snapshot block in {region}",
                [Drift("public sharing", state, want.state)],
                run.aws.at(region).ec2.enable_snapshot_block_public_access,
                risk=access("snapshots that were public are public again" if state == ALL else ""),
                State=want.state,
            )

    run.side_by_side(block, run.read(everywhere, snapshot_sharing, want.only))


def snapshot_block_reads(want: SnapshotBlock) -> Iterator[Read]:
    """Yield the facts that the recipe of a snapshot block reads, to prefetch them."""
    yield everywhere, snapshot_sharing, want.only


def read_permissions(want: SnapshotBlock) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "GetSnapshotBlockPublicAccessState")


def write_permissions(want: SnapshotBlock) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("ec2", "EnableSnapshotBlockPublicAccess", when=only_there(want))


SWITCH = Switch(snapshot_sharing, lambda state: state in (ALL, NEW), "public snapshots are blocked")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the block of public snapshots, where every region has the same."""
    states: Mapping[str, str] = answers(facts, snapshot_sharing).by_region
    new = [region for region, state in states.items() if state == NEW]
    if 0 < len(new) < len(states) and all(map(SWITCH.on, states.values())):
        yield from answers(facts, snapshot_sharing).unread()
        part = f"in {several(new)} those that are public already stay so, and elsewhere they do not"
        yield NotExpressible(SnapshotBlock(scope=scope).address, (part,))
        return
    yield from SWITCH.things(facts, lambda only: SnapshotBlock(scope=scope, only=only, state=NEW if new else ALL))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("ec2", "GetSnapshotBlockPublicAccessState")


KIND = Kind(
    ensure_snapshot_block,
    snapshot_block_reads,
    resource=SnapshotBlock,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="No EBS snapshot is public, in any region.",
        why="A public snapshot is a disk for everybody, and people look for them.",
        undo=(TAKE_OUT, "aws ec2 disable-snapshot-block-public-access --region REGION"),
        controls=("FSBP EC2.1", "FSBP EC2.182"),
    ),
    word="snapshot-block",
    found_by="one a region",
    owns="the state",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="who stops using awsbase does not ask for public snapshots"),
)
