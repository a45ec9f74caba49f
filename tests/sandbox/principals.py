"""Somebody who has exactly these policies, for a sandbox that enforces them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.sandbox import Sandbox

ACCOUNT = "123456789012"
KIM = f"arn:aws:iam::{ACCOUNT}:user/kim"


def person(sandbox: Sandbox, *documents: Mapping[str, Any], name: str = "operator") -> str:
    """Make a user with these policies; return who calls as them, with their long-term key."""
    iam = sandbox.client("iam")
    iam.create_user(UserName=name)
    for number, document in enumerate(documents):
        text = json.dumps(document, separators=(",", ":"))
        made = iam.create_policy(PolicyName=f"{name}-{number}", PolicyDocument=text)
        iam.attach_user_policy(UserName=name, PolicyArn=made["Policy"]["Arn"])
    return f"user/{name}"


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
