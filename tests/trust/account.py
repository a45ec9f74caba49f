"""Plan an edit of a manifest in the account that the manifest has made, as the command does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from awsbase.access.lockout import lockout
from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.resource import Resource
from awsbase.engine.risk import risky
from awsbase.ensure import KINDS
from awsbase.errors import ManifestError
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.manifest.source import parse
from awsbase.samples.connections import connection
from awsbase.sandbox import Sandbox
from awsbase.sandbox.callers import Key
from awsbase.testing.sample import ACCOUNT, problems
from awsbase.testing.subject import FEWER
from tests.trust.starts import STARTS

HERE = Path(__file__).parent
TWO_DAYS = 2 * 86_400


def edited(manifest: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest with other values at dotted keys; None takes a key away."""
    whole = deepcopy(dict(manifest))
    for key, value in changes.items():
        *steps, last = key.split(".")
        inside = whole
        for step in steps:
            inside = inside.setdefault(step, {})
        if value is None:
            del inside[last]
        else:
            inside[last] = value
    return whole


def wanted(manifest: Mapping[str, Any]) -> list[Resource]:
    """Return the resources of a manifest; raises ManifestError."""
    account = {"id": ACCOUNT, "name": "acme", "region": "eu-west-1", **manifest.get("account", {})}
    text = json.dumps({"version": 1, **manifest, "account": account}).encode()
    found = understand(parse(text, file="manifest.yaml", folder=HERE), Manifest)
    return [each for section in resources(found).values() for each in section]


@lru_cache(maxsize=32)
def account(name: str) -> Sandbox:
    """Return the account of a start, some days later; an edit is planned in it, and nothing is written."""
    start, sandbox = STARTS[name], Sandbox(rules=FEWER)
    start.before(sandbox)
    assert problems(run(sandbox, "reconcile", wanted(start.manifest))) == []
    start.after(sandbox)
    sandbox.clock.advance(TWO_DAYS)
    return sandbox


def run(sandbox: Sandbox, mode: Mode, of: list[Resource]) -> Report:
    """Plan or reconcile resources, with the refusal of a lock-out."""
    reached = connection("trust", resend=True).to(sandbox, key(sandbox))
    return execute(mode, of, KINDS, reached, clock=sandbox.clock, check=lambda facts: lockout(reached, of, facts))


@cache
def key(sandbox: Sandbox) -> Key:
    """Return the administrator's key of a sandbox."""
    return sandbox.key()


def outcome(start: str, changes: Mapping[str, Any]) -> list[str]:
    """Plan an edit: return what needs approval with its reasons, or the mistakes, or why the run is refused."""
    try:
        of = wanted(edited(STARTS[start].manifest, changes))
        plan = run(account(start), "plan", of)
    except ManifestError as error:
        return [f"mistake: {each.message}" for each in error.mistakes]
    if plan.refusals:
        return [f"refused: {each.message}" for each in plan.refusals]
    if stopped := problems(plan):
        return [f"stopped: {each}" for each in stopped]
    return [f"{each.address}: {each.change.action} {each.change.what}: {each.risk.reason}" for each in risky(plan)]
