"""IAM groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from awsbase.access.attributes import moving
from awsbase.access.simulated_state import IamDraft, attached, having
from awsbase.access.widening import attaching, detaching
from awsbase.engine import quotas
from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.facts.authorization import ALL_OF_IAM, GroupFacts, all_of_iam, groups, iam_arns, only_these, users
from awsbase.facts.aws_policies import reading_aws_policies
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
        """Attach the policies and change the path in a draft of IAM."""
        have = iam.groups.get(self.name.casefold(), GroupFacts(self.name, self.path or "/"))
        policies = attached(have.policies, self.policies, exact=self.exact)
        iam.groups[self.name.casefold()] = having(have, path=self.path or have.path, policies=policies)


def ensure_group(run: Run, want: Group) -> None:
    """Bring one IAM group to the manifest: its path and exactly these attached policies."""
    iam = run.aws.iam
    have = run.read(groups).get(want.name.casefold())
    if have is None:
        names = quotas.names(run, want)
        remedy = "delete {excess} that nobody needs, or ask AWS for more"
        quotas.room_beside(run, quotas.GROUPS, "IAM", held=run.read(groups), wanted=names, remedy=remedy)
    policies = quotas.exchange(
        run,
        quotas.POLICIES_OF_GROUP,
        f"group {want.name}",
        have=have.policies if have else frozenset(),
        want=want.policies,
        exact=want.exact,
        remedy="detach {excess}, or list `policies`: those that are not listed are detached",
    )

    if have is None:
        run.create("group", iam.create_group, GroupName=want.name, Path=want.path)
        have = GroupFacts(want.name, want.path or "/", new=True)

    if want.path and have.path != want.path:
        drift = [Drift("path", have.path, want.path)]
        now, then = (want.scope.global_arn("iam", f"group{path}{have.name}") for path in (have.path, want.path))
        why = moving(run, now, then)
        run.update("path", drift, iam.update_group, risk=access(why), GroupName=have.name, NewPath=want.path)

    detach(run, have, policies.first)
    for arn in policies.coming:
        why = "" if have.new else run.unless_begun(attaching(run, arn), have.created)
        run.create(f"attachment {arn}", iam.attach_group_policy, risk=access(why), GroupName=have.name, PolicyArn=arn)
    detach(run, have, policies.last)


def detach(run: Run, have: GroupFacts, arns: Iterable[str]) -> None:
    """Take policies away from a group."""
    for arn in arns:
        why, call = run.unless_begun(detaching(run, arn), have.created), run.aws.iam.detach_group_policy
        run.delete(f"attachment {arn}", call, risk=access(why), GroupName=have.name, PolicyArn=arn)


def remove_group(run: Run, want: Group) -> None:
    """Delete a group that nobody is left in, and that has nothing but what the manifest gives it.

    A group takes no tag: that somebody named its address is all that says whose it is.
    """
    iam = run.aws.iam
    have = run.read(groups).get(want.name.casefold())
    if have is None:
        return
    if why := kept(run, want, have):
        run.note(f"kept: {why}")
        return

    for arn in sorted(have.policies):
        run.delete(f"attachment {arn}", iam.detach_group_policy, GroupName=have.name, PolicyArn=arn)
    run.delete("group", iam.delete_group, GroupName=have.name)


def kept(run: Run, want: Group, have: GroupFacts) -> str:
    """Say why a group stays; nothing when it goes."""
    named = (user.name for user in run.read(users).values() if have.name in user.groups)
    if members := sorted(name for name in named if not run.is_gone(f"user/{name}")):
        return f"{', '.join(members)} {'is' if len(members) == 1 else 'are'} in it"
    if have.inline:
        return f"it has the inline policies {', '.join(sorted(have.inline))}, and awsbase makes none"
    if not want.exact and (others := sorted(have.policies - want.policies)):
        return f"it has {', '.join(others)} from somebody else"
    return ""


def removal_permissions(want: Group) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("iam", "DetachGroupPolicy", "DeleteGroup", on=iam_arns(want.scope, "group", want.name))


def existing_groups(facts: Facts, scope: Scope) -> Things:
    """Yield each group as it is."""
    for have in facts.read(groups).values():
        yield Described(Group(scope=scope, name=have.name, path=have.path, policies=have.policies), path=have.path)


def list_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing all of them needs."""
    yield ALL_OF_IAM


def read_permissions(want: Group) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield ALL_OF_IAM
    if want.exact:
        yield reading_aws_policies(want.scope)


def write_permissions(want: Group) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    arns = iam_arns(want.scope, "group", want.name)
    yield allow("iam", "CreateGroup", on=arns)
    if want.path:
        yield allow("iam", "UpdateGroup", on=arns)
    if want.policies:
        yield allow("iam", "AttachGroupPolicy", on=arns, when=only_these(want.policies))
    if want.exact:
        yield allow("iam", "DetachGroupPolicy", on=arns)


KIND = Kind(
    ensure_group,
    all_of_iam,
    resource=Group,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A group of users, with the policies that its members work under.",
        why="Rights that hang on groups can be read at a glance; rights that hang on people are forgotten there.",
        undo=(TAKE_OUT, "take out its users and detach its policies, then: aws iam delete-group --group-name NAME"),
        controls=("CIS 1.15", "FSBP IAM.2"),
    ),
    word="group",
    found_by="name",
    owns="attachments, if listed; the path, if given",
    keeps="inline policies",
    quotas=(quotas.GROUPS, quotas.POLICIES_OF_GROUP),
    describe=Describe(existing_groups, list_permissions),
    absent=Absent(
        remove_group,
        exempt="its members may do what it lets them, and no tag says who made it",
        permissions=removal_permissions,
    ),
)
