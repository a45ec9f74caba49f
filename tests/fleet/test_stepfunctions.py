"""A fleet on Step Functions: the shipped definition in the embedded AWS, its verdict, and what a retry restarts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from awsbase.aws import Aws
from awsbase.errors import UsageError
from awsbase.fleet.item import Item
from awsbase.fleet.results import Result
from awsbase.fleet.stepfunctions import runs
from awsbase.fleet.stepfunctions.hub import Hub, NoHub, check_access, estimate, hub_of
from awsbase.organization import Organization
from awsbase.organization.reach import Route
from awsbase.sandbox import Sandbox
from tests.fleet.engine import FILE, HUB, Worker, aws_of, differences, exchanged, reconciled, shipped
from tests.organization.files import loaded

IN_HUB = "version: 1\nfleet: {at_once: 25}\n"
IN_ACCOUNT = "version: 1\niam: {password_policy: {}}\nfleet_access: {hub: '222222222222', organization: o-acme123456}\n"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Organization:
    return loaded(tmp_path_factory.mktemp("acme"), FILE, account=IN_ACCOUNT, hub=IN_HUB)


@pytest.fixture(scope="module")
def hub(acme: Organization) -> Hub:
    return hub_of(acme)


@pytest.fixture(scope="module")
def sandbox(hub: Hub) -> Sandbox:
    """Return the hub's account, reconciled once for all tests: each starts runs of its own."""
    sandbox = Sandbox(account=HUB)
    reconciled(hub, sandbox)
    return sandbox


@pytest.fixture(scope="module")
def aws(sandbox: Sandbox, hub: Hub) -> Aws:
    return aws_of(sandbox, hub)


@pytest.fixture(scope="module")
def on_queue(sandbox: Sandbox, hub: Hub) -> Worker:
    return Worker(sandbox, hub)


@pytest.fixture
def worker(on_queue: Worker) -> Worker:
    """Return the worker with nothing to do yet."""
    on_queue.forget()
    on_queue.accounts.clear()
    return on_queue


def accounts(number: int) -> dict[str, str]:
    """Return so many accounts with their ids."""
    return {f"a{index:03}": f"{500_000_000_000 + index}" for index in range(number)}


def started(aws: Aws, hub: Hub, run: str, ids: dict[str, str], tolerate: float, at_once: int = 40) -> runs.Header:
    """Start a run over accounts whose manifests nobody reads."""
    header = runs.Header(run, "plan", ids, at_once, tolerate)
    items = [
        Item(header.run, "plan", Route(name, id, "eu-west-1", None, (), header.run), "version: 1\n", {}, "none")
        for name, id in ids.items()
    ]
    runs.start(aws, hub, header, items)
    return header


class Unit:
    """Plans accounts without a call: these fail, the others have nothing to do."""

    def __init__(self, *failing: str) -> None:
        self.failing = set(failing)

    def __call__(self, item: Item) -> Result:
        """Return what became of one account."""
        if item.account in self.failing:
            return Result(item.run, item.mode, item.account, item.id, "failed", 1, message="it is on fire")
        return Result(item.run, item.mode, item.account, item.id, "unchanged", 0)


def test_the_worker_of_this_test_exchanges_the_task_and_nothing_else(hub: Hub) -> None:
    task = "States.Accounts.ItemProcessor.States.Account"
    assert list(differences(shipped(hub), exchanged(shipped(hub), "queue"))) == [
        f"{task}.Parameters.FunctionName",
        f"{task}.Parameters.MessageBody",
        f"{task}.Parameters.Payload.$",
        f"{task}.Parameters.QueueUrl",
        f"{task}.Resource",
    ]


@pytest.mark.slow
def test_of_200_accounts_three_fail_and_a_retry_does_only_those(hub: Hub, aws: Aws, worker: Worker) -> None:
    worker.unit = unit = Unit("a003", "a099", "a150")
    header = started(aws, hub, "whole", accounts(200), tolerate=2, at_once=10)

    assert sorted(worker.work()) == sorted(header.accounts)
    standing = runs.standing(aws, hub, header.run)
    assert (standing.running, standing.executions[-1].status, standing.exit) == (False, "SUCCEEDED", 4)
    assert standing.left == ["a003", "a099", "a150"]
    assert standing.executions[-1].counts["failed"] == 3
    assert standing.results["a099"].message == "it is on fire"

    unit.failing = set()
    retried = runs.retry(aws, hub, header.run)
    assert (retried.redrive, retried.why) == (False, "it succeeded")
    assert sorted(worker.work()) == ["a003", "a099", "a150"]


def test_more_failures_than_are_tolerated_end_the_run_and_a_redrive_restarts_what_is_left(
    hub: Hub, aws: Aws, worker: Worker
) -> None:
    worker.unit = unit = Unit("a001", "a004")
    header = started(aws, hub, "stopped", accounts(12), tolerate=10, at_once=4)

    worker.work(most=5)  # the fifth is the second that fails
    worker.forget()
    standing = runs.standing(aws, hub, header.run)
    last = standing.executions[-1]
    assert (last.status, last.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert (standing.exit, {"a001", "a004"} <= set(standing.left)) == (1, True)
    done = [name for name in header.accounts if name not in standing.left]

    unit.failing = set()
    retried = runs.retry(aws, hub, header.run)
    assert (retried.redrive, retried.execution, list(retried.accounts)) == (True, header.run, standing.left)
    assert sorted(worker.work()) == standing.left
    after = runs.standing(aws, hub, header.run)
    assert (after.exit, after.left, len(after.executions), after.executions[0].redriven) == (0, [], 1, 1)
    assert set(done).isdisjoint(worker.accounts[-len(standing.left) :])
    assert runs.retry(aws, hub, header.run).accounts == ()


def test_another_definition_or_too_long_a_time_makes_a_new_execution(
    hub: Hub, aws: Aws, worker: Worker, sandbox: Sandbox
) -> None:
    worker.unit = Unit("a000")
    header = started(aws, hub, "changed", accounts(3), tolerate=0, at_once=1)
    worker.work()

    definition = exchanged(shipped(hub), worker.queue)
    definition["Comment"] = "a newer awsbase"
    aws.stepfunctions.update_state_machine(stateMachineArn=hub.machine("plan"), definition=json.dumps(definition))
    retried = runs.retry(aws, hub, header.run)
    assert (retried.redrive, retried.why) == (False, "the state machine has another definition now")
    worker.work()
    after = runs.standing(aws, hub, header.run)
    assert (after.executions[-1].name, after.exit) == (f"{header.run}-retry-1", 1)

    sandbox.clock.advance(15 * 24 * 3600)
    assert runs.retry(aws, hub, header.run).why == "it ended too long ago"


def test_a_run_slows_down_while_it_goes_on(hub: Hub, aws: Aws, worker: Worker) -> None:
    worker.unit = Unit()
    header = started(aws, hub, "slowed", accounts(12), tolerate=0, at_once=6)
    with pytest.raises(runs.NotPossible, match="goes on"):
        runs.retry(aws, hub, header.run)

    assert runs.slow(aws, hub, header.run, 2) == 6
    worker.work(most=6)
    standing = runs.standing(aws, hub, header.run)
    assert (standing.running, standing.exit) == (True, 0)
    assert (standing.executions[-1].at_once, standing.executions[-1].counts["running"]) == (2, 2)
    worker.work()
    assert runs.standing(aws, hub, header.run).exit == 0
    with pytest.raises(runs.NotPossible, match="does not go on"):
        runs.slow(aws, hub, header.run, 2)


def test_a_start_that_is_repeated_is_the_same_run(hub: Hub, aws: Aws, worker: Worker) -> None:
    header = started(aws, hub, "repeated", accounts(2), tolerate=0)
    assert started(aws, hub, "repeated", accounts(2), tolerate=0) == header
    assert len(runs.standing(aws, hub, header.run).executions) == 1
    with pytest.raises(UsageError, match="knows no run"):
        runs.standing(aws, hub, "20260101-000000-000000")


@pytest.mark.parametrize(
    ("hub_manifest", "account", "message"),
    [
        ("version: 1\n", IN_ACCOUNT, "no account of"),
        (IN_HUB, "version: 1\niam: {}\n", "prod has no fleet_access"),
        (IN_HUB, IN_ACCOUNT.replace("222222222222", "555555555555"), "prod lets in 555555555555"),
        ("version: 1\nfleet: {roles: {plan: other}}\n", IN_ACCOUNT, "calls the roles of the fleet otherwise"),
    ],
    ids=["no hub", "no way in", "another hub", "other roles"],
)
def test_what_keeps_the_hub_out_is_said_before_anything_starts(
    tmp_path: Path, hub_manifest: str, account: str, message: str
) -> None:
    acme = loaded(tmp_path, FILE, account=account, hub=hub_manifest)
    with pytest.raises((UsageError, NoHub), match=message):
        check_access(hub_of(acme), [acme.members["prod"], acme.members["dev"]])


def test_the_cost_of_a_run_is_that_of_the_table(hub: Hub) -> None:
    cost = estimate(hub, 1000)
    assert [f"{each:.4f}" for each in (cost.steps, cost.function, cost.requests) if each] == [
        "0.1000",
        "0.0864",
        "0.0100",
    ]
    assert str(cost).startswith("about $0.20: $0.10 for Step Functions")


def test_another_interpreter_of_the_language_takes_the_shipped_definition(hub: Hub) -> None:
    # moto's own, which the sandbox does not use; it is what LocalStack runs.
    StepFunctionsParserBackend._validate_definition(json.dumps(shipped(hub)))
    broken = shipped(hub) | {"StartAt": "Nowhere", "States": {}}
    with pytest.raises(Exception, match="ASLParserException"):
        StepFunctionsParserBackend._validate_definition(json.dumps(broken))
