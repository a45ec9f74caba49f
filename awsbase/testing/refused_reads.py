"""Reads that a policy of the organization refuses, once all is there: what a run makes of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from awsbase.engine.changes import Outcome, Report
from awsbase.sandbox import Request, Rule, Sandbox
from awsbase.sandbox.authorization import request_context
from awsbase.sandbox.authorization.decision import Document
from awsbase.sandbox.authorization.permissions import needs
from awsbase.sandbox.call_log import writes
from awsbase.testing.sample import said
from awsbase.testing.subject import Subject

Refused = tuple[str, str]
"""An IAM action, and the region in which it is refused."""


@dataclass
class Looked:
    """What was read, as the policies of an organization see it."""

    actions: dict[Refused, None] = field(default_factory=dict)

    def note(self, request: Request) -> None:
        """Note what a read needs to be allowed."""
        if not writes(request.operation):
            region = request_context.facts(request)["aws:requestedregion"]
            self.actions |= dict.fromkeys((need.action, region) for need in needs(request))


def converged(subject: Subject) -> tuple[Sandbox, list[Refused]]:
    """Return an account in which all is there, and what a plan reads in it."""
    looked = Looked()
    sandbox = subject.ready(rules=(Rule("*", before=looked.note),))
    assert not subject.go(sandbox, "reconcile").failed
    looked.actions.clear()
    assert said(subject.go(sandbox, "plan")) == []
    return sandbox, list(looked.actions)


def policy(refused: Refused) -> Document:
    """Return a service control policy that refuses one action in one region."""
    action, region = refused
    where = {"StringEquals": {"aws:RequestedRegion": region}}
    statement = {"Sid": "Closed", "Effect": "Deny", "Action": action, "Resource": "*", "Condition": where}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trial(subject: Subject, sandbox: Sandbox, refused: Refused) -> list[str]:
    """Plan while one read is refused, and return what is wrong: changes that nobody needs, or advice that is untrue."""
    sandbox.service_control_policies[:] = [policy(refused)]
    try:
        report = subject.go(sandbox, "plan")
    finally:
        sandbox.service_control_policies.clear()
    return [f"{' in '.join(refused)}: {each}" for each in wrong(report, subject, refused)]


def wrong(report: Report, subject: Subject, refused: Refused) -> Iterator[str]:
    """Yield what a plan says that is not true while a read is refused, where all is there."""
    yield from (f"planned: {line}" for line in said(report))
    new = set(report.manual_actions) - set(subject.undisturbed.manual_actions)
    yield from (f"asked of a person: {action.title}" for action in new if "organization" not in action.title)
    for outcome in report.outcomes:
        yield from untrue(outcome, refused)


def untrue(outcome: Outcome, refused: Refused) -> Iterator[str]:
    """Yield what is untrue in what a resource failed with."""
    error = outcome.error
    if error is None:
        return
    action, region = refused
    told = f"{error.message} {error.hint}"
    name = action.partition(":")[2]
    if "organization" not in told or name not in told:
        yield f"{outcome.address} does not say who refuses {action}: {error.code}: {told}"
    if region not in told:
        yield f"{outcome.address} does not say where {action} is refused: {error.code}: {told}"
    if "mfa refresh" in told or error.message.startswith("unforeseen"):
        yield f"{outcome.address} says what does not help: {error.code}: {told}"
