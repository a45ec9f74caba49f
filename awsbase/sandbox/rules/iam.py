"""IAM: names that differ in more than case, limits, and no delete while something still hangs on it."""

from datetime import UTC, datetime
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule

# What a name is of, and where moto keeps its kind.
KINDS = {"User": "users", "Group": "groups", "Role": "roles", "InstanceProfile": "instance_profiles"}

ATTACHED = 10
GROUPS_OF_USER = 10
GROUPS = 300
PREFIXES = {"User": "AIDA", "Role": "AROA", "Group": "AGPA", "Policy": "ANPA", "InstanceProfile": "AIPA"}


def unique_whatever_case(ask: Ask) -> None:
    """Refuse a name that another entity of its kind has in other letters."""
    kind = ask.operation.removeprefix("Create")
    name = ask.params[f"{kind}Name"]
    held = getattr(ask.backend("iam"), KINDS[kind]).values()
    for entity in held:
        if entity.name.lower() == name.lower():
            raise Refusal("EntityAlreadyExists", f"{kind} with name {name} already exists.", 409)
    if kind == "Group" and len(held) >= GROUPS:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for GroupsPerAccount: {GROUPS}", 409)


def proper_id(ask: Ask, said: dict[str, Any]) -> None:
    """Give a new entity an id that tells its kind, as AWS's do."""
    kind = ask.operation.removeprefix("Create")
    iam = ask.backend("iam")
    name = said[kind][f"{kind}Name"]
    held = iam.managed_policies if kind == "Policy" else getattr(iam, KINDS[kind])
    key = next(key for key, entity in held.items() if entity.name == name and ":aws:policy" not in entity.arn)
    entity = held[key]
    entity.id = said[kind][f"{kind}Id"] = (PREFIXES[kind] + entity.id.upper().replace("-", "0"))[:21]
    if kind == "Role":
        # moto finds roles by id; and AWS's answer to the creation lacks the session length.
        held[entity.id] = held.pop(key)
        said["Role"].pop("MaxSessionDuration", None)


def attachable(ask: Ask) -> None:
    """Refuse what is no ARN, and the eleventh policy."""
    arn = ask.params["PolicyArn"]
    if not arn.startswith("arn:"):
        raise Refusal("ValidationError", f"ARN {arn} is not valid.")
    kind = ask.operation.removeprefix("Attach").removesuffix("Policy")
    entity = _named(ask, kind)
    if entity and arn not in entity.managed_policies and len(entity.managed_policies) >= ATTACHED:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind}: {ATTACHED}", 409)
    if entity and arn in entity.managed_policies:
        # Attaching again changes nothing; moto would count it.
        ask.backend("iam").managed_policies[arn].attachment_count -= 1


def joinable(ask: Ask) -> None:
    """Refuse a user's eleventh group."""
    user = _named(ask, "User")
    groups = [group for group in ask.backend("iam").groups.values() if user in group.users]
    if len(groups) >= GROUPS_OF_USER and ask.params["GroupName"] not in {group.name for group in groups}:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for GroupsPerUser: {GROUPS_OF_USER}", 409)


def nothing_left_of_user(ask: Ask) -> None:
    """Refuse to delete a user who still has something."""
    user = _named(ask, "User")
    if user is None:
        return
    groups = [group for group in ask.backend("iam").groups.values() if user in group.users]
    _conflict(user.password is not None, "must delete login profile first.")
    _conflict(user.access_keys, "must delete access keys first.")
    _conflict(user.signing_certificates, "must delete signing certificates first.")
    _conflict(user.ssh_public_keys, "must delete SSH public keys first.")
    _conflict(user.mfa_devices, "must delete MFA device first.")
    _conflict(user.policies, "must delete policies first.")
    _conflict(user.managed_policies, "must detach all policies first.")
    _conflict(groups, "must remove users from group first.")


def nothing_left_of_group(ask: Ask) -> None:
    """Refuse to delete a group that has users or policies."""
    if group := _named(ask, "Group"):
        _conflict(group.users, "must remove users from group first.")
        _conflict(group.policies, "must delete policies first.")
        _conflict(group.managed_policies, "must detach all policies first.")


def nothing_left_of_policy(ask: Ask) -> None:
    """Refuse to delete a policy that is attached or has older versions."""
    iam = ask.backend("iam")
    policy = iam.managed_policies.get(ask.params["PolicyArn"])
    if policy is None:
        return
    holders = [*iam.users.values(), *iam.groups.values(), *iam.roles.values()]
    bounded = any(role.permissions_boundary_arn == policy.arn for role in iam.roles.values())
    if bounded or any(policy.arn in holder.managed_policies for holder in holders):
        raise Refusal("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
    if len(policy.versions) > 1:
        raise Refusal(
            "DeleteConflict",
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions.",
            409,
        )


def real_boundary(ask: Ask) -> None:
    """Refuse a boundary that is no policy of this account or AWS's."""
    arn = ask.params.get("PermissionsBoundary")
    if arn and arn not in ask.backend("iam").managed_policies:
        raise Refusal("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)


def unassigned(ask: Ask) -> None:
    """Refuse to delete an MFA device that somebody uses."""
    serial = ask.params["SerialNumber"]
    if any(serial in user.mfa_devices for user in ask.backend("iam").users.values()):
        raise Refusal("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.", 409)


def own_name(ask: Ask) -> None:
    """Name the calling user where the request does not; a role has no user."""
    if ask.params.get("UserName"):
        return
    if ask.caller.kind == "role":
        raise Refusal("ValidationError", "Must specify userName when calling with non-User credentials")
    if ask.caller.kind == "user":
        ask.params["UserName"] = ask.caller.name


def root_as_user(ask: Ask) -> dict[str, Any] | None:
    """Answer root's question for itself."""
    if ask.params.get("UserName") or ask.caller.kind != "root":
        return None
    return {
        "User": {
            "Path": "/",
            "UserName": "root",
            "UserId": ask.account,
            "Arn": ask.caller.arn,
            "CreateDate": datetime(2020, 1, 1, tzinfo=UTC),
        }
    }


def alias_form(ask: Ask) -> None:
    """Let a new account alias take the old one's place: an account has one."""
    iam = ask.backend("iam")
    iam.account_aliases[:] = [ask.params["AccountAlias"]]


def keep_seeds(ask: Ask, said: dict[str, Any]) -> None:
    """Leave the seeds out: AWS tells them when the device is created, and never again."""
    for device in said.get("VirtualMFADevices", []):
        device.pop("Base32StringSeed", None)
        device.pop("QRCodePNG", None)


def without_tags(ask: Ask, said: dict[str, Any]) -> None:
    """Leave out of a list what AWS's lists do not tell."""
    for kind in ("Users", "Roles", "Policies", "InstanceProfiles"):
        for entity in said.get(kind, []):
            for name in ("Tags", "PermissionsBoundary", "RoleLastUsed"):
                entity.pop(name, None)


def _named(ask: Ask, kind: str) -> Any:
    wanted = ask.params[f"{kind}Name"]
    held = getattr(ask.backend("iam"), KINDS[kind]).values()
    return next((entity for entity in held if entity.name == wanted), None)


def _conflict(left: Any, what: str) -> None:
    if left:
        raise Refusal("DeleteConflict", f"Cannot delete entity, {what}", 409)


RULES = (
    Rule("iam:CreateUser iam:CreateGroup iam:CreateRole iam:CreateInstanceProfile", before=unique_whatever_case),
    Rule(
        "iam:CreateUser iam:CreateGroup iam:CreateRole iam:CreateInstanceProfile iam:CreatePolicy",
        after=proper_id,
        strict=False,
    ),
    Rule("iam:AttachUserPolicy iam:AttachGroupPolicy iam:AttachRolePolicy", before=attachable),
    Rule("iam:AddUserToGroup", before=joinable),
    Rule("iam:DeleteUser", before=nothing_left_of_user),
    Rule("iam:DeleteGroup", before=nothing_left_of_group),
    Rule("iam:DeletePolicy", before=nothing_left_of_policy),
    Rule("iam:CreateRole iam:PutRolePermissionsBoundary", before=real_boundary),
    Rule("iam:DeleteVirtualMFADevice", before=unassigned),
    Rule("iam:GetUser", before=root_as_user),
    Rule("iam:GetUser iam:ListMFADevices iam:ListAccessKeys iam:CreateAccessKey", before=own_name),
    Rule("iam:CreateAccountAlias", before=alias_form, strict=False),
    Rule("iam:ListVirtualMFADevices", after=keep_seeds),
    Rule("iam:ListUsers iam:ListRoles iam:ListPolicies iam:ListInstanceProfiles", after=without_tags),
)
