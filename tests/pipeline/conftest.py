"""A sandbox that the steps of a pipeline can reach."""

from collections.abc import Iterator

import pytest

from awsbase.sandbox import Sandbox
from tests.later import unhurried
from tests.scripts.conftest import ACCOUNT, Served, nobody, serving

__all__ = ["nobody"]


@pytest.fixture
def served(nobody: dict[str, str]) -> Iterator[Served]:
    """Serve a sandbox, which loads a service when it is asked for."""
    with serving(unhurried(Sandbox(account=ACCOUNT)), nobody) as served:
        yield served
