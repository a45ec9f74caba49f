"""The program as a process of its own: killed at a chosen call, or disturbed there, it leaves nothing that lasts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from random import Random

import pytest

from awsbase.sandbox import Fault, Killed, Message, Reply, Sandbox
from awsbase.sandbox.serve import listen
from awsbase.testing.trial import READS, effective, recovery
from tests.faults.results import Sweep
from tests.faults.subject import MANIFESTS, manifest
from tests.later import later

DEATHS = ("killed before", "killed after")
# Those after which botocore does not wait long before it sends again.
BRIEF = ("throttled", "500", "reset before", "slow", "access denied", "access denied for good")


class Deadly(Sandbox):
    """Kills the process that calls it, when a fault says so."""

    victim: subprocess.Popen[bytes]

    def answer(self, message: Message) -> Reply:
        """Answer, or kill who asked before the connection breaks."""
        try:
            return super().answer(message)
        except Killed:
            self.victim.kill()
            raise


def reconcile(sandbox: Deadly, name: str, home: Path) -> tuple[int, str, str]:
    """Let a process reconcile a manifest in a sandbox; return its exit code, stdout and stderr."""
    server = listen(sandbox)
    server.daemon_threads = False  # type: ignore[attr-defined]  # so that closing waits for calls under way
    key = sandbox.key()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}",
        "AWS_ACCESS_KEY_ID": key.id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
    }
    command = [sys.executable, "-m", "awsbase", "reconcile", str(MANIFESTS / f"{name}.yaml"), "--json", "--yes"]
    pipe = subprocess.PIPE
    sandbox.victim = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    out, err = sandbox.victim.communicate()
    server.shutdown()
    serving.join()
    server.server_close()
    return sandbox.victim.returncode, out.decode(), err.decode()


def ready(name: str, fault: Fault) -> Deadly:
    sandbox = manifest(name).ready(Deadly)
    assert isinstance(sandbox, Deadly)
    later(sandbox)
    sandbox.faults.add(fault)
    return sandbox


def deaths(draw: Random, name: str, count: int) -> list[tuple[int, str]]:
    """Draw calls at which a process is killed."""
    calls = len(manifest(name).undisturbed.calls)
    return [(draw.randint(1, calls), draw.choice(DEATHS)) for _ in range(count)]


def kill(name: str, n: int, when: str, home: Path) -> list[str]:
    """Kill a process at its n-th call, and return what the next run could not mend."""
    sandbox = ready(name, Fault(when, at=n, on="call"))  # type: ignore[arg-type]
    assert reconcile(sandbox, name, home)[0] == -signal.SIGKILL
    sandbox.faults.clear()
    code, out, err = reconcile(sandbox, name, home)
    wrong = [] if code == 0 else [f"exit code {code}: {out}{err}"]
    wrong += recovery(manifest(name), sandbox, finished=True)
    return [f"{when} call {n}: {each}" for each in wrong]


@pytest.mark.parametrize("name", ["baseline", "bastion"])
def test_the_run_after_a_killed_one_finishes_the_work(name: str, tmp_path: Path, draw: Random) -> None:
    assert [line for n, when in deaths(draw, name, 1) for line in kill(name, n, when, tmp_path)] == []


@pytest.mark.faults
@pytest.mark.parametrize(("name", "count"), [("baseline", 60), ("bastion", 30), ("cis", 30), ("secrets", 30)])
def test_wherever_it_is_killed_the_next_run_finishes_the_work(
    name: str, count: int, tmp_path: Path, draw: Random, record_property: Callable[[str, object], None]
) -> None:
    began = time.process_time()
    assert [line for n, when in deaths(draw, name, count) for line in kill(name, n, when, tmp_path)] == []
    swept = Sweep(f"{name}.yaml", "process", "SIGKILL", count, time.process_time() - began)
    record_property("sweep", asdict(swept))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("on", ["write", "read"])
@pytest.mark.parametrize("fault", BRIEF)
def test_a_disturbed_process_tells_the_truth_and_says_by_its_exit_code_how_it_went(
    fault: str, on: str, tmp_path: Path, draw: Random
) -> None:
    (injected,) = READS[fault](on, draw.randint(2, manifest("secrets").undisturbed.points(on)))
    sandbox = ready("secrets", injected)
    code, out, err = reconcile(sandbox, "secrets", tmp_path)
    assert "Traceback" not in err

    if not out:
        assert any(line.startswith("awsbase: ") for line in err.splitlines())
    refused = '{"totals": {"failed": 1, "blocked": 0, "skipped": 0}, "resources": []}'
    report = json.loads(out or refused)
    unfinished = sum(report["totals"][status] for status in ("failed", "blocked", "skipped"))
    assert code == (1 if unfinished else 0)
    changes = Counter(change["api"] for resource in report["resources"] for change in resource["changes"])
    assert changes == effective(sandbox.calls)
    assert recovery(manifest("secrets"), sandbox, finished=not unfinished) == []


def test_a_run_that_is_refused_at_its_first_call_says_so_in_a_line(tmp_path: Path) -> None:
    sandbox = ready("secrets", Fault("access denied", on="call"))
    code, out, err = reconcile(sandbox, "secrets", tmp_path)
    assert (code, out) == (1, "")
    assert err.startswith("awsbase: AWS refuses these credentials: AccessDenied")
