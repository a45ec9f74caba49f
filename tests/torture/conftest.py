"""Where the sweeps are entered that were survived."""

import pytest

from tests.torture.ledger import LEDGER, Ledger


@pytest.fixture
def ledger() -> Ledger:
    """Return the ledger of `make torture`."""
    return Ledger(LEDGER)
