"""Somebody who has exactly these policies, for a sandbox that enforces them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.sandbox import Sandbox
from awsbase.testing.sample import person as person

ACCOUNT = "123456789012"
KIM = f"arn:aws:iam::{ACCOUNT}:user/kim"


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(*actions: str, on: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    return {**allow(*actions, **more), "Effect": "Deny"}


def kim(sandbox: Sandbox, *statements: Mapping[str, Any]) -> Callable[..., Any]:
    """Make Kim with these statements; return what makes clients that call as Kim."""
    caller = person(sandbox, *([policy(*statements)] if statements else []), name="kim")
    return lambda service, region="us-east-1": sandbox.client(service, region, caller=caller)


def error(method: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    """Return the code, message and status that a call is refused with."""
    with pytest.raises(ClientError) as raised:
        method(**params)
    said = raised.value.response
    return said["Error"]["Code"], said["Error"]["Message"], said["ResponseMetadata"]["HTTPStatusCode"]
