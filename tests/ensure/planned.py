"""Helpers for recipes as tables: facts in, changes out, without an account."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import boto3

from awsbase.aws import Aws
from awsbase.engine.clock import SystemClock
from awsbase.engine.facts import Facts, Read
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run, SilentObserver
from awsbase.engine.run_context import RunContext
from awsbase.engine.scope import Scope
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.facts.authorization import Authorization, authorization, policies
from awsbase.facts.aws_policies import aws_policy

HOME = Scope("123456789012", home="eu-west-1", region="eu-west-1", name="acme")


# What of IAM decides whether another tag or path widens access, in an account that has no policies.
NOBODY: Mapping[Any, Any] = {authorization: Authorization({}, {}, {}, {}), policies: {}}
# Nor does any policy of AWS deny anything, unless a test says so.
ALLOWING: Mapping[Any, Any] = {aws_policy: {}}


class KnownFacts(Facts):
    """Facts that are passed in, by function or by function and arguments; reading others is a KeyError."""

    def __init__(self, values: Mapping[Any, Any]) -> None:
        self.values = values

    def read(self, fact: Any, *args: Any, **kwargs: Any) -> Any:
        if fact in self.values:
            return self.values[fact]
        return self.values[(fact, *args)] if (fact, *args) in self.values else ALLOWING[fact]

    def prefetch(self, reads: object) -> None:
        """Do nothing: all facts were passed in."""


def planned(
    want: Resource,
    facts: Mapping[Any, Any],
    results: Mapping[str, Any] | None = None,
    *,
    beside: Sequence[Resource] = (),
    manifest: str = "",
    recipe: Callable[[Run, Any], object] | None = None,
) -> Run:
    """Return the run that planned a resource on these facts, with its changes and manual actions.

    IAM is empty unless it is passed in. `recipe` is another one than that of its kind.
    """
    shared = RunContext(
        "plan",
        Wire(),
        SystemClock(),
        SilentObserver(),
        threading.Event(),
        None,
        results=dict(results or {}),
        resources=(want, *beside),
        manifest=manifest,
    )
    run = Run(
        want,
        aws(want.scope.region),
        KnownFacts(facts if authorization in facts else {**NOBODY, **facts}),
        shared,
        frozenset(),
    )
    (recipe or KINDS[type(want)].ensure)(run, want)
    return run


def described(run: Run) -> list[str]:
    """List the changes of a run as verb and noun."""
    return [f"{change.action} {change.what}" for change in run.changes]


def reads(want: Resource) -> list[Read]:
    """Return the reads that a resource needs before it is planned."""
    return list(KINDS[type(want)].reads(want))


@cache
def aws(region: str) -> Aws:
    return Aws(boto3.Session("none", "none", region_name=region), region)
