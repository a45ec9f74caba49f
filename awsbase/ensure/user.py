"""IAM users: people, and the machines that still need a key of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace

from awsbase.access.attributes import moving, retagging_principal
from awsbase.access.simulated_state import IamDraft, attached, having
from awsbase.access.widening import joining, leaving
from awsbase.engine import quotas
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure import absent_user
from awsbase.facts import tags
from awsbase.facts.authorization import ALL_OF_IAM, UserFacts, authorization, groups, iam_arns, leaving_groups, users
from awsbase.facts.aws_policies import reading_aws_policies
from awsbase.facts.credential_report import (
    REPORT,
    VIRTUAL_DEVICES,
    credentials,
    devices,
    login,
    report,
    virtual_devices,
)
from awsbase.records import record


@record(kw_only=True)
class User(Resource):
    """A user in exactly these groups; with `exact` off in others as well, and without a path where it is.

    Tags are added to. `console` and `mfa` say what a person has to set up; awsbase makes no password and no device.
    """

    name: str
    path: str | None = None
    groups: frozenset[str] = frozenset()
    exact: bool = True
    console: bool = False
    mfa: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"user/{self.name}"

    def needs(self) -> Iterator[str]:
        yield from self.made_here

    def simulate(self, iam: IamDraft) -> None:
        """Join the groups, and change path and tags, in a draft of IAM."""
        have = iam.users.get(self.name.casefold(), UserFacts(self.name, self.path or "/"))
        joined = attached(have.groups, self.groups, exact=self.exact)
        iam.users[self.name.casefold()] = having(
            have, path=self.path or have.path, groups=joined, tags={**have.tags, **tags.wanted(self)}
        )


def ensure_user(run: Run, want: User) -> None:
    """Bring one user to the manifest: path, tags and groups; and say what only the person can do."""
    iam = run.aws.iam
    have = run.read(users).get(want.name.casefold())
    known = run.read(groups)
    if have is None:
        names = quotas.names(run, want)
        remedy = "delete {excess} that nobody needs"
        quotas.room_beside(run, quotas.USERS, "IAM", held=run.read(users), wanted=names, remedy=remedy)
    untagged = tags.missing(have.tags, tags.wanted(want)) if have else {}
    memberships = quotas.exchange(
        run,
        quotas.GROUPS_OF_USER,
        f"user {want.name}",
        have=have.groups if have else frozenset(),
        want=frozenset(known[name.casefold()].name if name.casefold() in known else name for name in want.groups),
        exact=want.exact,
        remedy="take the user out of {excess}, or list `groups`: from those that are not listed the user is taken out",
    )
    no_password = want.console and (have is None or lacks_password(run, have.name))
    no_device = want.mfa and (have is None or lacks_device(run, have.name))

    if have is None:
        run.create("user", iam.create_user, UserName=want.name, Path=want.path, Tags=tags.pairs(tags.with_origin(want)))
        have = UserFacts(want.name, want.path or "/", tags=tags.wanted(want), new=True)
    run.created_at(have.created)
    ours = tags.is_ours(have.tags, want.scope)

    if want.path and have.path != want.path:
        drift = [Drift("path", have.path, want.path)]
        now, then = (want.scope.global_arn("iam", f"user{path}{have.name}") for path in (have.path, want.path))
        why = moving(run, now, then)
        run.update("path", drift, iam.update_user, risk=access(why), UserName=have.name, NewPath=want.path)

    if untagged:
        run.update(
            "tags",
            compare(have.tags, untagged),
            iam.tag_user,
            risk=access(retagging_principal(run, have.tags, untagged)),
            UserName=have.name,
            Tags=tags.pairs(untagged),
        )

    wanted = have.groups.difference(memberships.first, memberships.last).union(memberships.coming)
    leave(run, have, memberships.first, wanted, ours=ours)
    for group in memberships.coming:
        why = "" if have.new else run.unless_begun(joining(run, group), have.created, ours=ours)
        run.create(
            f"membership in {group}", iam.add_user_to_group, risk=access(why), UserName=have.name, GroupName=group
        )
    leave(run, have, memberships.last, wanted, ours=ours)

    if no_password:
        ask_for_password(run, have)
    if no_device:
        ask_for_device(run, have)


def ask_for_password(run: Run, have: UserFacts) -> None:
    """Say that somebody has to set a password: awsbase sets none."""
    run.manual_action(
        f"{have.name} has no password for the console",
        f"an administrator runs `awsbase passwd {have.name}` and hands the password over",
        probe=f"iam:GetLoginProfile finds a login profile of {have.name}",
        who=have.name,
        need="password",
    )


def ask_for_device(run: Run, have: UserFacts) -> None:
    """Say that the person has to enrol an MFA device."""
    run.manual_action(
        f"{have.name} has no MFA device",
        f"{have.name} runs `awsbase mfa create`, and scans the code with an authenticator",
        probe=f"iam:ListMFADevices lists a device of {have.name}",
        who=have.name,
        need="MFA device",
    )


def leave(run: Run, have: UserFacts, names: Iterable[str], wanted: frozenset[str], *, ours: bool) -> None:
    """Take a user out of groups."""
    for group in names:
        why, call = leaving(run, group, set(wanted)), run.aws.iam.remove_user_from_group
        why = run.unless_begun(why, have.created, ours=ours)
        run.delete(f"membership in {group}", call, risk=access(why), UserName=have.name, GroupName=group)


def lacks_password(run: Run, name: str) -> bool:
    """Tell whether a user has no password; only one whom the report does not credit with one is asked about."""
    reported = run.read(report).get(name.casefold())
    return not (reported and reported.password) and not run.read(login, name)


def lacks_device(run: Run, name: str) -> bool:
    """Tell whether a user has no MFA device of any sort, as cheaply as can be known."""
    reported = run.read(report).get(name.casefold())
    if (reported and reported.mfa) or name in run.read(virtual_devices).values():
        return False
    return not run.read(devices, name)


def remove_user(run: Run, want: User) -> None:
    """Delete a user whom this manifest made, with every credential, in the order of `state: absent`."""
    have = run.read(users).get(want.name.casefold())
    if have is None or not tags.made_here(run, want, have.tags):
        return
    owned, virtual = run.read(credentials, have.name), run.read(virtual_devices)
    if run.is_gone(f"mfa-device/{have.name}"):
        made = want.scope.global_arn("iam", f"mfa/{have.name}")
        owned = replace(owned, devices=tuple(each for each in owned.devices if each != made))
        virtual = {each: user for each, user in virtual.items() if each != made}

    absent_user.lock_out(run, have.name, owned)
    absent_user.take_devices(run, have.name, owned, virtual)
    absent_user.take_rights(run, have)
    run.delete("user", run.aws.iam.delete_user, UserName=have.name)


def removal_permissions(want: User) -> Allows:
    """Yield the IAM permissions that a removal needs."""
    gone = absent_user.AbsentUser(scope=want.scope, name=want.name)
    yield from absent_user.read_permissions(gone)
    yield from absent_user.write_permissions(gone)


def existing_users(facts: Facts, scope: Scope) -> Things:
    """Yield each user as it is; one report tells for all who has a password, and who has a device."""
    reported, owners = facts.read_all((report,), (virtual_devices,))
    with_device = set(owners.values())
    for have in facts.read(users).values():
        known = reported.get(have.name.casefold())
        found = User(
            scope=scope,
            name=have.name,
            path=have.path,
            groups=have.groups,
            console=known is not None and known.password,
            # The report may be four hours old.
            mfa=have.name in with_device or (known is not None and known.mfa),
            tags=tags.of_others(have.tags),
        )
        yield Described(found, tags=have.tags, path=have.path)


def list_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing all of them needs."""
    yield ALL_OF_IAM
    yield REPORT
    yield VIRTUAL_DEVICES


def user_reads(want: User) -> Iterator[Read]:
    """Yield the facts that the recipe of an user reads, to prefetch them."""
    yield (authorization,)
    if want.console or want.mfa:
        yield (report,)
    if want.mfa:
        yield (virtual_devices,)


def read_permissions(want: User) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    arns = iam_arns(want.scope, "user", want.name)
    yield ALL_OF_IAM
    if want.exact:
        yield reading_aws_policies(want.scope)
    if want.console or want.mfa:
        yield REPORT
    if want.console:
        yield allow("iam", "GetLoginProfile", on=arns)
    if want.mfa:
        yield VIRTUAL_DEVICES
        yield allow("iam", "ListMFADevices", on=arns)


def write_permissions(want: User) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    arns = iam_arns(want.scope, "user", want.name)
    yield allow("iam", "CreateUser", "TagUser", on=arns)
    if want.path:
        yield allow("iam", "UpdateUser", on=arns)
    for group in sorted(want.groups):
        yield allow("iam", "AddUserToGroup", on=iam_arns(want.scope, "group", group))
    if want.exact:
        yield leaving_groups(want.scope)


KIND = Kind(
    ensure_user,
    user_reads,
    resource=User,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A person, or a machine that cannot assume a role; rights come from groups alone.",
        why="Who is known by name can be asked, and leaves with all that is theirs.",
        undo=("say `state: absent` in the manifest, and reconcile: everything of theirs goes with them",),
        controls=("CIS 1.10", "CIS 1.13", "CIS 1.15", "FSBP IAM.2", "FSBP IAM.5"),
    ),
    word="user",
    found_by="name",
    owns="memberships, if listed; the path, if given",
    keeps="tags, own policies, credentials",
    quotas=(quotas.USERS, quotas.GROUPS_OF_USER),
    describe=Describe(existing_users, list_permissions),
    absent=Absent(
        remove_user,
        exempt="a person's credentials never come back: `state: absent` in the manifest deletes one user",
        permissions=removal_permissions,
    ),
)
