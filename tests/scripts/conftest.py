"""Fixtures: a manifest, an environment without AWS settings, and a sandbox that other processes can reach."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from awsbase.sandbox import Message, Reply, Sandbox
from awsbase.sandbox.serve import listen, warm
from tests.later import unhurried

ACCOUNT = "111122223333"
EMPTY = f"""\
version: 1
account: {{id: "{ACCOUNT}", name: acme, region: eu-west-1}}
"""
FULL = (
    EMPTY
    + """\
notify:
  security: {}
  billing: {email: [cfo@acme.example]}
alarms:
  billing: {amounts: [50, 200]}
"""
)
AWSBASE = [sys.executable, "-m", "awsbase"]


@dataclass(frozen=True)
class Served:
    """A sandbox, and the environment of a process that uses it."""

    sandbox: Sandbox
    environment: dict[str, str]

    @property
    def writes(self) -> list[str]:
        return [call.name for call in self.sandbox.calls if call.writes]


def slowly(sandbox: Sandbox, *words: str) -> threading.Event:
    """Let requests with all of these words in them take a second each; return what is set when one has arrived."""
    answer, arrived = sandbox.answer, threading.Event()

    def late(message: Message) -> Reply:
        if all(word in f"{message.headers} {message.body!r}" for word in words):
            arrived.set()
            time.sleep(1)
        return answer(message)

    sandbox.answer = late  # type: ignore[method-assign]
    return arrived


def use_here(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands of this process use a served account, and nothing else."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "AWS_EC2_METADATA_DISABLED", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, served.environment[name])


@pytest.fixture
def nobody(tmp_path: Path) -> dict[str, str]:
    """Return the environment of somebody without any AWS configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LC_", "NO_COLOR"))}
    return {**kept, "HOME": str(tmp_path), "LANG": "C.UTF-8", "TERM": "xterm", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture
def served(nobody: dict[str, str]) -> Iterator[Served]:
    """Serve a sandbox of the manifest's account, which has loaded all services."""
    sandbox = unhurried(Sandbox(account=ACCOUNT))
    warm(sandbox)
    with serving(sandbox, nobody) as served:
        yield served


@contextmanager
def serving(sandbox: Sandbox, nobody: dict[str, str]) -> Iterator[Served]:
    """Serve a sandbox to processes."""
    server = listen(sandbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    key = sandbox.key()
    yield Served(
        sandbox,
        {
            **nobody,
            "AWS_ENDPOINT_URL": f"http://{server.host}:{server.port}",
            "AWS_ACCESS_KEY_ID": key.id,
            "AWS_SECRET_ACCESS_KEY": key.secret,
        },
    )
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """Write a manifest that wants nothing."""
    return written(tmp_path / "empty.yaml", EMPTY)


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """Write a manifest that wants something of several kinds."""
    return written(tmp_path / "full.yaml", FULL)


def written(file: Path, text: str) -> Path:
    file.write_text(text)
    return file
