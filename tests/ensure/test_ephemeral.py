"""An ephemeral instance: deleted on request, else unchanged, with a manual action for leftover accounts on it."""

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
from tests.ensure.planned import HOME, described, planned
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
        subnet="subnet/a",
        user_data=render(mode="ssh", people=[ALICE]),
    ),
)
TERMINATED = Terminated(scope=HOME, instance=INSTANCE, schedule="bastion")
EPHEMERAL = Ephemeral(scope=HOME, instance=INSTANCE, command="awsbase bastion up")
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
def test_down_deletes_the_instance_and_its_schedule(there: Any, ending: Any, changes: list[str]) -> None:
    assert described(planned(TERMINATED, {instances: there, schedule: ending})) == changes


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
