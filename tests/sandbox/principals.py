"""Somebody who has exactly these policies, for a sandbox that enforces them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from awsbase.sandbox import Sandbox


def person(sandbox: Sandbox, *documents: Mapping[str, Any], name: str = "operator") -> str:
    """Make a user with these policies; return who calls as them, with their long-term key."""
    iam = sandbox.client("iam")
    iam.create_user(UserName=name)
    for number, document in enumerate(documents):
        text = json.dumps(document, separators=(",", ":"))
        made = iam.create_policy(PolicyName=f"{name}-{number}", PolicyDocument=text)
        iam.attach_user_policy(UserName=name, PolicyArn=made["Policy"]["Arn"])
    return f"user/{name}"
