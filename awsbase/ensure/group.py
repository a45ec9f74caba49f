"""IAM groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awsbase.engine.changes import compare
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure.authorization import GroupFacts, groups


@dataclass(frozen=True, kw_only=True)
class Group(Resource):
    """A group with exactly these managed policies, given by ARN; `made_here` are the addresses that make them."""

    name: str
    path: str = "/"
    policies: frozenset[str] = frozenset()
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"group/{self.name}"

    def needs(self) -> Iterator[str]:
        yield from self.made_here


def ensure_group(run: Run, want: Group) -> None:
    """Bring one IAM group to the manifest: its path and exactly these attached policies."""
    iam = run.aws.iam
    have = run.read(groups).get(want.name.casefold())

    if have is None:
        run.create("group", iam.create_group, GroupName=want.name, Path=want.path)
        have = GroupFacts(want.name, want.path)

    if drift := compare({"path": have.path}, {"path": want.path}):
        run.update("path", drift, iam.update_group, GroupName=have.name, NewPath=want.path)

    for arn in sorted(want.policies - have.policies):
        run.create(f"attachment {arn}", iam.attach_group_policy, GroupName=have.name, PolicyArn=arn)
    for arn in sorted(have.policies - want.policies):
        run.delete(f"attachment {arn}", iam.detach_group_policy, GroupName=have.name, PolicyArn=arn)
