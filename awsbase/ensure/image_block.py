"""The lock on machine images that are shared with the whole world, region by region."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure.regions import ADDRESS, Only, everywhere
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
    for region, state in run.read(everywhere, image_sharing, want.only).items():
        if state != BLOCKED:
            run.update(
                f"image block in {region}",
                [Drift("public sharing", state, BLOCKED)],
                run.aws.at(region).ec2.enable_image_block_public_access,
                ImageBlockPublicAccessState=BLOCKED,
            )
    if run.changes:
        # Until then it answers "unblocked", and doing it once more does no harm.
        run.note("AWS takes up to ten minutes to block images; a plan that comes sooner shows it again")


def image_block_reads(want: ImageBlock) -> Iterator[Read]:
    yield everywhere, image_sharing, want.only
