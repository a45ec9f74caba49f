"""What tests of people's scripts share."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.people.alice import Alice
from tests.people.federation import Federation, served
from tests.people.sweep import no_secret


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def alice(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Alice]:
    """Somebody with an access key; whatever a test does with her, no log and no other file keeps a secret."""
    caplog.set_level(logging.DEBUG, "awsbase")
    somebody = Alice(tmp_path)
    yield somebody
    no_secret(somebody, "\n".join([caplog.text, *somebody.terminal.asked, *somebody.terminal.told]))


@pytest.fixture
def federation() -> Iterator[Federation]:
    with served() as here:
        yield here
