"""What tests of people's scripts share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.people.alice import Alice
from tests.people.federation import Federation, served


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def alice(tmp_path: Path) -> Alice:
    return Alice(tmp_path)


@pytest.fixture
def federation() -> Iterator[Federation]:
    with served() as here:
        yield here
