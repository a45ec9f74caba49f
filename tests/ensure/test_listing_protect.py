"""What protects an account is told as the resources that would make it just so, region by region or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from awsbase.adopt.survey import Survey, survey
from awsbase.engine.resource import Resource
from awsbase.engine.things import LeftAlone, NotExpressible
from awsbase.ensure import KINDS
from awsbase.ensure.account_alias import AccountAlias
from awsbase.ensure.admin_ports import AdminPorts
from awsbase.ensure.analyzer import Analyzer
from awsbase.ensure.config_recorders import ConfigRecorders
from awsbase.ensure.contact import Contact
from awsbase.ensure.default_groups import DefaultGroups
from awsbase.ensure.default_security_group import ClosedDefaultGroup
from awsbase.ensure.detectors import Detectors
from awsbase.ensure.ebs_encryption import EbsEncryption
from awsbase.ensure.flow_logs import FlowLogs
from awsbase.ensure.image_block import ImageBlock
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.public_access_block import PublicAccessBlock
from awsbase.ensure.regions import Regions
from awsbase.ensure.root import Root
from awsbase.ensure.security_hubs import SecurityHubs
from awsbase.ensure.snapshot_block import NEW, SnapshotBlock
from awsbase.manifest.base import Base
from awsbase.manifest.opt_ins import Config, GuardDuty, SecurityHub, VpcFlowLogs
from awsbase.permissions import to_describe
from awsbase.sandbox import Sandbox
from awsbase.sandbox.services.config import Recorders
from awsbase.sandbox.services.guardduty import Detectors as SandboxDetectors
from awsbase.sandbox.services.securityhub import Hubs
from awsbase.testing.sample import account, person
from awsbase.testing.subject import FEWER, REGIONS
from tests.contract.sample import HOME, go, problems

FAR = "us-east-1"
KINDS_HERE: tuple[type[Resource], ...] = (
    *(AccountAlias, AdminPorts, Analyzer, ClosedDefaultGroup, ConfigRecorders, Contact, DefaultGroups, Detectors),
    *(EbsEncryption, FlowLogs, ImageBlock, MetadataDefaults, PublicAccessBlock, Regions, Root, SecurityHubs),
    SnapshotBlock,
)
BASE = Base("acme", HOME, {"owner": "platform"})
RECORDED = list(Config().resources(BASE, None))
LOGGED = list(VpcFlowLogs().resources(BASE, None))
WATCHED: list[Any] = [*GuardDuty(plans=("s3",)).resources(BASE, None), *SecurityHub().resources(BASE, None, None)]
SWITCHES = [
    PublicAccessBlock(scope=HOME),
    EbsEncryption(scope=HOME),
    SnapshotBlock(scope=HOME),
    ImageBlock(scope=HOME),
    MetadataDefaults(scope=HOME, hops=2),
    DefaultGroups(scope=HOME),
    Analyzer(scope=HOME, name="acme-access", tags=BASE.tags),
]
ALIAS = AccountAlias(scope=HOME, alias="acme-prod")
SECURITY = Contact(scope=HOME, matter="security", name="Team", title="S", email="s@acme.example", phone="+1 555 0100")
EVERYTHING = [Regions(scope=HOME), ALIAS, SECURITY, *SWITCHES, *RECORDED, *WATCHED, *LOGGED]


def listed(sandbox: Sandbox, *kinds: type[Resource]) -> Survey:
    """List what there is of some kinds; of all that protect an account, when none is named."""
    return survey(account(sandbox, None), HOME, [KINDS[kind] for kind in kinds or KINDS_HERE])


def described(sandbox: Sandbox, *kinds: type[Resource]) -> dict[str, Any]:
    """Return the described resources by their addresses."""
    return {each.name: each.resource for each in listed(sandbox, *kinds).described}


@pytest.fixture
def sandbox() -> Sandbox:
    """Return an account of four regions."""
    return Sandbox(pages=2, rules=FEWER)


@pytest.fixture(scope="module")
def protected() -> Sandbox:
    """Return an account in which all protection is on; nobody changes it."""
    made = Sandbox(pages=2, rules=FEWER, enforce=True)
    assert problems(go(made, "reconcile", EVERYTHING)) == []
    return made


def test_an_account_as_it_comes_has_its_regions_its_root_and_no_open_port(sandbox: Sandbox) -> None:
    found = listed(sandbox)
    assert [each.name for each in found.described] == ["admin-ports/account", "regions/enabled", "root/account"]
    assert len(found.things) == len(found.described)


def test_everything_that_is_on_is_told_as_what_would_make_it_just_so(protected: Sandbox) -> None:
    found = listed(protected)
    assert len(found.things) == len(found.described)
    told: dict[str, Any] = {each.name: each.resource for each in found.described}
    assert told.keys() == {
        *(each.address for each in EVERYTHING if type(each) in KINDS_HERE),
        *("admin-ports/account", "root/account"),
    }
    assert [told[each.address] for each in SWITCHES[:-1]] == SWITCHES[:-1]
    assert (told[ALIAS.address], told[SECURITY.address]) == (ALIAS, SECURITY)
    assert told["detectors/account"].plans == ("s3",)
    assert told["security-hubs/account"].standards == WATCHED[1].standards
    assert told["config-recorders/account"].bucket_name == "acme-config"
    assert told["flow-logs/account"].bucket_arn == "arn:aws:s3:::acme-flow-logs"


def test_tags_that_all_regions_have_are_told(protected: Sandbox) -> None:
    own = {"owner": "platform", "awsbase:created-by": "acme"}
    found = {each.name: each.tags for each in listed(protected).described}
    for address in ("analyzer/acme-access", "detectors/account", "flow-logs/account", "config-recorders/account"):
        assert found[address] == {**own, "awsbase:address": address}, address


def test_a_region_is_asked_at_most_a_dozen_times(sandbox: Sandbox) -> None:
    account(sandbox, None)
    sandbox.calls.clear()
    listed(sandbox)
    asked = Counter(call.region for call in sandbox.calls if call.service not in ("iam", "account", "s3control", "sts"))
    # Which regions there are is asked at home.
    assert max(asked[region] - (region == HOME.region) for region in REGIONS) <= 12


def ec2(sandbox: Sandbox) -> Any:
    return sandbox.client("ec2", FAR)


PARTLY: Mapping[str, tuple[Resource, Callable[[Sandbox], object], str]] = {
    "buckets": (
        SWITCHES[0],
        lambda aws: aws.client("s3control", HOME.region).put_public_access_block(
            AccountId=HOME.account,
            PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True},
        ),
        "BlockPublicPolicy is off",
    ),
    "volumes": (
        SWITCHES[1],
        lambda aws: ec2(aws).enable_ebs_encryption_by_default(),
        "new volumes are encrypted in us-east-1, and not in eu-central-1, eu-west-1, us-west-2",
    ),
    "snapshots": (
        SWITCHES[2],
        lambda aws: ec2(aws).enable_snapshot_block_public_access(State=NEW),
        "public snapshots are blocked in us-east-1, and not in eu-central-1, eu-west-1, us-west-2",
    ),
    "images": (
        SWITCHES[3],
        lambda aws: ec2(aws).enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing"),
        "public images are blocked in us-east-1, and not in eu-central-1, eu-west-1, us-west-2",
    ),
    "metadata": (
        SWITCHES[4],
        lambda aws: ec2(aws).modify_instance_metadata_defaults(HttpTokens="required"),
        "new instances answer to IMDSv2 only in us-east-1, and not in eu-central-1, eu-west-1, us-west-2",
    ),
    "default groups": (
        SWITCHES[5],
        lambda aws: go(aws, "reconcile", [Regions(scope=HOME, only=(FAR,)), DefaultGroups(scope=HOME, only=(FAR,))]),
        "the default security groups are closed in us-east-1, and not in eu-central-1, eu-west-1, us-west-2",
    ),
    "analyzers": (
        SWITCHES[6],
        lambda aws: aws.client("accessanalyzer", FAR).create_analyzer(analyzerName="acme-access", type="ACCOUNT"),
        "one in us-east-1, and none in eu-central-1, eu-west-1, us-west-2",
    ),
    "detectors": (
        WATCHED[0],
        lambda aws: aws.client("guardduty", FAR).create_detector(Enable=False),
        "none in eu-central-1, eu-west-1, us-west-2",
    ),
    "hubs": (
        WATCHED[1],
        lambda aws: aws.client("securityhub", FAR).enable_security_hub(),
        "a hub in us-east-1, and none in eu-central-1, eu-west-1, us-west-2",
    ),
}


@pytest.mark.parametrize("name", PARTLY)
def test_what_holds_in_some_regions_alone_no_manifest_says(sandbox: Sandbox, name: str) -> None:
    want, make, why = PARTLY[name]
    make(sandbox)
    (told,) = listed(sandbox, type(want)).things
    assert isinstance(told, NotExpressible)
    assert (told.name, told.fields[0]) == (want.address, why)


def test_snapshots_that_are_blocked_in_two_ways_no_manifest_says(sandbox: Sandbox) -> None:
    go(sandbox, "reconcile", [Regions(scope=HOME), SWITCHES[2]])
    ec2(sandbox).enable_snapshot_block_public_access(State=NEW)
    (told,) = listed(sandbox, SnapshotBlock).things
    assert isinstance(told, NotExpressible)
    for region in REGIONS:
        sandbox.client("ec2", region).enable_snapshot_block_public_access(State=NEW)
    assert described(sandbox, SnapshotBlock) == {told.name: SnapshotBlock(scope=HOME, state=NEW)}


def test_hops_are_told_where_all_regions_say_the_same(sandbox: Sandbox) -> None:
    go(sandbox, "reconcile", [Regions(scope=HOME), SWITCHES[4]])
    ec2(sandbox).modify_instance_metadata_defaults(HttpPutResponseHopLimit=3)
    assert described(sandbox, MetadataDefaults) == {SWITCHES[4].address: MetadataDefaults(scope=HOME)}


def test_the_name_of_an_analyzer_is_told_and_others_have_no_words(sandbox: Sandbox) -> None:
    for region in REGIONS:
        client = sandbox.client("accessanalyzer", region)
        client.create_analyzer(analyzerName="ConsoleAnalyzer", type="ACCOUNT")
    client.create_analyzer(analyzerName="unused", type="ACCOUNT_UNUSED_ACCESS")
    found = listed(sandbox, Analyzer)
    assert [each.name for each in found.described] == ["analyzer/ConsoleAnalyzer"]
    assert found.not_expressible == [
        NotExpressible(f"analyzer/unused@{REGIONS[-1]}", ("its type ACCOUNT_UNUSED_ACCESS",))
    ]


@pytest.mark.parametrize(
    ("change", "owner", "evidence"),
    [
        ({"name": "aws-controltower-BaselineConfigRecorder"}, "AWS Control Tower", "by its name"),
        (
            {"name": "AWSConfigurationRecorderForX", "servicePrincipal": "securityhub.amazonaws.com"},
            "securityhub.amazonaws.com",
            "AWS Config names it as the owner",
        ),
    ],
    ids=["Control Tower", "a service of AWS"],
)
def test_a_recorder_of_others_is_left_to_them(
    sandbox: Sandbox, change: dict[str, str], owner: str, evidence: str
) -> None:
    go(sandbox, "reconcile", [Regions(scope=HOME), *RECORDED])
    for held in sandbox.memory(Recorders).regions.values():
        held.recorder = {**held.recorder, **change}
    found = listed(sandbox, ConfigRecorders)
    assert found.left_alone == [
        LeftAlone(HOME.at(region).address("config-recorders", change["name"]), owner, evidence)
        for region in sorted(REGIONS)
    ]
    assert len(found.things) == len(REGIONS)


def test_a_recorder_elsewhere_or_to_another_bucket_no_manifest_says(sandbox: Sandbox) -> None:
    go(sandbox, "reconcile", [Regions(scope=HOME), *RECORDED])
    held = sandbox.memory(Recorders).regions
    held[FAR].channel = {**held[FAR].channel, "s3BucketName": "elsewhere"}
    held["us-west-2"].channel, held["eu-central-1"].recorder = {}, {}
    (told,) = listed(sandbox, ConfigRecorders).things
    assert told == NotExpressible(
        "config-recorders/account",
        (
            "recorded in eu-west-1, us-east-1, us-west-2, and not by this account in eu-central-1",
            "nothing is delivered from us-west-2",
            "several buckets: acme-config, elsewhere",
        ),
    )


def test_what_an_administrator_watches_is_left_to_it(sandbox: Sandbox) -> None:
    for region in REGIONS:
        sandbox.client("guardduty", region).create_detector(Enable=True)
        sandbox.client("securityhub", region).enable_security_hub()
    sandbox.memory(SandboxDetectors).administrator = sandbox.memory(Hubs).administrator = "999999999999"
    where = "eu-central-1, eu-west-1, us-east-1, us-west-2"
    assert listed(sandbox, Detectors, SecurityHubs).things == tuple(
        LeftAlone(address, "account 999999999999", f"GetAdministratorAccount names it as administrator in {where}")
        for address in ("detectors/account", "security-hubs/account")
    )


@pytest.mark.parametrize(
    ("plans", "spoil", "told"),
    [((), None, None), (("malware", "s3"), None, ("malware", "s3")), (("s3",), FAR, None)],
    ids=["none", "some", "others in another region"],
)
def test_plans_are_told_where_all_regions_have_the_same(
    sandbox: Sandbox, plans: Any, spoil: str | None, told: tuple[str, ...] | None
) -> None:
    go(sandbox, "reconcile", [Regions(scope=HOME), *GuardDuty(plans=plans).resources(BASE, None)])
    if spoil:
        client = sandbox.client("guardduty", spoil)
        (id,) = client.list_detectors()["DetectorIds"]
        client.update_detector(DetectorId=id, Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}])
    assert described(sandbox, Detectors)["detectors/account"].plans == told


def test_logs_of_some_vpcs_or_to_another_bucket_have_no_words(sandbox: Sandbox) -> None:
    go(sandbox, "reconcile", [Regions(scope=HOME), *LOGGED])
    new = ec2(sandbox).create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    found = listed(sandbox, FlowLogs)
    assert found.described == []
    why = f"not all VPCs are logged: {new} are not"
    assert found.not_expressible == [NotExpressible("flow-logs/account", (why,))]

    go(sandbox, "reconcile", list(VpcFlowLogs(bucket="acme-others").resources(BASE, None))[:1])
    logged = {"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::acme-others", "TrafficType": "ALL"}
    ec2(sandbox).create_flow_logs(ResourceIds=[new], ResourceType="VPC", **logged)
    found = listed(sandbox, FlowLogs)
    assert [each.name for each in found.described] == ["flow-logs/account"]
    assert [each.fields for each in found.not_expressible] == [("it goes to arn:aws:s3:::acme-others",)]


@pytest.mark.parametrize(
    ("port", "source", "open"),
    [(22, "0.0.0.0/0", True), (3389, "203.0.113.0/24", False), (443, "0.0.0.0/0", False)],
    ids=["SSH to the world", "RDP to the office", "the web"],
)
def test_ports_are_closed_while_no_group_lets_the_world_in(
    sandbox: Sandbox, port: int, source: str, open: bool
) -> None:
    group = ec2(sandbox).create_security_group(GroupName="jump", Description="jump host")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": source}]}
    ec2(sandbox).authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert bool(described(sandbox, AdminPorts)) != open


def closing(region: str) -> dict[str, Any]:
    """Return a policy of an organization that closes a region."""
    where = {"StringEquals": {"aws:RequestedRegion": region}}
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": where}],
    }


def test_a_region_that_an_organization_closes_is_told_once(sandbox: Sandbox) -> None:
    closed = Sandbox(rules=FEWER, deny=[closing("us-west-2")])
    go(closed, "reconcile", [Regions(scope=HOME, only=(FAR,)), ImageBlock(scope=HOME, only=(FAR,))])
    for region in ("eu-central-1", "eu-west-1"):
        closed.client("ec2", region).enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")
    found = listed(closed)
    assert [each.name for each in found.unread] == ["region us-west-2"]
    (image,) = (each.resource for each in found.described if isinstance(each.resource, ImageBlock))
    assert image.only == ("eu-central-1", "eu-west-1", "us-east-1")


def test_listing_needs_no_more_than_it_declares(protected: Sandbox) -> None:
    kinds = {kind: KINDS[kind] for kind in KINDS_HERE}
    worker = person(protected, *to_describe(kinds, HOME).documents)
    found = survey(account(protected, worker), HOME, kinds.values())
    assert found.things == listed(protected).things
