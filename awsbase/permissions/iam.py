"""What IAM's own kinds take."""

from __future__ import annotations

from awsbase.engine.scope import Scope
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.account_alias import AccountAlias
from awsbase.ensure.group import Group
from awsbase.ensure.instance_profile import InstanceProfile
from awsbase.ensure.password_policy import PasswordPolicy
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.root import Root
from awsbase.ensure.service_linked_role import ServiceLinkedRole
from awsbase.ensure.user import User
from awsbase.permissions.allow import TAG_INDEX, Allow, Allows, Condition, Passes, allow, equals, linked_role

ALL_OF_IAM = allow("iam", "GetAccountAuthorizationDetails")
REPORT = allow("iam", "GenerateCredentialReport", "GetCredentialReport")
VIRTUAL_DEVICES = allow("iam", "ListVirtualMFADevices")


def named(scope: Scope, kind: str, name: str) -> tuple[str, ...]:
    """Return the ARNs of something wherever it is: a path that somebody changed is part of the ARN."""
    return scope.global_arn("iam", f"{kind}/{name}"), scope.global_arn("iam", f"{kind}/*/{name}")


def only_these(policies: frozenset[str]) -> Condition:
    """Make the condition that nothing else is attached than these policies."""
    return Condition("ArnEquals", "iam:PolicyARN", policies)


def all_of_iam(want: object) -> Allows:
    yield ALL_OF_IAM


def group_writes(want: Group) -> Allows:
    arns = named(want.scope, "group", want.name)
    yield allow("iam", "CreateGroup", on=arns)
    if want.path:
        yield allow("iam", "UpdateGroup", on=arns)
    if want.policies:
        yield allow("iam", "AttachGroupPolicy", on=arns, when=only_these(want.policies))
    if want.exact:
        yield allow("iam", "DetachGroupPolicy", on=arns)


def user_reads(want: User) -> Allows:
    arns = named(want.scope, "user", want.name)
    yield ALL_OF_IAM
    if want.console or want.mfa:
        yield REPORT
    if want.console:
        yield allow("iam", "GetLoginProfile", on=arns)
    if want.mfa:
        yield VIRTUAL_DEVICES
        yield allow("iam", "ListMFADevices", on=arns)


def user_writes(want: User) -> Allows:
    arns = named(want.scope, "user", want.name)
    yield allow("iam", "CreateUser", "TagUser", on=arns)
    if want.path:
        yield allow("iam", "UpdateUser", on=arns)
    for group in sorted(want.groups):
        yield allow("iam", "AddUserToGroup", on=named(want.scope, "group", group))
    if want.exact:
        yield leaving(want.scope)


def leaving(scope: Scope) -> Allow:
    """Allow users to be taken out of groups, which may be any: IAM knows this action by the group alone."""
    return allow("iam", "RemoveUserFromGroup", on=(scope.global_arn("iam", "group/*"),))


def absent_user_reads(want: AbsentUser) -> Allows:
    yield ALL_OF_IAM
    yield VIRTUAL_DEVICES
    yield allow(
        "iam",
        *("GetLoginProfile", "ListAccessKeys", "ListMFADevices", "ListSSHPublicKeys"),
        *("ListServiceSpecificCredentials", "ListSigningCertificates"),
        on=named(want.scope, "user", want.name),
    )


def absent_user_writes(want: AbsentUser) -> Allows:
    yield allow(
        "iam",
        *("DeleteAccessKey", "DeleteLoginProfile", "DeleteSSHPublicKey", "DeleteServiceSpecificCredential"),
        *("DeleteSigningCertificate", "DeactivateMFADevice", "DeleteUserPolicy", "DetachUserPolicy", "DeleteUser"),
        on=named(want.scope, "user", want.name),
    )
    yield leaving(want.scope)
    # A device is called as its owner liked.
    yield allow("iam", "DeleteVirtualMFADevice", on=(want.scope.global_arn("iam", "mfa/*"),))


def role_reads(want: Role) -> Allows:
    yield ALL_OF_IAM
    if want.settings:
        yield allow("iam", "ListRoles")


def role_writes(want: Role) -> Allows:
    arns = (want.arn,)
    yield allow("iam", "CreateRole", "TagRole", "UpdateAssumeRolePolicy", on=arns)
    if want.settings:
        yield allow("iam", "UpdateRole", on=arns)
    if want.boundary:
        yield allow("iam", "PutRolePermissionsBoundary", on=arns, when=equals("iam:PermissionsBoundary", want.boundary))
    if want.policies:
        yield allow("iam", "AttachRolePolicy", on=arns, when=only_these(want.policies))
    if want.inline:
        yield allow("iam", "PutRolePolicy", on=arns)
    if want.exact:
        yield allow("iam", "DetachRolePolicy", "DeleteRolePolicy", on=arns)


def policy_reads(want: Policy) -> Allows:
    yield ALL_OF_IAM
    yield TAG_INDEX
    yield allow("iam", "ListPolicyTags", on=(want.arn,))


def policy_writes(want: Policy) -> Allows:
    yield allow("iam", "CreatePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "TagPolicy", on=(want.arn,))


def password_policy_reads(want: PasswordPolicy) -> Allows:
    yield allow("iam", "GetAccountPasswordPolicy")


def password_policy_writes(want: PasswordPolicy) -> Allows:
    yield allow("iam", "UpdateAccountPasswordPolicy")


def account_alias_reads(want: AccountAlias) -> Allows:
    yield allow("iam", "ListAccountAliases")


def account_alias_writes(want: AccountAlias) -> Allows:
    yield allow("iam", "CreateAccountAlias")


def service_linked_role_writes(want: ServiceLinkedRole) -> Allows:
    yield linked_role(want.scope, want.principal)


def instance_profile_reads(want: InstanceProfile) -> Allows:
    yield ALL_OF_IAM
    yield TAG_INDEX
    yield allow("iam", "GetInstanceProfile", on=(want.arn,))


def instance_profile_writes(want: InstanceProfile) -> Allows:
    yield allow(
        "iam",
        *("CreateInstanceProfile", "TagInstanceProfile", "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"),
        on=(want.arn,),
    )


def instance_profile_passes(want: InstanceProfile) -> Passes:
    """Yield its role: once it is in the profile, whoever launches an instance with that hands the role to EC2 too."""
    yield f"role/{want.role}", f"ec2.amazonaws.com{'.cn' if want.scope.partition == 'aws-cn' else ''}"


def root_reads(want: Root) -> Allows:
    yield REPORT
    yield VIRTUAL_DEVICES
    yield allow("iam", "GetAccountSummary", "ListOrganizationsFeatures")
    yield allow("organizations", "DescribeOrganization")
    if want.bills:
        yield allow("budgets", "ViewBudget", on=(want.scope.global_arn("budgets", "budget/*"),))
    if want.support is None:
        yield ALL_OF_IAM
