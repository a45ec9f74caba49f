"""IAM groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from awsbase.access.simulated_state import IamDraft, attached
from awsbase.access.widening import attaching, detaching
from awsbase.engine.changes import Drift
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.facts.authorization import GroupFacts, groups
from awsbase.records import record


@record(kw_only=True)
class Group(Resource):
    """A group with exactly these managed policies, given by ARN; `made_here` are the addresses that make them.

    With `exact` off, other attachments stay, and without a path the group stays where it is. Inline policies are
    not touched.
    """

    name: str
    path: str | None = None
    policies: frozenset[str] = frozenset()
    exact: bool = True
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"group/{self.name}"

    def needs(self) -> Iterator[str]:
        yield from self.made_here

    def simulate(self, iam: IamDraft) -> None:
        """Attach the policies in a draft of IAM."""
        have = iam.groups.get(self.name.casefold(), GroupFacts(self.name, self.path or "/"))
        policies = attached(have.policies, self.policies, exact=self.exact)
        iam.groups[self.name.casefold()] = replace(have, policies=policies)


def ensure_group(run: Run, want: Group) -> None:
    """Bring one IAM group to the manifest: its path and exactly these attached policies."""
    iam = run.aws.iam
    have = run.read(groups).get(want.name.casefold())

    if have is None:
        run.create("group", iam.create_group, GroupName=want.name, Path=want.path)
        have = GroupFacts(want.name, want.path or "/")
    established = run.established(have.created)

    if want.path and have.path != want.path:
        drift = [Drift("path", have.path, want.path)]
        run.update("path", drift, iam.update_group, GroupName=have.name, NewPath=want.path)

    for arn in sorted(want.policies - have.policies):
        why = attaching(run, arn) if established else ""
        run.create(f"attachment {arn}", iam.attach_group_policy, risk=access(why), GroupName=have.name, PolicyArn=arn)
    for arn in sorted(have.policies - want.policies) if want.exact else ():
        why = detaching(run, arn) if established else ""
        run.delete(f"attachment {arn}", iam.detach_group_policy, risk=access(why), GroupName=have.name, PolicyArn=arn)
