"""A pool of processes: a process that ends or takes too long costs the others nothing, and no account is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from awsbase.fleet.item import Item
from awsbase.fleet.pool import Pool, one_by_one
from awsbase.fleet.results import Result, read_result
from awsbase.organization.reach import Route
from tests.fleet.units import answer, canned

ROOT = Path(__file__).parents[2]


def item(name: str, notes: Path) -> Item:
    """Return an item that is carried out by the canned work, which keeps its notes in a folder."""
    return Item("run", "reconcile", Route(name, "111111111111", str(notes)), "", {}, "")


def begun(notes: Path, name: str) -> list[int]:
    """Return the processes that have begun an account."""
    return [int(pid) for pid in (notes / name).read_text().split()]


@pytest.mark.slow
def test_no_account_is_lost_when_processes_end_or_hang(tmp_path: Path) -> None:
    names = ["a", "dies-once", "b", "hangs", "dies-always", "fails", *(f"c{number}" for number in range(20))]
    pool = Pool(2, canned, deadline=3.0, recycle=8)
    results = list(pool.results((item(name, tmp_path) for name in names), threading.Event()))

    assert sorted(each.account for each in results) == sorted(names)
    failing = {each.account: each.message for each in results if each.failing}
    assert failing == {
        "hangs": "it was not done within 3 s",
        "dies-always": "its process ended, twice",
        "fails": "it fails",
    }
    tries = {name: len(begun(tmp_path, name)) for name in names}
    assert {name: count for name, count in tries.items() if count > 1} == {"dies-once": 2, "dies-always": 2}
    served = [pid for name in names for pid in begun(tmp_path, name)]
    assert max(served.count(pid) for pid in served) <= 8
    assert os.getpid() not in served


PARENT = """
import sys

if __name__ == "__main__":
    import threading
    from pathlib import Path
    from awsbase.fleet.pool import Pool
    from tests.fleet.test_pool import item
    from tests.fleet.units import canned

    items = [item(name, Path(sys.argv[1])) for name in ("a", "hangs-1", "hangs-2")]
    for result in Pool(2, canned).results(items, threading.Event()):
        print(result.account, flush=True)
"""


@pytest.mark.slow
def test_processes_end_with_the_one_that_began_them(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), str(tmp_path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "a\n"
        until(lambda: (tmp_path / "hangs-1").exists() and (tmp_path / "hangs-2").exists())
        workers = begun(tmp_path, "hangs-1") + begun(tmp_path, "hangs-2")
        assert all(runs(pid) for pid in workers)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        until(lambda: not any(runs(pid) for pid in workers))


def until(condition: object, within: float = 20.0) -> None:
    """Wait for another process."""
    started = time.monotonic()
    while not condition():  # type: ignore[operator]
        assert time.monotonic() - started < within
        threading.Event().wait(0.02)


def runs(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and that nobody has asked about does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def done_here(item: Item, stop: threading.Event) -> Result:
    """Carry out an item in this process."""
    if item.account.startswith("waits"):
        assert stop.wait(20)
        return read_result({**answer(item.document()), "status": "failed", "error": {"message": "interrupted"}})
    return read_result(json.loads(json.dumps(answer(item.document()))))


def test_one_after_the_other_gives_up_an_account_that_takes_too_long(tmp_path: Path) -> None:
    items = [item(name, tmp_path) for name in ("a", "waits", "b")]
    results = list(one_by_one(items, done_here, threading.Event(), deadline=0.05))
    assert [(each.account, each.status) for each in results] == [("a", "done"), ("waits", "failed"), ("b", "done")]
    assert results[1].message == "it was not done within 0 s"


def test_a_run_that_is_stopped_begins_no_more(tmp_path: Path) -> None:
    stop, results = threading.Event(), []
    for result in one_by_one([item(name, tmp_path) for name in ("a", "b", "c")], done_here, stop):
        results.append(result.account)
        if result.account == "b":
            stop.set()
    assert results == ["a", "b"]
