"""A fleet on Dask: a scheduler and workers as processes, which speak TLS alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import distributed
import pytest

from awsbase.errors import AwsbaseError, UsageError
from awsbase.fleet.dask import carried_out, connected
from tests.fleet import canned
from tests.fleet.certificates import certified

ROOT = Path(__file__).parents[2]
DASK: Any = distributed

pytestmark = pytest.mark.slow


class Cluster(NamedTuple):
    """A scheduler with two workers, and the certificates of their authority."""

    address: str
    security: Any
    folder: Path


def security(authority: Path, certificate: Path, key: Path) -> Any:
    """Return certificates as Dask takes them."""
    return DASK.Security(
        tls_ca_file=str(authority), tls_client_cert=str(certificate), tls_client_key=str(key), require_encryption=True
    )


def launched(stack: ExitStack, *words: str | Path) -> subprocess.Popen[str]:
    """Start a program of Dask, which ends with the test."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    command = [sys.executable, "-m", "dask", *map(str, words)]
    program = stack.enter_context(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
    stack.callback(program.kill)
    return program


def until(program: subprocess.Popen[str], pattern: str) -> str:
    """Read the log of a program until it says that it is there; return what it says."""
    assert program.stderr
    for line in program.stderr:
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError(f"{program.args!r} has ended")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("dask")
    authority, certificate, key = certified(folder)
    shown: list[str | Path] = [
        "--tls-ca-file",
        authority,
        "--tls-cert",
        certificate,
        "--tls-key",
        key,
        "--no-dashboard",
    ]
    with ExitStack() as stack:
        scheduler = launched(stack, "scheduler", *shown, "--host", "tls://127.0.0.1", "--port", "0")
        address = until(scheduler, r"at:\s+(tls://[\d.:]+)")
        own: list[str | Path] = [*shown, "--nthreads", "1", "--no-nanny", "--local-directory", folder]
        for worker in [launched(stack, "worker", address, *own) for _ in range(2)]:
            until(worker, r"Registered to:\s+(\S+)")
        yield Cluster(address, security(authority, certificate, key), folder)


def test_a_worker_that_is_killed_midway_loses_no_account(cluster: Cluster) -> None:
    (cluster.folder / canned.KILLS).touch()
    items = [canned.item(number, folder=cluster.folder) for number in range(20)]
    with connected(cluster.address, cluster.security) as client:
        assert len(client.scheduler_info()["workers"]) == 2
        results = list(carried_out(items, client, canned.carry_out, at_once=5))
        assert len(client.scheduler_info()["workers"]) == 1
    assert sorted(each.account for each in results) == sorted(each.account for each in items)
    begun = (cluster.folder / "begun").read_text().split()
    assert begun.count("a7") == 2
    failed = [each for each in results if each.failing]
    assert [(each.account, each.status, each.message) for each in failed] == [
        ("a3", "failed", "ValueError: a3 has no answer")
    ]


def test_plain_tcp_and_certificates_of_others_are_refused(cluster: Cluster, tmp_path: Path) -> None:
    plain = cluster.address.replace("tls://", "tcp://")
    with pytest.raises(UsageError, match="is no address with TLS"), connected(plain):
        pass
    # Nor does the scheduler itself speak it.
    with pytest.raises(OSError, match=r"Timed out|closed"):
        DASK.Client(plain, timeout="1s", set_as_default=False)
    stranger = security(*certified(tmp_path, "stranger"))
    with pytest.raises(AwsbaseError, match="cannot reach the scheduler"), connected(cluster.address, stranger):
        pass


def test_without_certificates_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no certificates to show") as refused, connected("tls://127.0.0.1:1"):
        pass
    assert "distributed.comm.tls" in (refused.value.hint or "")
