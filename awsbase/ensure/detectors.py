"""GuardDuty in every region: what looks like an attack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from awsbase.access.attributes import retagging
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, labelled, linked_role
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, deletion, visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things
from awsbase.ensure.regions import (
    ADDRESS,
    Only,
    answers,
    everywhere,
    in_regions,
    independent,
    looked_after,
    made_in,
    only_there,
    several,
)
from awsbase.facts import tags
from awsbase.prices import Cost, Price, by_use
from awsbase.prices import table as prices
from awsbase.records import record

# What AWS charges for beside the foundations, and switches on in a new detector unless it is named as DISABLED:
# https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html. EKS_RUNTIME_MONITORING is missing:
# AWS refuses it beside RUNTIME_MONITORING, which took its place.
PLANS: Mapping[str, tuple[str, Price | None]] = {
    "s3": ("S3_DATA_EVENTS", prices.GUARDDUTY_S3),
    "eks": ("EKS_AUDIT_LOGS", prices.GUARDDUTY_EKS),
    "malware": ("EBS_MALWARE_PROTECTION", prices.GUARDDUTY_MALWARE),
    "rds": ("RDS_LOGIN_EVENTS", prices.GUARDDUTY_RDS),
    "lambda": ("LAMBDA_NETWORK_LOGS", prices.GUARDDUTY_LAMBDA),
    "runtime": ("RUNTIME_MONITORING", prices.GUARDDUTY_RUNTIME),
    "ai": ("AI_PROTECTION", None),
    "ai-analyst": ("AI_ANALYST", None),
}
FOUNDATIONS = frozenset({"FLOW_LOGS", "CLOUD_TRAIL", "DNS_LOGS"})
FOUNDATION_PRICES = (prices.GUARDDUTY_EVENTS, prices.GUARDDUTY_LOGS)


@record(kw_only=True)
class Detectors(Resource):
    """A detector in each region that is on, with these plans of PLANS and no other.

    If `plans` is None, a new detector has none of them, and one that exists keeps what somebody chose.
    """

    only: Only = None
    plans: tuple[str, ...] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return "detectors/account"

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        region = self.scope.region
        for price in FOUNDATION_PRICES:
            yield by_use(price, region)
        for name in self.plans or ():
            price_of_plan = PLANS[name][1]
            yield by_use(price_of_plan, region) if price_of_plan else Cost(None, region, what=f"the plan {name}")

    def needs(self) -> Iterator[str]:
        yield ADDRESS


@record
class DetectorFacts:
    """The detector of a region; AWS returns which features are on, but for the oldest detectors."""

    id: str
    on: bool
    tags: Mapping[str, str] = field(default_factory=dict)
    features: Mapping[str, bool] = field(default_factory=dict)


def detector(facts: Facts, region: str) -> DetectorFacts | None:
    """Return the detector of a region: AWS allows one."""
    guardduty = facts.aws.at(region).guardduty
    pages = guardduty.get_paginator("list_detectors").paginate()
    for id in (id for page in pages for id in page["DetectorIds"]):
        held = guardduty.get_detector(DetectorId=id)
        told = (each for each in held.get("Features", ()) if {"Name", "Status"} <= each.keys())
        features = {each["Name"]: each["Status"] == "ENABLED" for each in told}
        return DetectorFacts(id, held["Status"] == "ENABLED", held.get("Tags", {}), features)
    return None


def detectors_reads(want: Detectors) -> Iterator[Read]:
    """Yield the facts that the recipe of detectors reads, to prefetch them."""
    yield everywhere, detector, want.only


def ensure_detectors(run: Run, want: Detectors) -> None:
    """Make a detector where there is none, and wake those that were put to sleep."""
    wanted = tags.wanted(want)

    def detect(run: Run, region: str, have: DetectorFacts | None) -> None:
        guardduty = run.aws.at(region).guardduty
        if have is None:
            # Every finding is published at once the first time; this is how often it is told that it goes on.
            often = "FIFTEEN_MINUTES"
            make = guardduty.create_detector
            run.create(
                f"detector in {region}",
                make,
                Enable=True,
                FindingPublishingFrequency=often,
                Tags=tags.with_origin(want),
                Features=features({name: plan in (want.plans or ()) for plan, (name, _) in PLANS.items()}),
            )
            return
        if drift := compare({"on": have.on}, {"on": True}):
            run.update(f"detector in {region}", drift, guardduty.update_detector, DetectorId=have.id, Enable=True)
        correct_features(run, want, region, have)
        if untagged := tags.missing(have.tags, wanted):
            arn = want.scope.at(region).arn("guardduty", f"detector/{have.id}")
            drift = compare(have.tags, untagged)
            run.update(
                f"tags in {region}",
                drift,
                guardduty.tag_resource,
                risk=access(retagging(run, have.tags, untagged)),
                ResourceArn=arn,
                Tags=untagged,
            )

    run.side_by_side(detect, run.read(everywhere, detector, want.only))


def correct_features(run: Run, want: Detectors, region: str, have: DetectorFacts) -> None:
    """Switch the features of a detector that exists, if the manifest names any: also off, which needs approval."""
    if want.plans is None:
        return
    wanted = {PLANS[plan][0] for plan in want.plans}
    # AWS does not offer each of them in each region, and lists those that it offers.
    changed = {
        name: name in wanted for name, on in have.features.items() if name not in FOUNDATIONS and on != (name in wanted)
    }
    if changed:
        off = [name for name, on in changed.items() if not on]
        run.update(
            f"features in {region}",
            [Drift(name, not on, on) for name, on in changed.items()],
            run.aws.at(region).guardduty.update_detector,
            risk=visibility(f"GuardDuty looks no longer at {', '.join(off)}" if off else ""),
            DetectorId=have.id,
            Features=features(changed),
        )


def administrator(facts: Facts, region: str) -> str:
    """Return the account that looks after the detector of a region; empty when this one does."""
    have = facts.read(detector, region)
    if have is None:
        return ""
    answer = facts.aws.at(region).guardduty.get_administrator_account(DetectorId=have.id)
    return str(answer.get("Administrator", {}).get("AccountId", ""))


def has_members(facts: Facts, region: str) -> bool:
    """Tell whether the detector of a region looks after other accounts too."""
    have = facts.read(detector, region)
    if have is None:
        return False
    return bool(facts.aws.at(region).guardduty.list_members(DetectorId=have.id, MaxResults=1).get("Members"))


def remove_detectors(run: Run, want: Detectors) -> None:
    """Delete the detectors that this manifest made, unless they are part of several accounts'."""
    found: Mapping[str, DetectorFacts | None] = run.read(everywhere, detector, want.only)
    there = {region: have for region, have in found.items() if have is not None}
    mine = made_in(run, want, {region: have.tags for region, have in there.items()})
    for region in independent(run, mine, administrator, has_members):
        run.delete(
            f"detector in {region}",
            run.aws.at(region).guardduty.delete_detector,
            risk=deletion("its findings go with it"),
            DetectorId=there[region].id,
        )


def features(on: Mapping[str, bool]) -> list[dict[str, str]]:
    """Return features as the API takes them."""
    return [{"Name": name, "Status": "ENABLED" if each else "DISABLED"} for name, each in on.items()]


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


def removal_permissions(want: Detectors) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("guardduty", "GetAdministratorAccount", "ListMembers", when=only_there(want))
    yield allow("guardduty", "DeleteDetector", on=in_regions(want, "guardduty", "detector/*"))


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the detectors as one where each region has one that is on; those of an administrator are left to it."""
    found = answers(facts, detector)
    yield from found.unread()
    have: dict[str, DetectorFacts] = {region: each for region, each in found.by_region.items() if each}
    want = Detectors(scope=scope, only=found.only, plans=plans_of(have.values()))
    managed = looked_after(facts, administrator, [region for region, each in have.items() if not ours(each, scope)])
    if managed:
        yield LeftAlone(want.address, *managed)
        return
    lacking = [region for region in found.by_region if region not in have]
    asleep = [region for region, each in have.items() if not each.on]
    if have and (lacking or asleep):
        fields = (f"none in {several(lacking)}" if lacking else "", f"off in {several(asleep)}" if asleep else "")
        yield NotExpressible(want.address, tuple(filter(None, fields)))
    elif have:
        yield Described(want, tags=tags.common(each.tags for each in have.values()))


def ours(have: DetectorFacts, scope: Scope) -> bool:
    """Tell whether this manifest made a detector, so that nobody has to be asked who looks after it."""
    return tags.is_ours(have.tags, scope)


def plans_of(several: Iterable[DetectorFacts]) -> tuple[str, ...] | None:
    """Return the plans that are on wherever AWS offers them, if there are any, and no others are."""
    features = [{name: on for name, on in each.features.items() if name not in FOUNDATIONS} for each in several]
    wanted = {name for each in features for name, on in each.items() if on}
    known = {name: plan for plan, (name, _) in PLANS.items()}
    same = all(on == (name in wanted) for each in features for name, on in each.items())
    return tuple(sorted(known[name] for name in wanted)) if wanted and same and wanted <= known.keys() else None


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("guardduty", "GetAdministratorAccount", "ListDetectors")
    yield allow("guardduty", "GetDetector", on=(scope.at("*").arn("guardduty", "detector/*"),))


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
        cost=(
            " and ".join(f"{each.rate}" for each in FOUNDATION_PRICES)
            + ", after 30 free days in each region; more for each plan: "
            + ", ".join(
                f"{name} {price.rate}" if price else f"{name}, see AWS's price list"
                for name, (_, price) in PLANS.items()
            )
        ),
    ),
    word="detectors",
    found_by="one a region",
    owns="that it is on, features that the manifest names",
    keeps="other features, how often findings are published",
    describe=Describe(things, listing_permissions),
    absent=Absent(
        remove_detectors,
        exempt="its findings tell what attackers have tried, and go with it",
        permissions=removal_permissions,
    ),
)
