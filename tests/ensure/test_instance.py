"""An instance is created once, replaced for a stated reason, and otherwise changed while it runs."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from awsbase.engine.changes import Risk
from awsbase.ensure.instance import Instance
from awsbase.ensure.launch_template import LaunchTemplate, TemplateFacts, launch_template
from awsbase.facts.images import Image, image
from awsbase.facts.instances import InstanceFacts, instances, user_data
from awsbase.samples.bastion import Bastion
from awsbase.sandbox import Sandbox
from tests.contract.sample import go
from tests.contract.sample import said as said_of
from tests.ensure.planned import HOME, described, planned

TEMPLATE = LaunchTemplate(
    scope=HOME,
    name="bastion",
    type="t4g.micro",
    image="/al2023/{architecture}",
    profile="instance-profile/bastion",
    groups=("security-group/bastion",),
    subnet="subnet/public",
    user_data="#!/bin/sh\n",
)
WANT = Instance(scope=HOME, template=TEMPLATE)
HAVE = InstanceFacts(
    id="i-1",
    type="t4g.micro",
    image="ami-old",
    subnet="subnet-1",
    profile="profile",
    groups=frozenset({"sg-1"}),
    interface="eni-1",
    launched=datetime(2026, 1, 1, tzinfo=UTC),
    tags={"Name": "bastion", "awsbase:address": "instance/bastion"},
)
MADE = {
    "launch-template/bastion": {"id": "lt-1", "version": 1},
    "instance-profile/bastion": "profile",
    "security-group/bastion": "sg-1",
    "subnet/public": "subnet-1",
}
SAME = base64.b64encode(b"#!/bin/sh\n").decode()


def run(
    *there: InstanceFacts, want: Instance = WANT, current: str | None = SAME, template: TemplateFacts | None = None
) -> Any:
    """Plan an instance; without `current` user data, reading it is a KeyError."""
    newest = Image("ami-new", "resolve:ssm:/al2023/arm64", "/dev/xvda", "arm64")
    facts: dict[Any, Any] = {instances: there, image: newest, launch_template: template}
    return planned(want, facts if current is None else {**facts, user_data: current}, MADE)


NEW = ["replace instance", "delete superseded instance"]


@pytest.mark.parametrize(
    ("there", "changes"),
    [
        ((), ["create instance"]),
        ((HAVE,), []),
        ((replace(HAVE, state="terminated"),), ["create instance"]),
        ((replace(HAVE, state="stopped"),), ["update state"]),
        ((replace(HAVE, tokens="optional"),), ["update metadata service"]),
        ((replace(HAVE, groups=frozenset({"sg-2"})),), ["update security groups"]),
        ((replace(HAVE, router=True),), ["update source and destination check"]),
        ((replace(HAVE, tags={"awsbase:address": "instance/bastion"}),), ["update tags"]),
        ((replace(HAVE, tags={}),), ["create instance"]),
        ((replace(HAVE, type="t4g.small"),), NEW),
        ((replace(HAVE, subnet="subnet-2"),), NEW),
        ((replace(HAVE, profile=None),), NEW),
        ((replace(HAVE, key_pair="mine"),), NEW),
        ((HAVE, replace(HAVE, id="i-2", type="t4g.small")), ["delete superseded instance"]),
    ],
    ids=[
        "missing",
        "converged",
        "gone",
        "stopped",
        "metadata without a session",
        "other groups",
        "routes",
        "no name",
        "somebody else's",
        "other type",
        "other subnet",
        "no profile",
        "key pair",
        "two instances",
    ],
)
def test_exactly_one_instance_follows_its_template(there: tuple[InstanceFacts, ...], changes: list[str]) -> None:
    assert described(run(*there)) == changes


@pytest.mark.parametrize(
    ("label", "reason"),
    [({}, True), ({"awsbase:created-by": "other"}, True), ({"awsbase:created-by": "acme"}, False)],
    ids=["only an address", "another account's", "ours"],
)
def test_an_instance_that_this_manifest_did_not_make_ends_with_approval_only(label: Any, reason: bool) -> None:
    second = replace(HAVE, id="i-2", type="t4g.small", tags={**HAVE.tags, **label})
    (change,) = run(HAVE, second).changes
    lost = Risk("deletion", "what is on i-2 is lost, which this manifest did not make")
    assert change.risk == (lost if reason else None)


def test_replacement_lists_the_differences() -> None:
    other = replace(HAVE, type="t4g.small")
    drift = run(other, current=base64.b64encode(b"#!/bin/bash\n").decode()).changes[0].drift
    assert [(each.field, each.have) for each in drift] == [("type", "t4g.small"), ("user data", "12 bytes")]
    assert drift[0].want == "t4g.micro"


def test_old_image_is_drift_only_with_refresh() -> None:
    assert described(run(HAVE)) == []
    asked = run(HAVE, want=replace(WANT, refresh=True))
    assert described(asked) == NEW
    assert [(each.field, each.have, each.want) for each in asked.changes[0].drift] == [("image", "ami-old", "ami-new")]


DIFFERENT = base64.b64encode(b"#!/bin/bash\n").decode()
VERSIONS = TemplateFacts("lt-1", {"UserData": SAME}, 2, {"UserData": DIFFERENT}, 3)


@pytest.mark.parametrize(
    ("told_by", "current", "changes"),
    [
        (("lt-1", "2"), None, []),
        (("lt-1", "3"), None, NEW),
        (("lt-1", "1"), SAME, []),
        (("lt-1", "1"), DIFFERENT, NEW),
        (("lt-2", "2"), DIFFERENT, NEW),
        (None, DIFFERENT, NEW),
    ],
    ids=[
        "default version, same",
        "newest version, different",
        "older version, same in EC2",
        "older version, different in EC2",
        "another template",
        "stopped since, or launched manually",
    ],
)
def test_user_data_is_read_when_no_template_version_has_it(
    told_by: Any, current: str | None, changes: list[str]
) -> None:
    assert described(run(replace(HAVE, told_by=told_by), current=current, template=VERSIONS)) == changes


BASTION = Bastion(HOME)
ALL = [*BASTION.ready, BASTION.host]


def up() -> Sandbox:
    """Return an account with a bastion that was never stopped."""
    sandbox = Sandbox()
    BASTION.subnets(sandbox)
    go(sandbox, "reconcile", ALL)
    sandbox.calls.clear()
    return sandbox


def test_user_data_of_a_never_stopped_instance_is_not_read() -> None:
    sandbox = up()
    assert said_of(go(sandbox, "plan", ALL)) == []
    assert "ec2:DescribeInstanceAttribute" not in [call.name for call in sandbox.calls]


@pytest.mark.parametrize("running", [True, False], ids=["started again", "left stopped"])
def test_user_data_changed_while_stopped_is_detected(running: bool) -> None:
    sandbox = up()
    client, id = BASTION.ec2(sandbox), BASTION.bastion(sandbox)
    client.stop_instances(InstanceIds=[id])
    client.modify_instance_attribute(InstanceId=id, UserData={"Value": b"#!/bin/sh\nfalse\n"})
    if running:
        client.start_instances(InstanceIds=[id])
    report = go(sandbox, "plan", ALL)
    assert "instance/bastion: replace instance" in said_of(report)
    assert [each.field for _, change in report.changes for each in change.drift] == ["user data", "routes"]


def test_user_data_of_a_manual_launch_is_detected() -> None:
    sandbox = up()
    client, id = BASTION.ec2(sandbox), BASTION.bastion(sandbox)
    instance = client.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"][0]
    client.terminate_instances(InstanceIds=[id])
    tags = [tag for tag in instance["Tags"] if not tag["Key"].startswith("aws:")]
    client.run_instances(
        LaunchTemplate={"LaunchTemplateName": "bastion"},
        NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": instance["SubnetId"]}],
        UserData="#!/bin/sh\nfalse\n",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    assert "instance/bastion: replace instance" in said_of(go(sandbox, "plan", ALL))
