"""Reads that AWS answers with an error when the resource does not exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def empty_if(code: str, read: Callable[..., Mapping[str, Any]], /, **arguments: object) -> Mapping[str, Any]:
    """Return the response of a read; empty when AWS answers with the error code that means "does not exist"."""
    from botocore.exceptions import ClientError

    try:
        return read(**arguments)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != code:
            raise
        return {}
