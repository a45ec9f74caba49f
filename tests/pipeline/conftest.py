"""A sandbox that the steps of a pipeline can reach."""

from tests.scripts.conftest import nobody, served

__all__ = ["nobody", "served"]
