"""The loader of AWS's models that all of a process's sandboxes and their clients share."""

from functools import cache
from typing import Any

from botocore.loaders import Loader

from awsbase.models import Models


class SandboxLoader(Loader):
    """Reads each model from disk once, and so the list of services."""


@cache
def model_loader() -> Any:
    """Return the one loader of this process."""
    return SandboxLoader(file_loader=Models())
