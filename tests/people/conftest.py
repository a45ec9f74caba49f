"""Fixtures for the tests of commands for people."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.people.alice import Alice
from tests.people.federation import Federation, served
from tests.people.leaks import assert_no_secret


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def alice(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Alice]:
    """Yield a user with an access key; afterwards, check that no log and no other file contains a secret."""
    caplog.set_level(logging.DEBUG, "awsbase")
    user = Alice(tmp_path)
    yield user
    assert_no_secret(user, "\n".join([caplog.text, *user.terminal.asked, *user.terminal.messages]))


@pytest.fixture
def federation() -> Iterator[Federation]:
    with served() as federation:
        yield federation
