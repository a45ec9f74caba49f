"""The fewest calls of a converged run are those that it makes: each as soon as there is a thread for it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from benchmarks.lower_bound.aws import AT_ONCE, finish, pool


def replay(calls: Path) -> None:
    """Make the calls of a file again, listed as [service, region, operation, parameters, refusal], side by side."""
    session, config = boto3.Session(), Config(max_pool_connections=AT_ONCE)

    @cache
    def client(service: str, region: str) -> Any:
        return session.client(service, region_name=region, config=config)  # type: ignore[call-overload]

    with pool() as threads:
        started = [
            threads.submit(make, getattr(client(service, region), xform_name(operation)), params, refusal)
            for service, region, operation, params, refusal in json.loads(calls.read_text())
        ]
        finish(started)


def make(call: Any, params: dict[str, Any], refusal: str | None) -> None:
    """Make a call; raises what AWS refuses otherwise than before, as it does for an account in no organization."""
    try:
        call(**params)
    except ClientError as error:
        if error.response["Error"]["Code"] != refusal:
            raise
