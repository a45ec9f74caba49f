"""Reads that a policy of the organization refuses, once all is there: what a run makes of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from awsbase.engine.changes import ManualAction, Outcome, Report
from awsbase.sandbox import Request, Rule, Sandbox
from awsbase.sandbox.authorization import request_context
from awsbase.sandbox.authorization.decision import Document
from awsbase.sandbox.authorization.permissions import needs
from awsbase.sandbox.call_log import writes
from awsbase.testing.sample import said
from awsbase.testing.subject import Subject

INDEX = "tag:GetResources"


@dataclass(frozen=True)
class Refused:
    """An IAM action and the region in which it is refused; `unindexed` where the index of tags is refused with it."""

    action: str
    region: str
    unindexed: bool = False

    @property
    def policy(self) -> Document:
        """Return the service control policy that refuses it."""
        statement = {
            "Sid": "Closed",
            "Effect": "Deny",
            "Action": [self.action, INDEX] if self.unindexed else [self.action],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": self.region}},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}


@dataclass
class Looked:
    """What was read, as the policies of an organization see it: actions, each with its region."""

    actions: dict[tuple[str, str], None] = field(default_factory=dict)

    def note(self, request: Request) -> None:
        """Note what a read needs to be allowed."""
        if not writes(request.operation):
            region = request_context.facts(request)["aws:requestedregion"]
            self.actions |= dict.fromkeys((need.action, region) for need in needs(request))


@dataclass(frozen=True)
class Converged:
    """An account in which all is there: what a plan reads in it, and what it still asks of a person."""

    subject: Subject
    sandbox: Sandbox
    reads: Sequence[Refused]
    manual_actions: frozenset[ManualAction]


def converged(subject: Subject) -> Converged:
    """Reconcile a subject, and look what the plan after that does, with the index of tags and without."""
    looked = Looked()
    sandbox = subject.ready(rules=(Rule("*", before=looked.note),))
    assert not subject.go(sandbox, "reconcile").failed
    looked.actions.clear()
    plan = subject.go(sandbox, "plan")
    assert said(plan) == []
    reads = [Refused(*each) for each in looked.actions]
    closed = [Refused(INDEX, region).policy for _, region in looked.actions]
    with organization(sandbox, *closed):
        looked.actions.clear()
        assert said(subject.go(sandbox, "plan")) == []
    reads += [Refused(*each, unindexed=True) for each in looked.actions if Refused(*each) not in reads]
    return Converged(subject, sandbox, reads, frozenset(plan.manual_actions))


@contextmanager
def organization(sandbox: Sandbox, *policies: Document) -> Iterator[None]:
    """Let an organization have these service control policies over a sandbox."""
    sandbox.service_control_policies[:] = policies
    try:
        yield
    finally:
        sandbox.service_control_policies.clear()


def trial(there: Converged, refused: Refused) -> list[str]:
    """Plan while one read is refused, and return what is wrong: changes that nobody needs, or advice that is untrue."""
    with organization(there.sandbox, refused.policy):
        report = there.subject.go(there.sandbox, "plan")
    return [f"{refused}: {each}" for each in wrong(report, there, refused)]


def wrong(report: Report, there: Converged, refused: Refused) -> Iterator[str]:
    """Yield what a plan says that is not true while a read is refused, where all is there."""
    yield from (f"planned: {line}" for line in said(report))
    new = set(report.manual_actions) - there.manual_actions
    yield from (f"asked of a person: {action.title}" for action in new if "organization" not in action.title)
    for outcome in report.outcomes:
        yield from untrue(outcome, refused)


def untrue(outcome: Outcome, refused: Refused) -> Iterator[str]:
    """Yield what is untrue in what a resource failed with."""
    error = outcome.error
    if error is None:
        return
    told = f"{error.message} {error.hint}"
    _, _, name = refused.action.partition(":")
    if "organization" not in told or name not in told:
        yield f"{outcome.address} does not say who refuses {refused.action}: {error.code}: {told}"
    if refused.region not in told:
        yield f"{outcome.address} does not say where {refused.action} is refused: {error.code}: {told}"
    if "mfa refresh" in told or error.message.startswith("unforeseen"):
        yield f"{outcome.address} says what does not help: {error.code}: {told}"
