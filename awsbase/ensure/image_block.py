"""The lock on machine images that are shared with the whole world, region by region."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Things
from awsbase.ensure.regions import ADDRESS, Only, Switch, everywhere, only_there
from awsbase.records import record

BLOCKED = "block-new-sharing"


@record(kw_only=True)
class ImageBlock(Resource):
    """No image becomes public; AWS leaves those alone that are public already."""

    only: Only = None

    @property
    def address(self) -> str:
        return "image-block/account"

    def needs(self) -> Iterator[str]:
        yield ADDRESS


def image_sharing(facts: Facts, region: str) -> str:
    """Read what is blocked in a region."""
    return str(facts.aws.at(region).ec2.get_image_block_public_access_state()["ImageBlockPublicAccessState"])


def ensure_image_block(run: Run, want: ImageBlock) -> None:
    """Block public sharing of images in every region."""

    def block(run: Run, region: str, state: str) -> None:
        if state != BLOCKED:
            run.update(
                f"image block in {region}",
                [Drift("public sharing", state, BLOCKED)],
                run.aws.at(region).ec2.enable_image_block_public_access,
                ImageBlockPublicAccessState=BLOCKED,
            )

    run.side_by_side(block, run.read(everywhere, image_sharing, want.only))
    if run.changes:
        # Until then it answers "unblocked", and doing it once more does no harm.
        run.note("AWS takes up to ten minutes to block images; a plan that comes sooner shows it again")


def image_block_reads(want: ImageBlock) -> Iterator[Read]:
    """Yield the facts that the recipe of an image block reads, to prefetch them."""
    yield everywhere, image_sharing, want.only


def read_permissions(want: ImageBlock) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "GetImageBlockPublicAccessState")


def write_permissions(want: ImageBlock) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("ec2", "EnableImageBlockPublicAccess", when=only_there(want))


SWITCH = Switch(image_sharing, BLOCKED.__eq__, "public images are blocked")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the block of public images, where every region has it."""
    return SWITCH.things(facts, lambda only: ImageBlock(scope=scope, only=only))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("ec2", "GetImageBlockPublicAccessState")


KIND = Kind(
    ensure_image_block,
    image_block_reads,
    resource=ImageBlock,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="No machine image can be made public, in any region.",
        why="An image holds what was on the disk, keys and passwords included.",
        undo=(TAKE_OUT, "aws ec2 disable-image-block-public-access --region REGION"),
    ),
    word="image-block",
    found_by="one a region",
    owns="the state",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="who stops using awsbase does not ask for public images"),
)
