"""What tests of the sandbox share: ask, and say what came of it."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


def refused(method: Callable[..., Any], **params: Any) -> str | None:
    """Return the code that a call is refused with, or nothing when it is not."""
    try:
        method(**params)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None
