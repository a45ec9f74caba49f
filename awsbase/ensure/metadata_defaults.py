"""What new instances ask of whoever reads their metadata, and with it the credentials of their role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Things
from awsbase.ensure.regions import ADDRESS, Only, Switch, answers, everywhere, only_there
from awsbase.records import record


@record(kw_only=True)
class MetadataDefaults(Resource):
    """New instances answer only to IMDSv2, in every region; without `hops` the number of hops stays as it is.

    A launch that says otherwise gets what it says, and instances that exist stay as they are.
    """

    only: Only = None
    hops: int | None = None

    @property
    def address(self) -> str:
        return "metadata-defaults/account"

    @property
    def settings(self) -> dict[str, Any]:
        """What the manifest manages of the defaults."""
        return {"HttpTokens": "required", **({"HttpPutResponseHopLimit": self.hops} if self.hops else {})}

    def needs(self) -> Iterator[str]:
        yield ADDRESS


def metadata_defaults(facts: Facts, region: str) -> Mapping[str, Any]:
    """Read the defaults of a region; what nobody chose is not in it."""
    said: Mapping[str, Any] = facts.aws.at(region).ec2.get_instance_metadata_defaults().get("AccountLevel", {})
    return said


def ensure_metadata_defaults(run: Run, want: MetadataDefaults) -> None:
    """Require tokens in every region."""

    def require(run: Run, region: str, have: Mapping[str, Any]) -> None:
        if drift := compare(have, want.settings):
            # What is left out of this call stays as it is.
            run.update(
                f"metadata defaults in {region}",
                drift,
                run.aws.at(region).ec2.modify_instance_metadata_defaults,
                risk=access(reaches_further(have, want)),
                **want.settings,
            )

    run.side_by_side(require, run.read(everywhere, metadata_defaults, want.only))


def reaches_further(have: Mapping[str, Any], want: MetadataDefaults) -> str:
    """Say so when containers and the like get to credentials that they did not get to; -1 is no preference."""
    before = have.get("HttpPutResponseHopLimit", -1)
    return "metadata is reached from further away" if want.hops and 0 < before < want.hops else ""


def metadata_defaults_reads(want: MetadataDefaults) -> Iterator[Read]:
    """Yield the facts that the recipe of metadata defaults reads, to prefetch them."""
    yield everywhere, metadata_defaults, want.only


def read_permissions(want: MetadataDefaults) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "GetInstanceMetadataDefaults")


def write_permissions(want: MetadataDefaults) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("ec2", "ModifyInstanceMetadataDefaults", when=only_there(want))


def requires_tokens(have: Mapping[str, Any]) -> bool:
    """Tell whether new instances require tokens."""
    return bool(have.get("HttpTokens") == "required")


SWITCH = Switch(metadata_defaults, requires_tokens, "new instances answer to IMDSv2 only")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the defaults of metadata, where every region requires tokens, with the hops that all regions say."""
    by_region = answers(facts, metadata_defaults).by_region
    hops = {have.get("HttpPutResponseHopLimit", -1) for have in by_region.values()}
    same = hops.pop() if len(hops) == 1 else -1
    return SWITCH.things(facts, lambda only: MetadataDefaults(scope=scope, only=only, hops=same if same > 0 else None))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("ec2", "GetInstanceMetadataDefaults")


KIND = Kind(
    ensure_metadata_defaults,
    metadata_defaults_reads,
    resource=MetadataDefaults,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="New instances answer requests for their credentials to IMDSv2 only, in every region.",
        why="With the first version one careless web server hands the instance's credentials to whoever asks nicely.",
        undo=(TAKE_OUT, "aws ec2 modify-instance-metadata-defaults --http-tokens no-preference --region REGION"),
        controls=("CIS 5.6", "FSBP EC2.8"),
    ),
    word="metadata-defaults",
    found_by="one a region",
    owns="tokens; hops, if given",
    keeps="endpoint, tags in metadata, enforcement",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="who stops using awsbase does not ask for instances that hand out their credentials"),
)
