"""Reads whose refusal is an answer: there is nothing of that kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def empty_if(code: str, read: Callable[..., Mapping[str, Any]], /, **arguments: object) -> Mapping[str, Any]:
    """Return what a read answers, or nothing when AWS refuses it with the code that says there is nothing."""
    from botocore.exceptions import ClientError

    try:
        return read(**arguments)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != code:
            raise
        return {}
