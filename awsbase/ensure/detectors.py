"""GuardDuty in every region: what looks like an attack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, labelled, linked_role
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure.regions import ADDRESS, Only, everywhere, in_regions, only_there
from awsbase.facts import tags
from awsbase.records import record


@record(kw_only=True)
class Detectors(Resource):
    """A detector in each region that is on; one that exists is adopted, with the features somebody chose."""

    only: Only = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return "detectors/account"

    @property
    def price(self) -> str:
        return "$4 per million CloudTrail events and $1 per GB of network logs, after 30 free days in each region"

    def needs(self) -> Iterator[str]:
        yield ADDRESS


@record
class DetectorFacts:
    """The detector of a region."""

    id: str
    on: bool
    tags: Mapping[str, str] = field(default_factory=dict)


def detector(facts: Facts, region: str) -> DetectorFacts | None:
    """Return the detector of a region: AWS allows one."""
    guardduty = facts.aws.at(region).guardduty
    pages = guardduty.get_paginator("list_detectors").paginate()
    for id in (id for page in pages for id in page["DetectorIds"]):
        held = guardduty.get_detector(DetectorId=id)
        return DetectorFacts(id, held["Status"] == "ENABLED", held.get("Tags", {}))
    return None


def detectors_reads(want: Detectors) -> Iterator[Read]:
    """Yield the facts that the recipe of detectors reads, to prefetch them."""
    yield everywhere, detector, want.only


def ensure_detectors(run: Run, want: Detectors) -> None:
    """Make a detector where there is none, and wake those that were put to sleep."""
    wanted = tags.wanted(want)
    for region, have in run.read(everywhere, detector, want.only).items():
        guardduty = run.aws.at(region).guardduty
        if have is None:
            # Every finding is published at once the first time; this is how often it is told that it goes on.
            often = "FIFTEEN_MINUTES"
            make = guardduty.create_detector
            run.create(f"detector in {region}", make, Enable=True, FindingPublishingFrequency=often, Tags=wanted)
            continue
        if drift := compare({"on": have.on}, {"on": True}):
            run.update(f"detector in {region}", drift, guardduty.update_detector, DetectorId=have.id, Enable=True)
        if untagged := tags.missing(have.tags, wanted):
            arn = want.scope.at(region).arn("guardduty", f"detector/{have.id}")
            drift = compare(have.tags, untagged)
            run.update(f"tags in {region}", drift, guardduty.tag_resource, ResourceArn=arn, Tags=untagged)


def read_permissions(want: Detectors) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("guardduty", "ListDetectors")
    yield allow("guardduty", "GetDetector", on=in_regions(want, "guardduty", "detector/*"))


def write_permissions(want: Detectors) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("guardduty", "CreateDetector", when=only_there(want))
    yield allow("guardduty", "TagResource", when=labelled(want.address))
    yield allow("guardduty", "TagResource", "UpdateDetector", on=in_regions(want, "guardduty", "detector/*"))
    yield linked_role(want.scope, "guardduty.amazonaws.com")


KIND = Kind(
    ensure_detectors,
    detectors_reads,
    resource=Detectors,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="GuardDuty watches API calls, DNS and network traffic for what attackers do, in every region.",
        why="It knows what stolen keys are used for, and tells it within minutes.",
        undo=(
            TAKE_OUT,
            "aws guardduty list-detectors --region REGION",
            "aws guardduty delete-detector --detector-id ID",
        ),
        controls=("FSBP GuardDuty.1",),
        cost="$4 per million API calls and $1 per GB of network logs, after 30 free days in each region",
    ),
    word="detectors",
    found_by="one a region",
    owns="that it is on",
    keeps="features, how often findings are published",
)
