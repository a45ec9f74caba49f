"""Instance profiles: the hand through which an instance takes its role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.access.attributes import add_tags
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Passes, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.facts import tags
from awsbase.facts.authorization import ALL_OF_IAM, ExistsElsewhere, ProfileFacts, iam_arns, profiles
from awsbase.records import record


@record(kw_only=True)
class InstanceProfile(Resource):
    """An instance profile with this role in it; the role is given by its name, `role/NAME` makes it."""

    name: str
    role: str
    path: str = "/"
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"instance-profile/{self.name}"

    @property
    def arn(self) -> str:
        return self.scope.global_arn("iam", f"instance-profile{self.path}{self.name}")

    def needs(self) -> Iterator[str]:
        yield f"role/{self.role}"


def instance_profile(facts: Facts, name: str) -> ProfileFacts | None:
    """Return one instance profile: all of IAM tells those that have a role, of others it is asked."""
    return facts.read(profiles).get(name.casefold()) or facts.read(asked, name).profile


@record
class Asked:
    """What IAM says of one instance profile by its name."""

    profile: ProfileFacts | None
    tags: Mapping[str, str] = field(default_factory=dict)


def asked(facts: Facts, name: str) -> Asked:
    """Ask IAM for one instance profile."""
    from botocore.exceptions import ClientError

    try:
        profile = facts.aws.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return Asked(None)
    role = next((role["RoleName"] for role in profile["Roles"]), None)
    tagged = {tag["Key"]: tag["Value"] for tag in profile.get("Tags", [])}
    return Asked(ProfileFacts(profile["Arn"], role, profile["CreateDate"]), tagged)


def profile_tags(facts: Facts, name: str) -> Mapping[str, str]:
    """Read the tags of one instance profile from IAM itself."""
    return facts.read(asked, name).tags


def existing_instance_profiles(facts: Facts, scope: Scope) -> Things:
    """Yield each instance profile; those without a role are in a list of their own."""
    tagged = facts.read(tags.of_types, tags.index(scope), "iam:instance-profile") or {}
    for name, path, role in facts.read(listed_profiles):
        if role is None:
            yield NotExpressible(f"instance-profile/{name}", ("no role in it",))
            continue
        labels = tagged.get(scope.global_arn("iam", f"instance-profile{path}{name}"), {})
        found = InstanceProfile(scope=scope, name=name, role=role, path=path, tags=tags.of_others(labels))
        yield Described(found, tags=labels, path=path)


def list_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing all of them needs."""
    yield allow("iam", "ListInstanceProfiles")
    yield tags.TAG_INDEX


def listed_profiles(facts: Facts) -> list[tuple[str, str, str | None]]:
    """Return name, path and role of each instance profile."""
    pages = facts.aws.iam.get_paginator("list_instance_profiles").paginate(PaginationConfig={"PageSize": 1000})
    return [
        (each["InstanceProfileName"], each["Path"], next((role["RoleName"] for role in each["Roles"]), None))
        for page in pages
        for each in page["InstanceProfiles"]
    ]


def instance_profile_reads(want: InstanceProfile) -> Iterator[Read]:
    """Yield the facts that the recipe of an instance profile reads, to prefetch them."""
    yield instance_profile, want.name
    yield tags.indexed, tags.index(want.scope)


def ensure_instance_profile(run: Run, want: InstanceProfile) -> str:
    """Keep one instance profile with its role; returns its ARN.

    Raises ExistsElsewhere when a profile of that name has another path.
    """
    iam = run.aws.iam
    have = run.read(instance_profile, want.name)
    if have and have.arn != want.arn:
        raise ExistsElsewhere("instance profile", have.arn, want.arn)
    tagged = tags_of(run, want) if have else tags.wanted(want)
    why = "its instances act as that role" if have else ""

    if have is None:
        run.create(
            "instance profile",
            iam.create_instance_profile,
            InstanceProfileName=want.name,
            Path=want.path,
            Tags=tags.pairs(tags.with_origin(want)),
        )
        have = ProfileFacts(want.arn)
    run.created_at(have.created)

    # There is room for one.
    if have.role and have.role != want.role:
        run.delete(
            f"role {have.role}",
            iam.remove_role_from_instance_profile,
            InstanceProfileName=want.name,
            RoleName=have.role,
        )
    if have.role != want.role:
        run.create(
            f"role {want.role}",
            iam.add_role_to_instance_profile,
            risk=access(run.unless_begun(why, have.created, ours=tags.is_ours(tagged, want.scope))),
            InstanceProfileName=want.name,
            RoleName=want.role,
        )

    add_tags(run, want, tagged, iam.tag_instance_profile, InstanceProfileName=want.name)
    return want.arn


def remove_instance_profile(run: Run, want: InstanceProfile) -> None:
    """Delete an instance profile that this manifest made; its role goes out of it first."""
    iam = run.aws.iam
    have = run.read(instance_profile, want.name)
    if have is None or not tags.made_here(run, want, run.read(profile_tags, want.name)):
        return

    if have.role:
        run.delete(
            f"role {have.role}",
            iam.remove_role_from_instance_profile,
            InstanceProfileName=want.name,
            RoleName=have.role,
        )
    run.delete("instance profile", iam.delete_instance_profile, InstanceProfileName=want.name)


def removal_permissions(want: InstanceProfile) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow(
        "iam",
        *("GetInstanceProfile", "RemoveRoleFromInstanceProfile", "DeleteInstanceProfile"),
        on=iam_arns(want.scope, "instance-profile", want.name),
    )


def tags_of(run: Run, want: InstanceProfile) -> Mapping[str, str]:
    """Return the tags that the resource has."""
    return tags.current(run, want, tags.index(want.scope), want.arn, (profile_tags, want.name))


def read_permissions(want: InstanceProfile) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield ALL_OF_IAM
    yield tags.TAG_INDEX
    yield allow("iam", "GetInstanceProfile", on=(want.arn,))


def write_permissions(want: InstanceProfile) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow(
        "iam",
        *("CreateInstanceProfile", "TagInstanceProfile", "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"),
        on=(want.arn,),
    )


def passed_roles(want: InstanceProfile) -> Passes:
    """Yield its role: once it is in the profile, whoever launches an instance with that hands the role to EC2 too."""
    yield f"role/{want.role}", f"ec2.amazonaws.com{'.cn' if want.scope.partition == 'aws-cn' else ''}"


KIND = Kind(
    ensure_instance_profile,
    instance_profile_reads,
    resource=InstanceProfile,
    permissions=Permissions(read=read_permissions, write=write_permissions, passes=passed_roles),
    about=About(
        what="The hand through which an instance takes its role.",
        why="An instance with a role needs no access key, and there is none to be found on its disk.",
        undo=(
            TAKE_OUT,
            "end the instances that use it: they lose their role",
            "aws iam remove-role-from-instance-profile --instance-profile-name NAME --role-name ROLE",
            "aws iam delete-instance-profile --instance-profile-name NAME",
        ),
        controls=("CIS 1.18",),
    ),
    word="instance-profile",
    found_by="name",
    owns="its role",
    keeps="tags",
    describe=Describe(existing_instance_profiles, list_permissions),
    absent=Absent(remove_instance_profile, permissions=removal_permissions),
)
