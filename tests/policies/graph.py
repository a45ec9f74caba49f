"""Who can become whom in an account that a manifest makes: by roles, by services, by policies, credentials and tags."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

from awsbase.access.effective_permissions import WITH_MFA, PrincipalPermissions, principal_permissions
from awsbase.access.simulated_state import simulated
from awsbase.engine.resource import Resource
from awsbase.ensure.instance_profile import InstanceProfile
from awsbase.facts.authorization import Authorization, PolicyFacts, RoleFacts, UserFacts
from awsbase.policies.document import listed

ADMINISTRATOR = "administrator"
KINDS = ("User", "Group", "Role")
# What starts something with a role, by the service that the role trusts; a service that is not here counts as able to.
STARTS = {
    "ec2.amazonaws.com": ("ec2:RunInstances", "ec2:AssociateIamInstanceProfile"),
    "lambda.amazonaws.com": ("lambda:CreateFunction", "lambda:UpdateFunctionConfiguration"),
    "scheduler.amazonaws.com": ("scheduler:CreateSchedule", "scheduler:UpdateSchedule"),
    "cloudtrail.amazonaws.com": ("cloudtrail:CreateTrail", "cloudtrail:UpdateTrail"),
    "config.amazonaws.com": ("config:PutConfigurationRecorder",),
    "dlm.amazonaws.com": ("dlm:CreateLifecyclePolicy",),
    "vpc-flow-logs.amazonaws.com": ("ec2:CreateFlowLogs",),
}
# What takes over an instance that runs, and so its role.
ENTERS = ("ssm:SendCommand", "ssm:StartSession", "ec2-instance-connect:SendSSHPublicKey", "ec2:ModifyInstanceAttribute")
CREDENTIALS = ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile")


@cache
def of_aws() -> dict[str, dict[str, Any]]:
    """Return the documents of AWS's managed policies, by ARN."""
    data = json.loads(aws_managed_policies_data)
    return {f"arn:aws:iam::aws:policy{each['Path']}{name}": each["Document"] for name, each in data.items()}


@dataclass(frozen=True)
class Account:
    """The IAM that a manifest makes, and the roles of its instances."""

    iam: Authorization
    inside: str
    on_instances: frozenset[str]

    def member(self, group: str) -> PrincipalPermissions:
        """Return a user who is in one group only."""
        return self.of(UserFacts("member", "/", groups=frozenset({group})))

    def of(self, who: UserFacts | RoleFacts) -> PrincipalPermissions:
        return principal_permissions(self.iam, self.inside, who)

    def may(self, who: PrincipalPermissions, action: str, resource: str, **keys: str) -> bool:
        """Tell whether a call is not certainly refused."""
        known = {
            **who.keys(WITH_MFA, ()),
            # Tags of principals that a manifest makes are no secret, and whoever can write them has them.
            "aws:resourcetag/awsbase:address": ("something/ours",),
            **{key.replace("__", ":").lower(): (value,) for key, value in keys.items()},
        }
        return who.is_allowed(action, resource, known) is not False


def account(made: Iterable[Resource], partition_account: str) -> Account:
    """Return the account that resources make, with the documents of AWS's policies that they name."""
    resources = list(made)
    iam = simulated(Authorization({}, {}, {}, {}), resources)
    attached = [each.policies for many in (iam.groups, iam.roles, iam.users) for each in many.values()]
    named = {arn for policies in attached for arn in policies if ":iam::aws:policy/" in arn}
    theirs = {arn.casefold(): PolicyFacts(arn, "/", of_aws()[arn]) for arn in named}
    profiles = frozenset(each.role.casefold() for each in resources if isinstance(each, InstanceProfile) and each.role)
    return Account(replace(iam, policies={**iam.policies, **theirs}), partition_account, profiles)


def reaches(here: Account, start: PrincipalPermissions) -> dict[str, str]:
    """Return everybody whom a principal can become, each with the way."""
    found: dict[str, str] = {}
    waiting = [start]
    while waiting:
        who = waiting.pop()
        for name, way in steps(here, who):
            if name not in found:
                found[name] = f"{who.who.name}: {way}"
                if name != ADMINISTRATOR:
                    waiting.append(here.of(here.iam.roles[name]))
    return found


def steps(here: Account, who: PrincipalPermissions) -> Iterator[tuple[str, str]]:
    """Yield what a principal can become in one step: a role, or an administrator."""
    yield from ((ADMINISTRATOR, way) for way in to_administrator(here, who))
    for name, role in here.iam.roles.items():
        yield from ((name, way) for way in to_role(here, who, name, role))


def to_administrator(here: Account, who: PrincipalPermissions) -> Iterator[str]:
    """Yield the calls that make somebody an administrator at once."""
    for holder in who.holders:
        for action in (f"iam:Attach{holder.kind}Policy", f"iam:Put{holder.kind}Policy"):
            if here.may(who, action, holder.arn, iam__policyarn="arn:aws:iam::aws:policy/AdministratorAccess"):
                yield action
        for policy in holder.policies:
            for action in ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"):
                if here.inside in policy and here.may(who, action, policy):
                    yield action
    for group in here.iam.groups.values():
        if here.may(who, "iam:AddUserToGroup", f"{here.inside}:group{group.path}{group.name}"):
            yield f"iam:AddUserToGroup {group.name}"
    for user in here.iam.users.values():
        for action in CREDENTIALS:
            if here.may(who, action, f"{here.inside}:user{user.path}{user.name}"):
                yield f"{action} {user.name}"
    asks = "aws:principaltag" in json.dumps(who.everything, default=str).lower()
    if asks and here.may(who, f"iam:Tag{who.holders[0].kind}", who.arn):
        yield "a tag of its own"


def to_role(here: Account, who: PrincipalPermissions, name: str, role: RoleFacts) -> Iterator[str]:
    """Yield the ways from a principal into a role."""
    if here.may(who, "iam:UpdateAssumeRolePolicy", role.arn):
        yield "iam:UpdateAssumeRolePolicy"
    if name in here.on_instances:
        instance = f"{here.inside.replace(':iam::', ':ec2:eu-west-1:')}:instance/i-1"
        yield from (f"{action} on its instance" for action in ENTERS if here.may(who, action, instance))
    for statement in listed(role.trust.get("Statement")):
        assert isinstance(statement, dict)
        if statement["Effect"] != "Allow":
            continue
        for kind, principals in statement["Principal"].items():
            for principal in listed(principals):
                if kind == "AWS" and trusts(here, who, str(principal)) and here.may(who, "sts:AssumeRole", role.arn):
                    yield "sts:AssumeRole"
                if kind == "Service" and passes(here, who, role, str(principal)):
                    yield f"iam:PassRole to {principal}"


def trusts(here: Account, who: PrincipalPermissions, principal: str) -> bool:
    return principal in ("*", who.arn, f"{here.inside}:root", here.inside.rpartition(":")[2])


def passes(here: Account, who: PrincipalPermissions, role: RoleFacts, service: str) -> bool:
    """Tell whether a principal can hand a role to a service that trusts it, and start something with it."""
    starts = service not in STARTS or any(here.may(who, action, "*") for action in STARTS[service])
    return starts and here.may(who, "iam:PassRole", role.arn, iam__passedtoservice=service)
