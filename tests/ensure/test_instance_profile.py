"""An instance profile has its role; IAM is read for a profile only when the read of all IAM does not show it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.ensure.instance_profile import InstanceProfile, instance_profile, profile_tags
from awsbase.facts import tags
from awsbase.facts.authorization import ExistsElsewhere, ProfileFacts
from awsbase.samples.bastion import Bastion
from awsbase.sandbox import Sandbox
from tests.contract.sample import go, problems
from tests.contract.sample import said as said_of
from tests.ensure.planned import HOME, described, planned

WANT = InstanceProfile(scope=HOME, name="host", role="host", tags={"owner": "platform"})
GOOD = ProfileFacts(WANT.arn, "host")
TAGS = {"owner": "platform", "awsbase:address": WANT.address}


def changes(have: ProfileFacts | None, indexed: Any = TAGS, real: Any = None) -> list[str]:
    """Plan a profile; without `real` tags, reading them from IAM is a KeyError."""
    index = (tags.indexed, "us-east-1")
    facts = {instance_profile: have, index: {WANT.arn: indexed}}
    return described(planned(WANT, facts if real is None else {**facts, profile_tags: real}))


@pytest.mark.parametrize(
    ("have", "index", "expected"),
    [
        (None, {}, ["create instance profile", "create role host"]),
        (GOOD, {}, []),
        (replace(GOOD, role=None), {}, ["create role host"]),
        (replace(GOOD, role="other"), {}, ["delete role other", "create role host"]),
        (GOOD, {"indexed": {}, "real": TAGS}, []),
        (GOOD, {"indexed": {}, "real": {"owner": "platform"}}, ["update tags"]),
        (GOOD, {"indexed": {**TAGS, "owner": "me"}, "real": {**TAGS, "owner": "me"}}, ["update tags"]),
    ],
    ids=[
        "missing",
        "converged",
        "without a role",
        "with another role",
        "tagged, but the index lags",
        "adopted",
        "tagged otherwise",
    ],
)
def test_profile_is_created_or_corrected(have: ProfileFacts | None, index: Any, expected: list[str]) -> None:
    assert changes(have, **index) == expected


def test_profile_on_another_path_is_refused() -> None:
    with pytest.raises(ExistsElsewhere):
        changes(replace(GOOD, arn=HOME.global_arn("iam", "instance-profile/other/host")))


def test_profile_with_a_role_costs_no_read_and_one_without_is_kept() -> None:
    sandbox, bastion = Sandbox(pages=2), Bastion(HOME)
    resources = [bastion.role, bastion.profile]
    assert problems(go(sandbox, "reconcile", resources)) == []

    sandbox.calls.clear()
    assert said_of(go(sandbox, "plan", resources)) == []
    assert "iam:GetInstanceProfile" not in [call.name for call in sandbox.calls]

    sandbox.client("iam").remove_role_from_instance_profile(InstanceProfileName="bastion", RoleName="bastion")
    assert said_of(go(sandbox, "plan", resources)) == ["instance-profile/bastion: create role bastion"]
