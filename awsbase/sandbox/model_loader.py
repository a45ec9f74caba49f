"""The loader of AWS's models that all of a process's sandboxes and their clients share."""

from functools import cache
from typing import Any


@cache
def model_loader() -> Any:
    """Return botocore's loader: each model is read from disk once, and so is the list of services."""
    from botocore.session import get_session

    return get_session().get_component("data_loader")
