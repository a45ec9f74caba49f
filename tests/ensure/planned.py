"""Recipes as tables: facts in, changes out, no account of any kind."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3

from awsbase.aws import Aws
from awsbase.engine.clock import SystemClock
from awsbase.engine.facts import Facts, Read
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run, RunContext, SilentObserver
from awsbase.engine.scope import Scope
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS

HOME = Scope("123456789012", home="eu-west-1", region="eu-west-1")


class Known(Facts):
    """Facts that are handed in, by the function alone or with its arguments; asking for others is a KeyError."""

    def __init__(self, given: Mapping[Any, Any]) -> None:
        self.given = given

    def read(self, fact: Any, *args: Any, **kwargs: Any) -> Any:
        return self.given[fact] if fact in self.given else self.given[(fact, *args)]

    def prefetch(self, reads: object) -> None:
        """Do nothing: everything is there already."""


def planned(want: Resource, facts: Mapping[Any, Any], results: Mapping[str, Any] | None = None) -> Run:
    """Return the run in which a resource was planned on these facts: its `changes`, its `asks`."""
    shared = RunContext(
        "plan", Wire(), SystemClock(), SilentObserver(), threading.Event(), None, results=dict(results or {})
    )
    run = Run(want, aws(want.scope.region), Known(facts), shared, frozenset())
    KINDS[type(want)].ensure(run, want)
    return run


def said(run: Run) -> list[str]:
    """List the changes of a run as a person would say them."""
    return [f"{change.action} {change.what}" for change in run.changes]


def reads(want: Resource) -> list[Read]:
    """Return what is read beforehand for a resource."""
    return list(KINDS[type(want)].reads(want))


@cache
def aws(region: str) -> Aws:
    return Aws(boto3.Session("none", "none", region_name=region), region)
