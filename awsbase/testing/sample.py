"""What the contract needs to know of a kind: something to create, and ways to tamper with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from awsbase.aws import Aws
from awsbase.engine.account import Account, check, identify
from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.facts import ReadCache
from awsbase.engine.kind import Kinds
from awsbase.engine.resource import Resource
from awsbase.engine.run import Approved
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.samples.connections import Connection, connection
from awsbase.samples.sample import ACCOUNT, HOME, OREGON, Sample, Tampering
from awsbase.sandbox import Sandbox
from awsbase.sandbox.callers import Key

__all__ = [
    "ACCOUNT",
    "HOME",
    "OREGON",
    "Sample",
    "Tampering",
    "account",
    "go",
    "person",
    "problems",
    "risky",
    "said",
]


def go(
    sandbox: Sandbox,
    mode: Mode,
    resources: Sequence[Resource],
    *,
    caller: str | None = None,
    approved: Approved | None = None,
    attempts: int = 1,
    kinds: Kinds = KINDS,
) -> Report:
    """Plan, or plan and reconcile with what was read, as the command does; on the sandbox's clock."""
    cache = ReadCache()
    step = partial(execute, kinds=kinds, account=account(sandbox, caller, attempts), clock=sandbox.clock, cache=cache)
    report = step("plan", resources, approved=approved)
    if mode == "reconcile":
        cache.forget_failures()
        report = step("reconcile", resources, approved=approved)
    return report


def account(sandbox: Sandbox, caller: str | None, attempts: int = 1) -> Account:
    """Return the sandbox's account, reached by clients that send nothing twice: botocore waits before it does."""
    if attempts > 1:
        return own_account(sandbox, caller, attempts)
    shared = connection("caller" if caller else "administrator")
    shared.use(sandbox, key(sandbox, caller))
    return identified(shared, sandbox, caller)


@lru_cache(maxsize=2)
def own_account(sandbox: Sandbox, caller: str | None, attempts: int) -> Account:
    """Return the sandbox's account, reached by clients of its own."""
    wire = Wire()
    aws = Aws(sandbox.session(caller), HOME.region, attach=[wire.attach], attempts=attempts)
    return check(identify(aws, wire), ACCOUNT)


@lru_cache(maxsize=2)
def key(sandbox: Sandbox, caller: str | None) -> Key:
    """Return the key that a caller of a sandbox keeps."""
    return sandbox.key(caller)


@lru_cache(maxsize=2)
def identified(shared: Connection, sandbox: Sandbox, caller: str | None) -> Account:
    """Ask a sandbox once who the caller is."""
    return check(identify(shared.aws, shared.wire), ACCOUNT)


def person(sandbox: Sandbox, *documents: Mapping[str, Any], name: str = "operator") -> str:
    """Create a user with these policies; return who calls as them, with their long-term key."""
    iam = sandbox.client("iam")
    iam.create_user(UserName=name)
    for number, document in enumerate(documents):
        text = json.dumps(document, separators=(",", ":"))
        made = iam.create_policy(PolicyName=f"{name}-{number}", PolicyDocument=text)
        iam.attach_user_policy(UserName=name, PolicyArn=made["Policy"]["Arn"])
    return f"user/{name}"


def said(report: Report) -> list[str]:
    """List a report's changes as a person would say them."""
    return [f"{address}: {change.action} {change.what}" for address, change in report.changes]


def risky(report: Report) -> list[str]:
    """List the risky changes as a person would say them."""
    return [f"{address}: {change.action} {change.what}" for address, change in report.changes if change.risk]


def problems(report: Report) -> list[str]:
    """List what failed, with the reason."""
    return [
        f"{outcome.address}: {outcome.status} {outcome.error or outcome.blocked_by}"
        for outcome in report.outcomes
        if outcome.status in ("failed", "blocked", "skipped")
    ]
