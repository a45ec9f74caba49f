"""AWS Config in every region: what each resource looks like, and when that changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Passes, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things
from awsbase.ensure.regions import ADDRESS, Only, answers, everywhere, in_regions, made_in, only_there, several
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record

# A region has one recorder and one channel of its owner's; these are the names that the console gives.
NAME = "default"
ROLE = "AWSServiceRoleForConfig"
LISTED = ("DescribeConfigurationRecorderStatus", "DescribeConfigurationRecorders", "DescribeDeliveryChannels")
# What AWS Control Tower sets up in its accounts begins so. The policy of the organization that comes with it
# refuses config:Put*, Delete* and Stop* to all but its own role.
CONTROL_TOWER = "aws-controltower-"


class ForeignRecorder(AwsbaseError):
    """A region has one recorder, and it is AWS Control Tower's to change."""


@record(kw_only=True)
class ConfigRecorders(Resource):
    """A recorder in each region that records everything, delivered to one bucket; what exists is adopted by its place.

    Resources without a region are recorded at home only: each region would record them once more, and be paid for it.
    How often, an SNS topic, the frequency of snapshots stay as somebody chose them.
    """

    bucket_name: str
    bucket: str
    role: str
    only: Only = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return "config-recorders/account"

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.CONFIG, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield from (ADDRESS, self.bucket, self.role)


@record
class ConfigFacts:
    """The recorder and the channel of a region as AWS tells them; both empty where there are none."""

    recorder: Mapping[str, Any] = field(default_factory=dict)
    channel: Mapping[str, Any] = field(default_factory=dict)
    recording: bool = False


def recorded(facts: Facts, region: str) -> ConfigFacts:
    """Read what is recorded in a region, and where to."""
    recorders, channels = facts.read_all((recorders_of, region), (channels_of, region))
    mine: Mapping[str, Any] = next(filter(is_customers, recorders), {})
    status = facts.read(status_of, region) if mine else ()
    on = any(each["recording"] for each in status if each["name"] == mine["name"])
    return ConfigFacts(mine, channels[0] if channels else {}, on)


def is_customers(recorder: Mapping[str, Any]) -> bool:
    """Tell whether a recorder is the account's own: those of AWS's services are listed beside it."""
    return not recorder.get("servicePrincipal")


def recorders_of(facts: Facts, region: str) -> Any:
    """Return the configuration recorders of a region."""
    return facts.aws.at(region).config.describe_configuration_recorders()["ConfigurationRecorders"]


def status_of(facts: Facts, region: str) -> Any:
    """Return the status of a region's configuration recorders."""
    return facts.aws.at(region).config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]


def channels_of(facts: Facts, region: str) -> Any:
    """Return the delivery channels of a region."""
    return facts.aws.at(region).config.describe_delivery_channels()["DeliveryChannels"]


def config_recorders_reads(want: ConfigRecorders) -> Iterator[Read]:
    """Yield the facts that the recipe of config recorders reads, to prefetch them."""
    yield everywhere, recorded, want.only


def ensure_config_recorders(run: Run, want: ConfigRecorders) -> None:
    """Record everything in every region, resources without a region at home, and deliver it to the one bucket."""
    role = run.result(want.role)
    found: Mapping[str, ConfigFacts] = run.read(everywhere, recorded, want.only)
    theirs = [region for region, have in found.items() if by_control_tower(region, have)]
    if theirs:
        run.note(f"AWS Control Tower records everything in {several(theirs)}, which is left to it")

    def record_all(run: Run, region: str, have: ConfigFacts) -> None:
        keep_record(run, want, region, have, role)
        deliver(run, want, region, have)
        if drift := compare({"recording": have.recording}, {"recording": True}):
            run.update(
                f"recording in {region}",
                drift,
                run.aws.at(region).config.start_configuration_recorder,
                ConfigurationRecorderName=have.recorder.get("name", NAME),
            )

    run.side_by_side(record_all, {region: have for region, have in found.items() if region not in theirs})


def by_control_tower(region: str, have: ConfigFacts) -> bool:
    """Tell whether AWS Control Tower records a region; raises ForeignRecorder when it records less than everything."""
    name = have.recorder.get("name", "")
    if not name.startswith(CONTROL_TOWER):
        return False
    if have.recording and have.channel and have.recorder.get("recordingGroup", {}).get("allSupported"):
        return True
    raise ForeignRecorder(
        f"the recorder of {region}, {name}, is AWS Control Tower's, and does not record everything",
        hint="change it in Control Tower, or leave out protect.config; where Control Tower is gone, run `aws "
        f"configservice delete-configuration-recorder --configuration-recorder-name {name} --region {region}`",
    )


def keep_record(run: Run, want: ConfigRecorders, region: str, have: ConfigFacts, role: str) -> None:
    """Make the recorder of a region, or let it record everything."""
    put = run.aws.at(region).config.put_configuration_recorder
    group = have.recorder.get("recordingGroup", {})
    wanted = {"all": True, "global": region == want.scope.home, "role": role}
    is_now = {
        "all": group.get("allSupported", False),
        "global": group.get("includeGlobalResourceTypes", False),
        "role": have.recorder.get("roleARN"),
    }
    recorder = {
        "name": have.recorder.get("name", NAME),
        "roleARN": role,
        "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": wanted["global"]},
        # The call replaces all of it.
        **{key: have.recorder[key] for key in ("recordingMode",) if key in have.recorder},
    }
    if not have.recorder:
        # Only the call that makes a recorder takes tags.
        labels = tags.pairs(tags.with_origin(want))
        run.create(f"recorder in {region}", put, ConfigurationRecorder=recorder, Tags=labels)
    elif drift := compare(is_now, wanted):
        run.update(f"recorder in {region}", drift, put, ConfigurationRecorder=recorder)


def deliver(run: Run, want: ConfigRecorders, region: str, have: ConfigFacts) -> None:
    """Make the channel of a region, or turn it to the bucket."""
    put = run.aws.at(region).config.put_delivery_channel
    channel = {**have.channel, "name": have.channel.get("name", NAME), "s3BucketName": want.bucket_name}
    if have.channel.get("s3BucketName") != want.bucket_name:
        # Prefix and key are those of another bucket.
        channel = {key: value for key, value in channel.items() if key not in ("s3KeyPrefix", "s3KmsKeyArn")}
    if not have.channel:
        run.create(f"delivery channel in {region}", put, DeliveryChannel=channel)
    elif drift := compare({"bucket": have.channel.get("s3BucketName")}, {"bucket": want.bucket_name}):
        risk = visibility(f"{have.channel.get('s3BucketName')} gets no new record of {region}")
        run.update(f"delivery channel in {region}", drift, put, risk=risk, DeliveryChannel=channel)


def recorder_tags(facts: Facts, region: str) -> Mapping[str, str]:
    """Return the tags of a region's recorder; none where there is no recorder."""
    recorder = facts.read(recorded, region).recorder
    if not recorder:
        return {}
    pages = facts.aws.at(region).config.get_paginator("list_tags_for_resource").paginate(ResourceArn=recorder["arn"])
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def remove_config_recorders(run: Run, want: ConfigRecorders) -> None:
    """Stop the recorders that this manifest made, and delete them with their channels; the record stays."""
    found: Mapping[str, ConfigFacts] = run.read(everywhere, recorded, want.only)
    held = run.read(everywhere, recorder_tags, want.only)
    for region in made_in(run, want, {region: held[region] for region, have in found.items() if have.recorder}):
        config, have = run.aws.at(region).config, found[region]
        # AWS deletes no channel while something is delivered by it.
        if have.recording:
            run.update(
                f"recording in {region}",
                [Drift("recording", True, False)],
                config.stop_configuration_recorder,
                risk=visibility(f"nobody is told any more how the resources of {region} change"),
                ConfigurationRecorderName=have.recorder["name"],
            )
        if have.channel:
            drop = config.delete_delivery_channel
            run.delete(f"delivery channel in {region}", drop, DeliveryChannelName=have.channel["name"])
        forget = config.delete_configuration_recorder
        run.delete(f"recorder in {region}", forget, ConfigurationRecorderName=have.recorder["name"])


def read_permissions(want: ConfigRecorders) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("config", *LISTED)


def write_permissions(want: ConfigRecorders) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    recorders = in_regions(want, "config", "configuration-recorder/*")
    yield allow("config", "PutConfigurationRecorder", "StartConfigurationRecorder", "TagResource", on=recorders)
    yield allow("config", "PutDeliveryChannel", when=only_there(want))


def removal_permissions(want: ConfigRecorders) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    recorders = in_regions(want, "config", "configuration-recorder/*")
    forget = ("DeleteConfigurationRecorder", "ListTagsForResource", "StopConfigurationRecorder")
    yield allow("config", *forget, on=recorders)
    yield allow("config", "DeleteDeliveryChannel", when=only_there(want))


def passed_roles(want: ConfigRecorders) -> Passes:
    """Yield the roles that are handed to a service of AWS."""
    yield want.role, "config.amazonaws.com"


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the recorders as one where each region has one that delivers to one bucket, and others' by their names."""
    found = answers(facts, recorders_of)
    yield from found.unread()
    mine: list[str] = []
    for region, recorders in found.by_region.items():
        for each in recorders:
            name = scope.at(region).address("config-recorders", each["name"])
            if not is_customers(each):
                yield LeftAlone(name, each["servicePrincipal"], "AWS Config names it as the owner")
            elif each["name"].startswith(CONTROL_TOWER):
                yield LeftAlone(name, "AWS Control Tower", "by its name")
            else:
                mine.append(region)
    if not mine:
        return
    known = facts.read_all(*((recorded, region) for region in mine))
    have: dict[str, ConfigFacts] = dict(zip(mine, known, strict=True))
    bucket = max(each.channel.get("s3BucketName", "") for each in have.values())
    want = ConfigRecorders(
        scope=scope, bucket_name=bucket, bucket=f"bucket/{bucket}", role=f"role/{ROLE}", only=found.only
    )
    if problems := tuple(differences(have, [region for region in found.by_region if region not in mine])):
        yield NotExpressible(want.address, problems)
    else:
        # Who makes one in each region makes them all alike.
        yield Described(want, tags=facts.read(recorder_tags, mine[0]))


def differences(have: Mapping[str, ConfigFacts], lacking: Sequence[str]) -> Iterator[str]:
    """Yield why no manifest says what is recorded: it says the same of all regions."""
    if lacking:
        yield f"recorded in {several(list(have))}, and not by this account in {several(lacking)}"
    if silent := [region for region, each in have.items() if not each.channel]:
        yield f"nothing is delivered from {several(silent)}"
    if len(buckets := {each.channel["s3BucketName"] for each in have.values() if each.channel}) > 1:
        yield f"several buckets: {several(sorted(buckets))}"


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("config", *LISTED)
    yield allow("config", "ListTagsForResource", on=(scope.at("*").arn("config", "configuration-recorder/*"),))


KIND = Kind(
    ensure_config_recorders,
    config_recorders_reads,
    resource=ConfigRecorders,
    permissions=Permissions(read=read_permissions, write=write_permissions, passes=passed_roles),
    about=About(
        what="AWS Config records how every resource was set up, and each change of it, in every region.",
        why="It answers what was open last Tuesday. Security Hub judges what it records.",
        undo=(
            TAKE_OUT,
            "aws configservice stop-configuration-recorder --configuration-recorder-name default --region REGION",
        ),
        controls=("CIS 3.3", "FSBP Config.1"),
        cost=f"{prices.CONFIG.rate}: some dollars a month, far more where much is built and torn down",
    ),
    word="config-recorders",
    found_by="one a region",
    owns="what is recorded, role, bucket, that it records",
    keeps="names, how often, topic; Control Tower's",
    describe=Describe(things, listing_permissions),
    absent=Absent(
        remove_config_recorders,
        exempt="what it has recorded answers questions about the past, and nothing records it again",
        turn="last",
        permissions=removal_permissions,
    ),
)
