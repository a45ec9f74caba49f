"""What new instances ask of whoever reads their metadata, and with it the credentials of their role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.ensure.regions import ADDRESS, Only, everywhere
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
    for region, have in run.read(everywhere, metadata_defaults, want.only).items():
        if drift := compare(have, want.settings):
            # What is left out of this call stays as it is.
            run.update(
                f"metadata defaults in {region}",
                drift,
                run.aws.at(region).ec2.modify_instance_metadata_defaults,
                risk=access(reaches_further(have, want)),
                **want.settings,
            )


def reaches_further(have: Mapping[str, Any], want: MetadataDefaults) -> str:
    """Say so when containers and the like get to credentials that they did not get to; -1 is no preference."""
    before = have.get("HttpPutResponseHopLimit", -1)
    return "metadata is reached from further away" if want.hops and 0 < before < want.hops else ""


def metadata_defaults_reads(want: MetadataDefaults) -> Iterator[Read]:
    yield everywhere, metadata_defaults, want.only
