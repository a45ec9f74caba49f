"""Where the sweeps are entered that were survived, and an environment that outlives no test."""

import os

import pytest

from tests.torture.ledger import LEDGER, Ledger, digest
from tests.torture.subject import IMAGES


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    """Return the ledger of `make torture`."""
    return Ledger(LEDGER, digest())


@pytest.fixture(autouse=True)
def _images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put back what a subject says of the images that moto is to know."""
    monkeypatch.setenv(IMAGES, os.environ.get(IMAGES, "True"))
