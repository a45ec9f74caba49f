"""An ephemeral instance: deleted on request, else unchanged, with a manual action for leftover accounts on it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from awsbase.ensure.ephemeral import Ephemeral
from awsbase.ensure.instance import Instance
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.schedule import ScheduleFacts, schedule, terminating
from awsbase.ensure.terminated import Terminated
from awsbase.facts.images import AMAZON_LINUX
from awsbase.facts.instances import InstanceFacts, instances, user_data
from awsbase.facts.tags import ADDRESS, CREATED_BY
from awsbase.userdata import Person, render
from tests.ensure.planned import HOME, described, planned
from tests.userdata.keys import ed25519

ALICE, BOB = Person("alice", (ed25519(1),)), Person("bob", (ed25519(2),))
REGION, OURS = HOME.region, {ADDRESS: "instance/bastion", CREATED_BY: HOME.name}
INSTANCE = Instance(
    scope=HOME,
    template=LaunchTemplate(
        scope=HOME,
        name="bastion",
        type="t4g.nano",
        image=AMAZON_LINUX,
        profile="instance-profile/bastion",
        groups=(),
        subnet="subnet/a",
        user_data=render(mode="ssh", people=[ALICE]),
    ),
)
TERMINATED = Terminated(scope=HOME, instance=INSTANCE, schedule="bastion", role="bastion-end")
EPHEMERAL = Ephemeral(scope=HOME, instance=INSTANCE, command="awsbase bastion up")
RUNS = InstanceFacts("i-1", tags=OURS)
THEIRS = InstanceFacts("i-4", tags={ADDRESS: INSTANCE.address, CREATED_BY: "other"})
LATER = ScheduleFacts("at(2099-01-01T12:00:00)", terminating(HOME), {}, f"arn:aws:iam::{HOME.account}:role/bastion-end")
HOURLY = replace(LATER, calls="arn:aws:lambda:eu-west-1:123456789012:function:reports")


@pytest.mark.parametrize(
    ("there", "ending", "changes"),
    [
        ((), None, []),
        ((RUNS,), None, ["delete instance"]),
        ((RUNS, InstanceFacts("i-2", "stopped", tags=OURS)), None, ["delete instance i-1", "delete instance i-2"]),
        ((RUNS,), LATER, ["delete instance", "delete schedule"]),
        ((), LATER, ["delete schedule"]),
        ((InstanceFacts("i-1", "terminated", tags=OURS),), None, []),
        ((InstanceFacts("i-3", tags={"awsbase:address": "instance/other"}),), None, []),
    ],
    ids=["nothing", "running", "two", "scheduled", "only scheduled", "gone", "another's"],
)
def test_down_deletes_the_instance_and_its_schedule(there: Any, ending: Any, changes: list[str]) -> None:
    assert described(planned(TERMINATED, {instances: there, schedule: ending})) == changes


@pytest.mark.parametrize(
    ("there", "ending", "risks"),
    [
        ((RUNS,), LATER, []),
        ((RUNS, THEIRS), LATER, ["what is on i-4 is lost, which this manifest did not make"]),
        ((InstanceFacts("i-5", tags={ADDRESS: INSTANCE.address}),), None, ["what is on i-5 is lost, which this"]),
        ((RUNS,), HOURLY, ["the schedule bastion calls arn:aws:lambda:eu-west-1:123456789012:function:reports as"]),
        ((RUNS,), replace(LATER, role="arn:aws:iam::123456789012:role/other"), ["the schedule bastion calls"]),
    ],
    ids=["ours", "another manifest's", "an earlier release's", "another call", "another role"],
)
def test_down_asks_before_it_ends_what_this_manifest_did_not_make(there: Any, ending: Any, risks: list[str]) -> None:
    found = planned(TERMINATED, {instances: there, schedule: ending}).changes
    reasons = [change.risk.reason for change in found if change.risk]
    assert len(reasons) == len(risks)
    assert all(reason.startswith(risk) for reason, risk in zip(reasons, risks, strict=True))


@pytest.mark.parametrize(
    ("there", "people", "titles"),
    [
        ((), [], []),
        ((RUNS,), [ALICE], []),
        ((RUNS,), [ALICE, BOB], ["i-1 still has an account for bob, whom the manifest no longer names"]),
        ((InstanceFacts("i-1", "terminated", tags=OURS),), [ALICE, BOB], []),
    ],
    ids=["nothing", "as in the manifest", "one too many", "gone"],
)
def test_leftover_account_on_the_instance_is_a_manual_action(
    there: Any, people: list[Person], titles: list[str]
) -> None:
    current = base64.b64encode(render(mode="ssh", people=people).encode()).decode()
    run = planned(EPHEMERAL, {instances: there, user_data: current})
    assert described(run) == []
    assert [ask.title for ask in run.manual_actions] == titles
