"""What protects an account stays when awsbase goes; what was made beside it goes, if this manifest made it."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.resource import Resource
from awsbase.ensure import KINDS
from awsbase.ensure.account_alias import AccountAlias
from awsbase.ensure.admin_ports import AdminPorts
from awsbase.ensure.contact import Contact
from awsbase.ensure.default_groups import DefaultGroups
from awsbase.ensure.ebs_encryption import EbsEncryption
from awsbase.ensure.image_block import ImageBlock
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.public_access_block import PublicAccessBlock
from awsbase.ensure.regions import Regions
from awsbase.ensure.root import Root
from awsbase.ensure.snapshot_block import SnapshotBlock
from awsbase.samples.opt_ins import (
    CONFIG_BUCKET,
    CONFIG_ROLE,
    DETECTORS,
    FAR,
    FLOW_BUCKET,
    FLOW_LOGS,
    HUBS,
    RECORDERS,
    far,
    vpc,
)
from awsbase.samples.protect import ANALYZER, REGIONS
from awsbase.sandbox import Sandbox
from awsbase.sandbox.services.guardduty import Detectors as SandboxDetectors
from awsbase.sandbox.services.securityhub import Hubs
from awsbase.testing.removal import Leaving
from awsbase.testing.trial import trial
from tests.contract.sample import HOME, go, problems, said
from tests.ensure.removal import STAYS, remarks, take_away

ALIAS = AccountAlias(scope=HOME, alias="acme-prod")
CONFIG = [REGIONS, CONFIG_BUCKET, CONFIG_ROLE, RECORDERS]
# Of each the last one is removed.
CASES: dict[str, list[Any]] = {
    "analyzer": [REGIONS, ANALYZER],
    "AWS Config": CONFIG,
    "GuardDuty": [REGIONS, DETECTORS],
    "Security Hub": [REGIONS, HUBS],
}
STAYING = (
    *(AdminPorts, Contact, DefaultGroups, EbsEncryption, ImageBlock, MetadataDefaults),
    *(PublicAccessBlock, Regions, Root, SnapshotBlock),
)


@pytest.mark.parametrize("kind", STAYING, ids=lambda kind: kind.__name__)
def test_what_is_never_reverted_says_why(kind: type[Resource]) -> None:
    absent = KINDS[kind].absent
    assert absent is not None
    assert absent.remove is None
    assert absent.why


@pytest.mark.parametrize(
    ("kind", "exempt"),
    [
        *((type(each), True) for each in (ALIAS, RECORDERS, DETECTORS, HUBS)),
        *((type(each), False) for each in (ANALYZER, FLOW_LOGS)),
    ],
    ids=lambda each: getattr(each, "__name__", str(each)),
)
def test_what_holds_a_history_or_a_name_goes_only_when_it_is_named(kind: type[Resource], exempt: bool) -> None:
    absent = KINDS[kind].absent
    assert absent is not None
    assert absent.remove is not None
    assert bool(absent.exempt) == exempt


@pytest.mark.parametrize("name", ["analyzer", "AWS Config"])
def test_what_was_made_goes_and_the_account_is_as_before(name: str) -> None:
    sandbox, resources = Sandbox(pages=2), CASES[name]
    wanted = resources[-1]
    go(sandbox, "reconcile", resources[:-1])
    before = sandbox.snapshot()
    assert problems(go(sandbox, "reconcile", resources)) == []
    assert sandbox.snapshot() != before

    planned = said(take_away(sandbox, "plan", resources, wanted.address))
    done = take_away(sandbox, "reconcile", resources, wanted.address)
    assert problems(done) == []
    assert said(done) == planned
    assert sandbox.snapshot() == before
    again = take_away(sandbox, "reconcile", resources, wanted.address)
    assert (said(again), remarks(again, wanted.address)) == ([], [])


def test_config_stops_before_its_channel_goes_and_the_recorder_goes_last() -> None:
    sandbox = Sandbox()
    go(sandbox, "reconcile", CONFIG)
    assert said(take_away(sandbox, "plan", CONFIG, RECORDERS.address)) == [
        f"{RECORDERS.address}: {verb} {what} in {region}"
        for region in (HOME.region, FAR)
        for verb, what in (("update", "recording"), ("delete", "delivery channel"), ("delete", "recorder"))
    ]


@pytest.mark.parametrize("left", ["recording", "channel"])
def test_a_removal_of_config_that_was_cut_off_goes_on(left: str) -> None:
    sandbox = Sandbox()
    go(sandbox, "reconcile", CONFIG)
    far(sandbox, "config").stop_configuration_recorder(ConfigurationRecorderName="default")
    if left == "channel":
        far(sandbox, "config").delete_delivery_channel(DeliveryChannelName="default")

    assert problems(take_away(sandbox, "reconcile", CONFIG, RECORDERS.address)) == []
    assert sandbox.snapshot().get("config", {}) == {}


def by_hand(sandbox: Sandbox) -> None:
    """Make one of each in the other region by hand."""
    sandbox.client("iam").create_account_alias(AccountAlias="somebodys")
    far(sandbox, "accessanalyzer").create_analyzer(analyzerName="mine", type="ACCOUNT")
    far(sandbox, "guardduty").create_detector(Enable=True)
    far(sandbox, "securityhub").enable_security_hub()
    role = {"roleARN": HOME.global_arn("iam", "role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig")}
    far(sandbox, "config").put_configuration_recorder(ConfigurationRecorder={"name": "mine", **role})
    logged = {"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::acme-flow-logs", "TrafficType": "ALL"}
    far(sandbox, "ec2").create_flow_logs(ResourceIds=[vpc(sandbox)], ResourceType="VPC", **logged)


def test_what_others_made_stays_also_once_it_is_adopted() -> None:
    sandbox = Sandbox(pages=2)
    go(sandbox, "reconcile", [CONFIG_BUCKET, CONFIG_ROLE, FLOW_BUCKET])
    by_hand(sandbox)
    # The regions come once.
    resources = [ALIAS, *CONFIG, FLOW_BUCKET, FLOW_LOGS, ANALYZER, DETECTORS, HUBS]
    go(sandbox, "reconcile", resources[1:])
    named = [each.address for each in (ALIAS, RECORDERS, FLOW_LOGS, ANALYZER, DETECTORS, HUBS)]
    before = "it has no tag awsbase:created-by, so it was there before; `awsbase own MANIFEST ADDRESS` says otherwise"
    why = f"kept in {FAR}: {before}"

    done = take_away(sandbox, "reconcile", resources, *named)
    assert problems(done) == []
    assert not any(FAR in line for line in said(done))
    log = far(sandbox, "ec2").describe_flow_logs()["FlowLogs"][0]["FlowLogId"]
    assert remarks(done, *named) == [
        f"{ALIAS.address}: kept: the alias is somebodys by now",
        f"{RECORDERS.address}: {why}",
        f"{FLOW_LOGS.address}: kept in {FAR}: {log}, which this manifest did not make",
        f"{ANALYZER.address}: {why}",
        f"{DETECTORS.address}: {why}",
        f"{HUBS.address}: {why}",
    ]
    left = sandbox.snapshot()
    assert list(left["config"]) == list(left["guardduty"]) == list(left["securityhub"]) == [FAR]


@pytest.mark.parametrize("field", ["administrator", "members"])
def test_what_watches_several_accounts_stays(field: str) -> None:
    sandbox, resources = Sandbox(), [REGIONS, DETECTORS, HUBS]
    go(sandbox, "reconcile", resources)
    value: Any = "999999999999" if field == "administrator" else ("999999999999",)
    for memory in (SandboxDetectors, Hubs):
        setattr(sandbox.memory(memory), field, value)

    done = take_away(sandbox, "reconcile", resources, DETECTORS.address, HUBS.address)
    assert (problems(done), said(done)) == ([], [])
    why = "account 999999999999 looks after it" if field == "administrator" else "it looks after other accounts too"
    assert remarks(done, DETECTORS.address, HUBS.address) == [
        f"{each.address}: kept in {region}: {why}" for each in (DETECTORS, HUBS) for region in (HOME.region, FAR)
    ]


@pytest.mark.parametrize("name", ["GuardDuty", "Security Hub"])
def test_a_removal_whose_answer_is_lost_is_done_once(name: str) -> None:
    resources: list[Any] = CASES[name]
    subject = Leaving(name, resources, stays=dict.fromkeys((each.address for each in resources[:-1]), STAYS))
    assert trial(subject, "write", subject.undisturbed.points("write"), "reset after") == []
