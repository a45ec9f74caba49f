"""Accounts as a manifest has left them, and what the next manifest would change in them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from awsbase.access.lockout import lockout
from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.resource import Resource
from awsbase.engine.risk import risky
from awsbase.ensure import KINDS
from awsbase.errors import ManifestError
from awsbase.manifest import load, resources
from awsbase.sandbox import Sandbox
from awsbase.testing.connections import connection
from awsbase.testing.sample import ACCOUNT, problems
from awsbase.testing.subject import FEWER

HEAD = f"""\
version: 1
account: {{id: "{ACCOUNT}", name: acme, region: eu-west-1}}
"""
Prepare = Callable[[Sandbox], object]


def untouched(sandbox: Sandbox) -> None:
    """Leave an account as the manifest left it."""


def wanted(text: str) -> list[Resource]:
    """Return the resources of a manifest; without an account section it is that of all tests."""
    whole = text if text.startswith("version:") else HEAD + text
    return [each for section in resources(load(Path("-"), stdin=BytesIO(whole.encode()))).values() for each in section]


def mistakes(text: str) -> str:
    """Return what is wrong with a manifest; empty when nothing is."""
    try:
        wanted(text)
    except ManifestError as error:
        return "\n".join(each.message for each in error.mistakes)
    return ""


@lru_cache(maxsize=64)
def start(before: str, prepare: Prepare = untouched, between: Prepare = untouched) -> Sandbox:
    """Return an account that was prepared, then reconciled with a manifest; nobody may write to it afterwards."""
    sandbox = Sandbox(rules=FEWER)
    prepare(sandbox)
    if before:
        done = run(sandbox, "reconcile", wanted(before))
        assert problems(done) == []
    between(sandbox)
    sandbox.clock.advance(2 * 86400)
    return sandbox


def run(sandbox: Sandbox, mode: Mode, of: list[Resource], *, allow_risky: bool = True) -> Report:
    """Plan or reconcile resources as the command does, with its refusal of a lock-out."""
    account = connection("trust", resend=True).to(sandbox, key(sandbox))
    return execute(
        mode,
        of,
        KINDS,
        account,
        clock=sandbox.clock,
        allow_risky=allow_risky,
        check=lambda facts: lockout(account, of, facts),
    )


@cache
def key(sandbox: Sandbox):  # type: ignore[no-untyped-def]
    """Return the administrator's key of a sandbox."""
    return sandbox.key()


def reasons(sandbox: Sandbox, after: str) -> list[str]:
    """Return the changes of a plan that need approval, each with its reason."""
    plan = run(sandbox, "plan", wanted(after))
    assert problems(plan) == []
    return [f"{each.address}: {each.change.action} {each.change.what}: {each.risk.reason}" for each in risky(plan)]
