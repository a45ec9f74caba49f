"""`awsbase fleet run`, `status`, `retry` and `slow`, as somebody types them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from awsbase.fleet.item import Item
from awsbase.fleet.results import Result as Ended
from awsbase.fleet.stepfunctions.hub import hub_of
from awsbase.organization import load
from awsbase.sandbox import Sandbox
from awsbase.scripts import cli
from tests.fleet.engine import FILE, HUB, Worker, reconciled
from tests.organization.files import written
from tests.sandbox.served import serving

# Whoever starts a run here has the hub's own credentials in the environment.
IN_THE_HUB = FILE.replace("profile: acme-ops, ", "")
ACCOUNT = "version: 1\niam: {password_policy: {}}\nfleet_access: {hub: '222222222222', organization: o-acme123456}\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """Serve a hub whose machine waits for this worker, and work in the folder of the organization file."""
    folder = tmp_path_factory.mktemp("acme")
    hub = hub_of(load(written(folder, IN_THE_HUB, account=ACCOUNT, hub="version: 1\nfleet: {tolerate: 50%}\n")))
    sandbox = Sandbox(account=HUB)
    reconciled(hub, sandbox)
    worker, key = Worker(sandbox, hub), sandbox.key()
    with serving(sandbox) as url, pytest.MonkeyPatch.context() as here:
        for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
            here.delenv(name, raising=False)
        here.setenv("HOME", str(folder))
        here.setenv("AWS_ENDPOINT_URL", url)
        here.setenv("AWS_ACCESS_KEY_ID", key.id)
        here.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
        here.chdir(folder)
        yield worker


@pytest.fixture
def worker(served: Worker) -> Worker:
    """Return the worker with nothing to do yet."""
    served.forget()
    return served


def awsbase(*words: str) -> Result:
    return CliRunner().invoke(cli, ["fleet", *words])


def ends(*failing: str) -> object:
    """Return a unit that fails in these accounts, and finds nothing to do in the others."""

    def unit(item: Item) -> Ended:
        wrong = item.account in failing
        return Ended(item.run, item.mode, item.account, item.id, "failed" if wrong else "unchanged", int(wrong),
                     message="it is on fire" if wrong else None)  # fmt: skip

    return unit


@pytest.mark.slow
def test_a_run_is_started_watched_slowed_down_and_retried(worker: Worker) -> None:
    started = awsbase("run", "org.yaml", "--at-once", "2")
    assert started.exit_code == 0, started.stderr
    assert "ops is the hub, and is left out" in started.stderr
    assert "plan 2 accounts from ops, 2 at once; less than $0.01 for Step Functions, Lambda and S3" in started.stderr
    run = started.stdout.split()[1]

    going = awsbase("status", run)
    assert (going.exit_code, going.stdout) == (
        0,
        f"run {run}: plan, 2 accounts: 2 without result\n{run} goes on, 2 at once\n2 under way, 0 waiting\n",
    )
    assert awsbase("retry", run).exit_code == 1
    assert awsbase("slow", run, "1").stdout == f"run {run} works on 1 accounts at once, before 2\n"

    worker.unit = ends("dev")  # type: ignore[assignment]
    worker.work()
    over = awsbase("status", run)
    assert (over.exit_code, over.stdout) == (
        4,
        f"run {run}: plan, 2 accounts: 1 unchanged, 1 failed\n{run} succeeded\n"
        "  ✗ dev (444444444444): failed: it is on fire\n",
    )
    assert over.stderr == f"`awsbase fleet retry {run}` restarts 1 account\n"

    again = awsbase("retry", run)
    assert again.stdout == f"1 account restarted by {run}-retry-1, since it succeeded\n"
    worker.unit = ends()  # type: ignore[assignment]
    assert worker.work() == ["dev"]
    told = json.loads(awsbase("status", run, "--json").stdout)
    assert (told["exit"], told["left"], told["totals"]["unchanged"]) == (0, [], 2)
    assert [each["status"] for each in told["executions"]] == ["SUCCEEDED", "SUCCEEDED"]
    assert awsbase("retry", run).stdout == f"run {run} has nothing left to do\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "org.yaml", "--allow-risky"), "--allow-risky is about what is applied"),
        (("run", "org.yaml", "--reconcile"), "no terminal to ask on"),
        (("run", "org.yaml", "--account", "ops"), "no account is left to work on"),
        (("run", "org.yaml", "--tolerate", "3"), "--tolerate 3 is no share"),
        (("status", "20260101-000000-abcdef"), "the hub ops knows no run"),
        (("slow", "20260101-000000-abcdef", "2"), "the hub ops knows no run"),
    ],
)
def test_what_cannot_be_done_is_one_line_of_advice(worker: Worker, words: tuple[str, ...], message: str) -> None:
    result = awsbase(*words)
    assert result.exit_code in (1, 2)
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not worker.take(10)
