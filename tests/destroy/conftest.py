"""A served sandbox for the commands that delete."""

from tests.scripts.conftest import nobody, served

__all__ = ["nobody", "served"]
