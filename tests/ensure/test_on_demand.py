"""An instance on demand: ended when told so, else left alone, with a word on who still has an account on it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from awsbase.ensure.ephemeral import Ephemeral
from awsbase.ensure.instance import Instance, InstanceFacts, instances, user_data
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.schedule import ScheduleFacts, schedule
from awsbase.ensure.terminated import Terminated
from awsbase.facts.images import AMAZON_LINUX
from awsbase.userdata import Person, render
from tests.ensure.planned import HOME, planned, said
from tests.userdata.keys import ed25519

ALICE, BOB = Person("alice", (ed25519(1),)), Person("bob", (ed25519(2),))
REGION, OURS = HOME.region, {"awsbase:address": "instance/bastion"}
INSTANCE = Instance(
    scope=HOME,
    template=LaunchTemplate(
        scope=HOME,
        name="bastion",
        type="t4g.nano",
        image=AMAZON_LINUX,
        profile="instance-profile/bastion",
        groups=(),
        user_data=render(mode="ssh", people=[ALICE]),
    ),
    subnet="subnet/a",
)
ENDED = Terminated(scope=HOME, instance=INSTANCE, schedule="bastion")
ON_DEMAND = Ephemeral(scope=HOME, instance=INSTANCE, command="awsbase bastion up")
RUNS = InstanceFacts("i-1", tags=OURS)
LATER = ScheduleFacts("at(2099-01-01T12:00:00)", "", {}, "")


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
def test_down_ends_the_instance_and_its_schedule(there: Any, ending: Any, changes: list[str]) -> None:
    assert said(planned(ENDED, {instances: there, schedule: ending})) == changes


@pytest.mark.parametrize(
    ("there", "people", "titles"),
    [
        ((), [], []),
        ((RUNS,), [ALICE], []),
        ((RUNS,), [ALICE, BOB], ["i-1 still has an account for bob, whom the manifest no longer names"]),
        ((InstanceFacts("i-1", "terminated", tags=OURS),), [ALICE, BOB], []),
    ],
    ids=["nothing", "as wanted", "one too many", "gone"],
)
def test_whoever_still_has_an_account_is_told_and_nothing_is_changed(
    there: Any, people: list[Person], titles: list[str]
) -> None:
    told = base64.b64encode(render(mode="ssh", people=people).encode()).decode()
    run = planned(ON_DEMAND, {instances: there, user_data: told})
    assert said(run) == []
    assert [ask.title for ask in run.manual_actions] == titles
