"""An instance is made once, made anew with a reason, and otherwise changed as it runs."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from awsbase.ensure.image import Image, image
from awsbase.ensure.instance import Instance, InstanceFacts, instances, user_data
from awsbase.ensure.launch_template import LaunchTemplate
from tests.ensure.planned import HOME, planned, said

TEMPLATE = LaunchTemplate(
    place=HOME,
    name="bastion",
    type="t4g.micro",
    image="/al2023/{architecture}",
    profile="instance-profile/bastion",
    groups=("security-group/bastion",),
    user_data="#!/bin/sh\n",
)
WANT = Instance(place=HOME, template=TEMPLATE, subnet="subnet/public")
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


def run(*there: InstanceFacts, want: Instance = WANT, told: str = TOLD) -> Any:
    newest = Image("ami-new", "resolve:ssm:/al2023/arm64", "/dev/xvda", "arm64")
    return planned(want, {instances: there, user_data: told, image: newest}, MADE)


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
