"""Somebody who works on an account with just the policies that awsbase prints, and what that takes of AWS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from awsbase.engine.changes import Report
from awsbase.engine.failures import DENIED
from awsbase.engine.resource import Resource
from awsbase.permissions import least
from awsbase.policies import Document
from awsbase.sandbox import Request, Rule, Sandbox
from awsbase.sandbox.authorization.permissions import needs
from tests.contract.sample import Sample, go, problems, said
from tests.sandbox.principals import person


@dataclass
class Asked:
    """The actions that the worker's calls needed."""

    actions: set[str] = field(default_factory=set)

    def note(self, request: Request) -> None:
        if request.caller.kind == "user":
            self.actions |= {need.action for need in needs(request)}


def enforcing(asked: Asked | None = None) -> Sandbox:
    """Return a sandbox that holds everybody to their policies, and notes what the worker asks for."""
    noting = [Rule("*", before=asked.note)] if asked else []
    return Sandbox(enforce=True, pages=2, rules=tuple(noting))


def without(documents: Iterable[Document], action: str) -> list[Document]:
    """Take one action out of policies."""
    return [left for each in documents if (left := lacking(each, action))["Statement"]]


def lacking(document: Document, action: str) -> Document:
    kept = [{**each, "Action": [name for name in each["Action"] if name != action]} for each in told(document)]
    return {**document, "Statement": [each for each in kept if each["Action"]]}


def told(document: Document) -> Iterator[dict[str, Any]]:
    """Yield the statements of a policy."""
    statements: Any = document["Statement"]
    yield from statements


def actions(documents: Iterable[Document]) -> set[str]:
    """Return all that policies allow."""
    return {action for document in documents for each in told(document) for action in each["Action"]}


def granted(resources: Sequence[Resource], *, plan_only: bool = False) -> list[Document]:
    return least(resources, plan_only=plan_only).documents


def lives(sandbox: Sandbox, sample: Sample, documents: Sequence[Document]) -> Iterator[Report]:
    """Let a worker do all that happens to a sample: it is made, looked at again, and after each tampering repaired."""
    sample.before(sandbox)
    worker = person(sandbox, *documents)
    sandbox.calls.clear()
    yield go(sandbox, "reconcile", sample.resources, caller=worker)
    yield go(sandbox, "plan", sample.resources, caller=worker)
    for tampering in sample.tamperings.values():
        tampering.spoil(sandbox)
        yield go(sandbox, "reconcile", sample.resources, caller=worker)


def refused(sandbox: Sandbox) -> list[str]:
    """List the calls that were not allowed, those whose refusal awsbase takes for an answer included."""
    calls = [call for call in sandbox.calls if call.error in DENIED]
    # Where another account pays, AWS refuses this one whatever it may.
    calls = [call for call in calls if sandbox.billing_api or call.service != "billing"]
    # An account by itself is let into no other one, whatever it may.
    return [call.name for call in calls if call.name != "sts:AssumeRole"]


def outcome(report: Report) -> tuple[object, ...]:
    """Return what somebody gets to see of a run."""
    return said(report), problems(report), [ask.title for ask in report.manual_actions], notes(report)


def notes(report: Report) -> list[str]:
    return [note for each in report.outcomes for note in each.notes]


def named(report: Report, action: str) -> bool:
    """Tell whether a failure names the action that is missing."""
    hints = [each.error.hint or "" for each in report.outcomes if each.error]
    return any(action in re.findall(r"[\w-]+:\w+", hint) for hint in hints)
