"""Settings of the whole account, as tables of facts and changes."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.changes import Unknown
from awsbase.engine.scope import Scope
from awsbase.ensure.analyzer import Analyzer, AnalyzerFacts
from awsbase.ensure.default_groups import DefaultGroup, DefaultGroups, starters
from awsbase.ensure.ebs_encryption import EbsEncryption, default_key, for_volumes
from awsbase.ensure.image_block import ImageBlock
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.public_access_block import FOUR, PublicAccessBlock, public_access
from awsbase.ensure.regions import everywhere
from awsbase.ensure.snapshot_block import ALL, NEW, SnapshotBlock
from awsbase.facts.authorization import RoleFacts, roles
from awsbase.samples.protect import GROUPS, REGIONS, default_group, ec2, let_in
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME, go
from tests.contract.sample import said as reported
from tests.ensure.planned import KnownFacts, described, planned

ON = dict.fromkeys(FOUR, True)
OURS = {"awsbase:address": "analyzer/acme-access"}
ANY: dict[str, Any] = {"IpProtocol": "-1"}
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (ON, []),
        (dict.fromkeys(FOUR, False), ["update public access block"]),
        (ON | {"RestrictPublicBuckets": False}, ["update public access block"]),
    ],
    ids=["on", "off", "one off"],
)
def test_public_access_block_is_written_as_a_whole(have: dict[str, bool], changes: list[str]) -> None:
    assert described(planned(PublicAccessBlock(scope=HOME), {public_access: have})) == changes


@pytest.mark.parametrize(
    ("on", "key", "result", "changes"),
    [
        (True, KEY, KEY, []),
        (False, KEY, KEY, ["update encryption in us-east-1"]),
        (True, "alias/aws/ebs", KEY, ["update key in us-east-1"]),
        (False, "alias/aws/ebs", Unknown("key"), ["update encryption in us-east-1", "update key in us-east-1"]),
    ],
    ids=["converged", "off", "AWS's key", "key not made yet"],
)
def test_volumes_are_encrypted_with_the_named_key(on: bool, key: str, result: object, changes: list[str]) -> None:
    want = EbsEncryption(scope=HOME, keys={"us-east-1": "key/acme-ebs@us-east-1"})
    facts = {everywhere: {"us-east-1": on}, default_key: key}
    assert described(planned(want, facts, {"key/acme-ebs@us-east-1": result})) == changes


@pytest.mark.parametrize(
    ("have", "want", "risky"),
    [
        (ALL, ALL, []),
        (NEW, NEW, []),
        ("unblocked", ALL, [False]),
        (NEW, ALL, [False]),
        ("unblocked", NEW, [False]),
        (ALL, NEW, [True]),
    ],
)
def test_only_a_weaker_snapshot_block_is_risky(have: str, want: str, risky: list[bool]) -> None:
    run = planned(SnapshotBlock(scope=HOME, state=want), {everywhere: {"eu-west-1": have}})
    assert [bool(change.risk) for change in run.changes] == risky


@pytest.mark.parametrize(
    ("have", "hops", "fields"),
    [
        ({}, None, ["HttpTokens"]),
        ({"HttpTokens": "required", "ManagedBy": "account"}, None, []),
        ({"HttpTokens": "required", "HttpPutResponseHopLimit": 1}, 2, ["HttpPutResponseHopLimit"]),
        ({"HttpTokens": "required", "HttpPutResponseHopLimit": 1}, None, []),
        ({"HttpTokens": "optional"}, 2, ["HttpTokens", "HttpPutResponseHopLimit"]),
    ],
    ids=["nobody chose", "required", "other hops", "hops not managed", "optional"],
)
def test_new_instances_require_tokens(have: dict[str, Any], hops: int | None, fields: list[str]) -> None:
    run = planned(MetadataDefaults(scope=HOME, hops=hops), {everywhere: {"eu-west-1": have}})
    assert [drift.field for change in run.changes for drift in change.drift] == fields


@pytest.mark.parametrize(
    ("have", "changes", "asked"),
    [
        ((), [], 0),
        (
            (DefaultGroup("sg-1", "vpc-1", inward=(ANY,), outward=(ANY,)),),
            [
                "delete rules inward of default group sg-1 of vpc-1 in eu-west-1",
                "delete rules outward of default group sg-1 of vpc-1 in eu-west-1",
            ],
            0,
        ),
        (
            (DefaultGroup("sg-1", "vpc-1", outward=(ANY,)),),
            ["delete rules outward of default group sg-1 of vpc-1 in eu-west-1"],
            0,
        ),
        ((DefaultGroup("sg-1", "vpc-1", inward=(ANY,), outward=(ANY,), users=("eni-1",)),), [], 1),
        (
            (DefaultGroup("sg-1", "vpc-1", outward=(ANY,), users=("eni-1",)), DefaultGroup("sg-2", "vpc-2", (ANY,))),
            ["delete rules inward of default group sg-2 of vpc-2 in eu-west-1"],
            1,
        ),
    ],
    ids=["all closed", "as it comes", "half closed", "in use", "one of two in use"],
)
def test_default_groups_are_closed_unless_in_use(
    have: tuple[DefaultGroup, ...], changes: list[str], asked: int
) -> None:
    run = planned(DefaultGroups(scope=HOME), {everywhere: {"eu-west-1": have}, starters: {}})
    assert described(run) == changes
    assert len(run.manual_actions) == asked


@pytest.mark.parametrize(
    ("principal", "tagged", "reason"),
    [
        (
            "lambda.amazonaws.com",
            {},
            "cuts off what lambda.amazonaws.com (role jobs) may start without a group of its own",
        ),
        ("lambda.amazonaws.com", {"awsbase:address": "role/jobs"}, None),
        ("support.amazonaws.com", {}, None),
    ],
    ids=["may start something", "made by awsbase", "starts nothing"],
)
def test_closing_a_default_group_is_risky_while_a_service_may_start_something(
    principal: str, tagged: dict[str, str], reason: str | None
) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}]}
    held = RoleFacts("arn:aws:iam::123456789012:role/jobs", "jobs", "/", trust=trust, tags=tagged)
    found = starters(KnownFacts({roles: {"jobs": held}}))
    have = (DefaultGroup("sg-1", "vpc-1", outward=(ANY,)),)
    (change,) = planned(DefaultGroups(scope=HOME), {everywhere: {"eu-west-1": have}, starters: found}).changes
    assert (change.risk and change.risk.reason) == reason


def test_default_group_that_a_launch_template_names_stays_open() -> None:
    sandbox = Sandbox()
    data = {"NetworkInterfaces": [{"DeviceIndex": 0, "Groups": [default_group(sandbox)]}]}
    ec2(sandbox).create_launch_template(LaunchTemplateName="fleet", LaunchTemplateData=data)
    plan = go(sandbox, "plan", [REGIONS, GROUPS])
    assert reported(plan) == []
    assert ["launch template fleet" in ask.title for ask in plan.manual_actions] == [True]


def test_default_group_is_closed_once_it_is_unused() -> None:
    sandbox = Sandbox(pages=2)
    subnet = ec2(sandbox).describe_subnets()["Subnets"][0]["SubnetId"]
    interface = ec2(sandbox).create_network_interface(SubnetId=subnet, Groups=[default_group(sandbox)])
    id = interface["NetworkInterface"]["NetworkInterfaceId"]

    busy = go(sandbox, "reconcile", [REGIONS, GROUPS])
    assert reported(busy) == []
    (ask,) = busy.manual_actions
    assert id in ask.title
    assert default_group(sandbox) in ask.probe

    ec2(sandbox).delete_network_interface(NetworkInterfaceId=id)
    free = go(sandbox, "reconcile", [REGIONS, GROUPS])
    assert free.manual_actions == ()
    assert len(free.changes) == 2


def test_reopened_default_group_is_closed_again() -> None:
    sandbox = Sandbox()
    go(sandbox, "reconcile", [REGIONS, GROUPS])
    closed = sandbox.snapshot()
    let_in(sandbox)
    assert sandbox.snapshot() != closed
    (change,) = go(sandbox, "reconcile", [REGIONS, GROUPS]).changes
    assert change[1].what.startswith(f"rules inward of default group {default_group(sandbox)}")
    assert sandbox.snapshot() == closed


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (None, ["create analyzer in eu-west-1"]),
        (AnalyzerFacts("arn", OURS), []),
        (AnalyzerFacts("arn", OURS | {"made-by": "hand"}), []),
        (AnalyzerFacts("arn", {"made-by": "hand"}), ["update tags in eu-west-1"]),
    ],
    ids=["missing", "ours", "more tags", "made by hand"],
)
def test_analyzer_is_created_or_adopted(have: AnalyzerFacts | None, changes: list[str]) -> None:
    assert described(planned(Analyzer(scope=HOME, name="acme-access"), {everywhere: {"eu-west-1": have}})) == changes


@pytest.mark.parametrize(
    ("region", "service"),
    [("eu-west-1", "ec2.eu-west-1.amazonaws.com"), ("cn-north-1", "ec2.cn-north-1.amazonaws.com.cn")],
)
def test_volume_key_is_limited_to_ec2_of_its_account_and_region(region: str, service: str) -> None:
    statement: Any = for_volumes(Scope("123456789012", region, region))
    condition = statement["Condition"]["StringEquals"]
    assert condition == {"kms:CallerAccount": "123456789012", "kms:ViaService": service}


@pytest.mark.parametrize(
    ("have", "changes"),
    [("unblocked", ["update image block in us-east-1"]), ("block-new-sharing", [])],
    ids=["off", "on"],
)
def test_image_block_in_progress_is_noted(have: str, changes: list[str]) -> None:
    run = planned(ImageBlock(scope=HOME), {everywhere: {"us-east-1": have}})
    assert described(run) == changes
    assert bool(run.notes) == bool(changes)
