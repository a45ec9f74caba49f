"""An instance is made once, made anew with a reason, and otherwise changed as it runs."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from awsbase.ensure.instance import Instance, InstanceFacts, instances, user_data
from awsbase.ensure.launch_template import LaunchTemplate, TemplateFacts, launch_template
from awsbase.facts.images import Image, image
from awsbase.sandbox import Sandbox
from tests.contract.sample import go
from tests.contract.sample import said as said_of
from tests.contract.samples.bastion import Bastion
from tests.ensure.planned import HOME, planned, said

TEMPLATE = LaunchTemplate(
    scope=HOME,
    name="bastion",
    type="t4g.micro",
    image="/al2023/{architecture}",
    profile="instance-profile/bastion",
    groups=("security-group/bastion",),
    user_data="#!/bin/sh\n",
)
WANT = Instance(scope=HOME, template=TEMPLATE, subnet="subnet/public")
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
TOLD = base64.b64encode(b"#!/bin/sh\n").decode()


def run(
    *there: InstanceFacts, want: Instance = WANT, told: str | None = TOLD, template: TemplateFacts | None = None
) -> Any:
    """Plan an instance; where nothing is told of its user data, asking for it is a KeyError."""
    newest = Image("ami-new", "resolve:ssm:/al2023/arm64", "/dev/xvda", "arm64")
    facts: dict[Any, Any] = {instances: there, image: newest, launch_template: template}
    return planned(want, facts if told is None else {**facts, user_data: told}, MADE)


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
        "one too many",
    ],
)
def test_one_instance_as_its_template_says(there: tuple[InstanceFacts, ...], changes: list[str]) -> None:
    assert said(run(*there)) == changes


def test_a_replacement_says_why() -> None:
    other = replace(HAVE, type="t4g.small")
    drift = run(other, told=base64.b64encode(b"#!/bin/bash\n").decode()).changes[0].drift
    assert [(each.field, each.have) for each in drift] == [("type", "t4g.small"), ("user data", "12 bytes")]
    assert drift[0].want == "t4g.micro"


def test_an_old_image_is_no_drift_unless_asked_for() -> None:
    assert said(run(HAVE)) == []
    asked = run(HAVE, want=replace(WANT, refresh=True))
    assert said(asked) == NEW
    assert [(each.field, each.have, each.want) for each in asked.changes[0].drift] == [("image", "ami-old", "ami-new")]


OTHERWISE = base64.b64encode(b"#!/bin/bash\n").decode()
VERSIONS = TemplateFacts("lt-1", {"UserData": TOLD}, 2, {"UserData": OTHERWISE}, 3)


@pytest.mark.parametrize(
    ("told_by", "told", "changes"),
    [
        (("lt-1", "2"), None, []),
        (("lt-1", "3"), None, NEW),
        (("lt-1", "1"), TOLD, []),
        (("lt-1", "1"), OTHERWISE, NEW),
        (("lt-2", "2"), OTHERWISE, NEW),
        (None, OTHERWISE, NEW),
    ],
    ids=[
        "the default version says what is wanted",
        "the newest says something else",
        "an older version, and EC2 tells what is wanted",
        "an older version, and EC2 tells something else",
        "another template",
        "stopped since, or made by hand",
    ],
)
def test_user_data_is_asked_for_when_no_version_tells_it(told_by: Any, told: str | None, changes: list[str]) -> None:
    assert said(run(replace(HAVE, told_by=told_by), told=told, template=VERSIONS)) == changes


BASTION = Bastion(HOME)
ALL = [*BASTION.ready, BASTION.host]


def up() -> Sandbox:
    """Return an account with a bastion that was never stopped."""
    sandbox = Sandbox()
    BASTION.subnets(sandbox)
    go(sandbox, "reconcile", ALL)
    sandbox.calls.clear()
    return sandbox


def test_of_an_instance_that_was_never_stopped_the_user_data_is_not_asked() -> None:
    sandbox = up()
    assert said_of(go(sandbox, "plan", ALL)) == []
    assert "ec2:DescribeInstanceAttribute" not in [call.name for call in sandbox.calls]


@pytest.mark.parametrize("running", [True, False], ids=["started again", "left stopped"])
def test_what_was_told_to_a_stopped_instance_is_seen(running: bool) -> None:
    sandbox = up()
    client, id = BASTION.ec2(sandbox), BASTION.bastion(sandbox)
    client.stop_instances(InstanceIds=[id])
    client.modify_instance_attribute(InstanceId=id, UserData={"Value": b"#!/bin/sh\nfalse\n"})
    if running:
        client.start_instances(InstanceIds=[id])
    report = go(sandbox, "plan", ALL)
    assert "instance/bastion: replace instance" in said_of(report)
    assert [each.field for _, change in report.changes for each in change.drift] == ["user data", "routes"]


def test_what_was_told_by_hand_at_the_launch_is_seen() -> None:
    sandbox = up()
    client, id = BASTION.ec2(sandbox), BASTION.bastion(sandbox)
    held = client.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"][0]
    client.terminate_instances(InstanceIds=[id])
    tags = [tag for tag in held["Tags"] if not tag["Key"].startswith("aws:")]
    client.run_instances(
        LaunchTemplate={"LaunchTemplateName": "bastion"},
        NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": held["SubnetId"]}],
        UserData="#!/bin/sh\nfalse\n",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    assert "instance/bastion: replace instance" in said_of(go(sandbox, "plan", ALL))
