"""IAM roles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.assuming import assumers, letting_in
from awsbase.access.attributes import retagging_principal
from awsbase.access.comparison import widening
from awsbase.access.simulated_state import IamDraft, attached, having
from awsbase.access.widening import attaching, detaching
from awsbase.engine import permissions, quotas
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, equals
from awsbase.engine.references import references, resolve
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure import instance_profile
from awsbase.facts import tags
from awsbase.facts.authorization import (
    ALL_OF_IAM,
    SERVICE_LINKED,
    ExistsElsewhere,
    RoleFacts,
    all_of_iam,
    iam_arns,
    only_these,
    policies,
    profiles,
    roles,
)
from awsbase.facts.aws_policies import reading_aws_policies
from awsbase.policies.document import Document, difference, listed, principals, same
from awsbase.records import record

AN_HOUR = 3600


@record(kw_only=True)
class Role(Resource):
    """A role: who may assume it, and exactly what it may do, unless `exact` is off.

    Managed policies are given by ARN, and `made_here` are the addresses that make them or what the trust names.
    Tags are added to; a boundary, a description or a session length is only touched when one is given here. `purpose`
    stands in for a description when the role is made, and is not looked at afterwards: that would take a call.
    """

    name: str
    trust: Document
    policies: frozenset[str] = frozenset()
    inline: Mapping[str, Document] = field(default_factory=dict)
    exact: bool = True
    path: str = "/"
    description: str = ""
    purpose: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    boundary: str | None = None
    max_session: int | None = None
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"role/{self.name}"

    @property
    def arn(self) -> str:
        return self.scope.global_arn("iam", f"role{self.path}{self.name}")

    @property
    def settings(self) -> dict[str, object]:
        """What GetAccountAuthorizationDetails does not tell about a role, as far as it is not left to AWS."""
        given = {"Description": self.description, "MaxSessionDuration": self.max_session}
        return {name: value for name, value in given.items() if value}

    def needs(self) -> Iterator[str]:
        yield from self.made_here
        yield from references([self.trust, self.inline])

    def mentions(self) -> Iterator[str]:
        yield from (each for each in references([self.trust, self.inline]) if each not in self.made_here)

    def simulate(self, iam: IamDraft) -> None:
        """Change trust, policies and boundary in a draft of IAM."""
        have = iam.roles.get(self.name.casefold(), RoleFacts(self.arn, self.name, self.path))
        iam.roles[self.name.casefold()] = having(
            have,
            trust=self.trust,
            policies=attached(have.policies, self.policies, exact=self.exact),
            inline={**({} if self.exact else have.inline), **self.inline},
            boundary=self.boundary or have.boundary,
            tags={**have.tags, **tags.wanted(self)},
        )


def settings(facts: Facts) -> Mapping[str, dict[str, object]]:
    """Read the description and the longest session of all roles."""
    pages = facts.aws.iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1000})
    return {
        role["RoleName"]: {
            "Description": role.get("Description", ""),
            "MaxSessionDuration": role.get("MaxSessionDuration", AN_HOUR),
        }
        for page in pages
        for role in page["Roles"]
    }


def ensure_role(run: Run, want: Role) -> str:
    """Bring one role to the manifest: its trust, its session, its boundary, its tags and what it may do.

    Raises ExistsElsewhere when a role of that name has another path.
    """
    iam = run.aws.iam
    trust, inline = resolve(run, want.trust), resolve(run, want.inline)
    have = run.read(roles).get(want.name.casefold())
    if have and have.arn != want.arn:
        raise ExistsElsewhere("role", have.arn, want.arn)
    room = room_for(run, want, have, trust, inline)
    untagged = tags.missing(have.tags, tags.wanted(want)) if have else {}
    set_to = run.read(settings).get(have.name, want.settings) if have and want.settings else want.settings

    if have is None:
        run.create(
            "role",
            iam.create_role,
            risk=access(letting_in(trust, want.scope, lambda: assumers(run, want.arn, want.scope))),
            RoleName=want.name,
            Path=want.path,
            AssumeRolePolicyDocument=trust,
            Description=want.description or want.purpose or None,
            MaxSessionDuration=want.max_session,
            PermissionsBoundary=want.boundary,
            Tags=tags.pairs(tags.with_origin(want)),
        )
        labels = tags.wanted(want)
        have = RoleFacts(want.arn, want.name, want.path, trust=trust, tags=labels, boundary=want.boundary, new=True)
    run.created_at(have.created)

    # A principal that was deleted, and made anew under the same name, stands in the trust as an id that fits nobody.
    if not same(have.trust, trust):
        drift = [Drift(*each) for each in difference(have.trust, trust)]
        risk = access(widening(have.trust, trust))
        run.update("trust", drift, iam.update_assume_role_policy, risk=risk, RoleName=want.name, PolicyDocument=trust)

    keep_settings(run, want, have, set_to)
    if untagged:
        run.update(
            "tags",
            compare(have.tags, untagged),
            iam.tag_role,
            risk=access(retagging_principal(run, have.tags, untagged)),
            RoleName=want.name,
            Tags=tags.pairs(untagged),
        )

    take_away(run, want, have, room.policies.first, room.inline.first)
    allow(run, want, have, room, inline)
    take_away(run, want, have, room.policies.last, room.inline.last)
    return want.arn


def keep_settings(run: Run, want: Role, have: RoleFacts, set_to: Mapping[str, Any]) -> None:
    """Keep the description, the longest session and the boundary."""
    iam = run.aws.iam
    if drift := compare(set_to, want.settings):
        # UpdateRole takes what is left out for its default.
        whole: dict[str, Any] = {**set_to, **want.settings}
        why = "its sessions last longer" if lasts_longer(set_to, whole) else ""
        run.update("settings", drift, iam.update_role, risk=access(why), RoleName=want.name, **whole)

    if want.boundary and have.boundary != want.boundary:
        run.update(
            "boundary",
            [Drift("boundary", have.boundary, want.boundary)],
            iam.put_role_permissions_boundary,
            risk=access(bounded_otherwise(run, have.boundary, want.boundary)),
            RoleName=want.name,
            PermissionsBoundary=want.boundary,
        )


@record
class Room:
    """What goes and what comes of the managed policies of a role, and of its inline ones."""

    policies: quotas.Exchange
    inline: quotas.Exchange


def room_for(run: Run, want: Role, have: RoleFacts | None, trust: Document, inline: Mapping[str, Document]) -> Room:
    """Say what has to go before the rest can come; raises QuotaExceeded where the end does not fit."""
    where = f"role {want.name}"
    if have is None:
        names = quotas.names(run, want)
        remedy = "delete {excess} that nobody needs, or ask AWS for more"
        quotas.room_beside(run, quotas.ROLES, "IAM", held=run.read(roles), wanted=names, remedy=remedy)
    quotas.fits(run, quotas.TRUST, where, quotas.characters(trust), "trust fewer, or ask AWS for more")
    policies = quotas.exchange(
        run,
        quotas.POLICIES_OF_ROLE,
        where,
        have=have.policies if have else frozenset(),
        want=want.policies,
        exact=want.exact,
        remedy="detach {excess}, or list `policies`: those that are not listed are detached",
    )
    return Room(
        policies,
        quotas.exchange_by_size(
            run, quotas.INLINE_OF_ROLE, where, have.inline if have else {}, inline, exact=want.exact
        ),
    )


def allow(run: Run, want: Role, have: RoleFacts, room: Room, inline: Mapping[str, Document]) -> None:
    """Give the role its policies."""
    iam = run.aws.iam
    for arn in room.policies.coming:
        why = unfinished(run, want, have, attaching(run, arn))
        run.create(f"attachment {arn}", iam.attach_role_policy, risk=access(why), RoleName=want.name, PolicyArn=arn)
    for name, document in inline.items():
        held = have.inline.get(name)
        if held is None:
            run.create(
                f"inline policy {name}",
                iam.put_role_policy,
                risk=access(unfinished(run, want, have, widening({}, document))),
                RoleName=want.name,
                PolicyName=name,
                PolicyDocument=document,
            )
        elif not same(held, document):
            run.update(
                f"inline policy {name}",
                [Drift(*each) for each in difference(held, document)],
                iam.put_role_policy,
                risk=access(widening(held, document)),
                RoleName=want.name,
                PolicyName=name,
                PolicyDocument=document,
            )


def take_away(run: Run, want: Role, have: RoleFacts, policies: Iterable[str], inline: Iterable[str]) -> None:
    """Take away other policies."""
    iam = run.aws.iam
    for arn in policies:
        why = unfinished(run, want, have, detaching(run, arn))
        run.delete(f"attachment {arn}", iam.detach_role_policy, risk=access(why), RoleName=want.name, PolicyArn=arn)
    for name in inline:
        why = unfinished(run, want, have, widening(have.inline[name], {}))
        run.delete(
            f"inline policy {name}", iam.delete_role_policy, risk=access(why), RoleName=want.name, PolicyName=name
        )


def unfinished(run: Run, want: Role, have: RoleFacts, why: str) -> str:
    """Return why a change is risky; empty for a role that this run makes, or an interrupted one has begun."""
    return "" if have.new else run.unless_begun(why, have.created, ours=tags.is_ours(have.tags, want.scope))


def lasts_longer(have: Mapping[str, Any], want: Mapping[str, Any]) -> bool:
    """Tell whether a stolen session would be good for longer."""
    longest = "MaxSessionDuration"
    return longest in have and want.get(longest, AN_HOUR) > have[longest]


def bounded_otherwise(run: Run, have: str | None, want: str) -> str:
    """Say why another boundary is risky; only the account's own boundaries can be read."""
    if have is None:
        return ""
    own = {policy.arn: policy.document for policy in run.read(policies).values()}
    if have in own and want in own:
        return widening(own[have], own[want])
    return "it may let more pass than the other boundary"


def remove_role(run: Run, want: Role) -> None:
    """Delete a role that this manifest made: out of its instance profiles, its policies, itself.

    What denies goes last, so that a run that is cut off leaves nothing that may do more.
    """
    iam = run.aws.iam
    have = run.read(roles).get(want.name.casefold())
    if have is None or not tags.made_here(run, want, have.tags):
        return
    in_profiles = [name for name in held_by(run, have.name) if not run.is_gone(f"instance-profile/{name}")]
    if others := [name for name in in_profiles if not is_own_profile(run, want, name)]:
        run.note(f"kept: {', '.join(others)}, which this manifest did not make, hands it to instances")
        return
    inline = sorted(have.inline, key=lambda name: (bool(widening(have.inline[name], {})), name))
    attached = sorted(have.policies, key=lambda arn: (bool(detaching(run, arn)), arn))
    for name in sorted(trusting(run, have.arn)):
        run.note(f"the trust of role/{name} names it, and lets nobody in by that from then on")

    for name in in_profiles:
        call = iam.remove_role_from_instance_profile
        run.delete(f"place in instance profile {name}", call, InstanceProfileName=name, RoleName=have.name)
    for name in inline:
        run.delete(f"inline policy {name}", iam.delete_role_policy, RoleName=have.name, PolicyName=name)
    for arn in attached:
        run.delete(f"attachment {arn}", iam.detach_role_policy, RoleName=have.name, PolicyArn=arn)
    run.delete("role", iam.delete_role, RoleName=have.name)


def held_by(run: Run, name: str) -> list[str]:
    """Return the names of the instance profiles that have a role."""
    return sorted(each.arn.rpartition("/")[2] for each in run.read(profiles).values() if each.role == name)


def is_own_profile(run: Run, want: Role, name: str) -> bool:
    """Tell whether this manifest made an instance profile."""
    return tags.is_ours(run.read(instance_profile.profile_tags, name), want.scope)


def trusting(run: Run, arn: str) -> Iterator[str]:
    """Yield the roles that are left and whose trust names this one."""
    for other in run.read(roles).values():
        statements = (each for each in listed(other.trust.get("Statement")) if isinstance(each, Mapping))
        named = any(("AWS", arn) in principals(each.get("Principal")) for each in statements)
        if named and other.arn != arn and not run.is_gone(f"role/{other.name}"):
            yield other.name


def removal_permissions(want: Role) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield reading_aws_policies(want.scope)
    profiles = (want.scope.global_arn("iam", "instance-profile/*"),)
    yield permissions.allow("iam", "GetInstanceProfile", "RemoveRoleFromInstanceProfile", on=profiles)
    arns = iam_arns(want.scope, "role", want.name)
    yield permissions.allow("iam", "DeleteRolePolicy", "DetachRolePolicy", "DeleteRole", on=arns)


def existing_roles(facts: Facts, scope: Scope) -> Things:
    """Yield each role as it is, but those of services."""
    known = facts.read(settings)
    for have in facts.read(roles).values():
        if have.path.startswith(SERVICE_LINKED):
            continue
        told = known.get(have.name, {})
        found = Role(
            scope=scope,
            name=have.name,
            trust=have.trust,
            policies=have.policies,
            inline=have.inline,
            path=have.path,
            description=str(told.get("Description", "")),
            tags=tags.of_others(have.tags),
            boundary=have.boundary,
            max_session=AN_HOUR if (most := told.get("MaxSessionDuration")) is None else int(str(most)),
        )
        yield Described(found, tags=have.tags, path=have.path)


def list_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing all of them needs."""
    yield ALL_OF_IAM
    yield permissions.allow("iam", "ListRoles")


def read_permissions(want: Role) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield ALL_OF_IAM
    if want.exact:
        yield reading_aws_policies(want.scope)
    if want.settings:
        yield permissions.allow("iam", "ListRoles")


def write_permissions(want: Role) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    arns = (want.arn,)
    yield permissions.allow("iam", "CreateRole", "TagRole", "UpdateAssumeRolePolicy", on=arns)
    if want.settings:
        yield permissions.allow("iam", "UpdateRole", on=arns)
    if want.boundary:
        yield permissions.allow(
            "iam", "PutRolePermissionsBoundary", on=arns, when=equals("iam:PermissionsBoundary", want.boundary)
        )
    if want.policies:
        yield permissions.allow("iam", "AttachRolePolicy", on=arns, when=only_these(want.policies))
    if want.inline:
        yield permissions.allow("iam", "PutRolePolicy", on=arns)
    if want.exact:
        yield permissions.allow("iam", "DetachRolePolicy", "DeleteRolePolicy", on=arns)


KIND = Kind(
    ensure_role,
    all_of_iam,
    resource=Role,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="What a service, a machine or another account may do here, for an hour at a time.",
        why="A role has no key that could be stolen: whoever it trusts gets credentials that end by themselves.",
        undo=(
            TAKE_OUT,
            "detach its policies and delete its inline ones, then: aws iam delete-role --role-name NAME",
            "whatever works in it stops at once",
        ),
        controls=("CIS 1.17", "CIS 1.18"),
    ),
    word="role",
    found_by="name",
    owns="trust; attachments and inline policies, if listed",
    keeps="tags; what is not given",
    quotas=(quotas.ROLES, quotas.POLICIES_OF_ROLE, quotas.INLINE_OF_ROLE, quotas.TRUST),
    describe=Describe(existing_roles, list_permissions),
    absent=Absent(remove_role, permissions=removal_permissions),
)
