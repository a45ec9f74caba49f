"""IAM: names that differ in more than case, limits, and no delete while something is still attached."""

from datetime import UTC, datetime
from typing import Any

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

# What a name is of, and where moto keeps its kind.
KINDS = {"User": "users", "Group": "groups", "Role": "roles", "InstanceProfile": "instance_profiles"}
ATTACHED = 10
GROUPS_OF_USER = 10
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
PER_ACCOUNT = {"User": 5000, "Group": 300, "Role": 1000, "InstanceProfile": 1000}
POLICIES = 1500
PREFIXES = {"User": "AIDA", "Role": "AROA", "Group": "AGPA", "Policy": "ANPA", "InstanceProfile": "AIPA"}


def unique_whatever_case(request: Request) -> None:
    """Refuse a name that another entity of its kind has in other letters.

    Raises Refusal with LimitExceeded or EntityAlreadyExists.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    kind = request.operation.removeprefix("Create")
    name = request.params[f"{kind}Name"]
    held = getattr(request.backend("iam"), KINDS[kind]).values()
    for entity in held:
        if entity.name.lower() == name.lower():
            raise Refusal("EntityAlreadyExists", f"{kind} with name {name} already exists.", 409)
    if len(held) >= (most := PER_ACCOUNT[kind]):
        raise Refusal("LimitExceeded", f"Cannot exceed quota for {kind}sPerAccount: {most}", 409)


def room_for_policy(request: Request) -> None:
    """Refuse the policy that is one too many for an account, and a name that another has, on whatever path.

    Raises Refusal with LimitExceeded or EntityAlreadyExists.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
    """
    own = [arn for arn in request.backend("iam").managed_policies if f":{request.account}:" in arn]
    name = request.params["PolicyName"]
    if name.lower() in {arn.rpartition("/")[2].lower() for arn in own}:
        message = f"A policy called {name} already exists. Duplicate names are not allowed."
        raise Refusal("EntityAlreadyExists", message, 409)
    if len(own) >= POLICIES:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for PoliciesPerAccount: {POLICIES}", 409)


def proper_id(request: Request, response: dict[str, Any]) -> None:
    """Give a new entity an id whose prefix names its kind, as AWS's do.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    """
    kind = request.operation.removeprefix("Create")
    iam = request.backend("iam")
    name = response[kind][f"{kind}Name"]
    held = iam.managed_policies if kind == "Policy" else getattr(iam, KINDS[kind])
    key = next(key for key, entity in held.items() if entity.name == name and ":aws:policy" not in entity.arn)
    entity = held[key]
    entity.id = response[kind][f"{kind}Id"] = (PREFIXES[kind] + entity.id.upper().replace("-", "0"))[:21]
    if kind == "Role":
        # moto finds roles by id; and AWS's answer to the creation lacks the session length.
        held[entity.id] = held.pop(key)
        response["Role"].pop("MaxSessionDuration", None)


def attachable(request: Request) -> None:
    """Refuse what is no ARN, and the eleventh policy; raises Refusal with ValidationError or LimitExceeded.

    Recorded: LocalStack, test_role_attach_policy.
    """
    arn = request.params["PolicyArn"]
    if not arn.startswith("arn:"):
        raise Refusal("ValidationError", "Invalid ARN:  Could not be parsed!")
    kind = request.operation.removeprefix("Attach").removesuffix("Policy")
    entity = _named(request, kind)
    if entity and arn not in entity.managed_policies and len(entity.managed_policies) >= ATTACHED:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind}: {ATTACHED}", 409)
    if entity and arn in entity.managed_policies:
        # Attaching again changes nothing; moto would count it.
        request.backend("iam").managed_policies[arn].attachment_count -= 1


def joinable(request: Request) -> None:
    """Refuse a user's eleventh group; raises Refusal with LimitExceeded.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    user = _named(request, "User")
    groups = [group for group in request.backend("iam").groups.values() if user in group.users]
    if len(groups) >= GROUPS_OF_USER and request.params["GroupName"] not in {group.name for group in groups}:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for GroupsPerUser: {GROUPS_OF_USER}", 409)


def nothing_left_of_user(request: Request) -> None:
    """Refuse to delete a user who still has something.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
    """
    user = _named(request, "User")
    if user is None:
        return
    groups = [group for group in request.backend("iam").groups.values() if user in group.users]
    _conflict(user.password is not None, "must delete login profile first.")
    _conflict(user.access_keys, "must delete access keys first.")
    _conflict(user.signing_certificates, "must delete signing certificates first.")
    _conflict(user.ssh_public_keys, "must delete SSH public keys first.")
    _conflict(user.mfa_devices, "must delete MFA device first.")
    _conflict(user.policies, "must delete policies first.")
    _conflict(user.managed_policies, "must detach all policies first.")
    _conflict(groups, "must remove users from group first.")


def nothing_left_of_group(request: Request) -> None:
    """Refuse to delete a group that has users or policies.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html
    """
    if group := _named(request, "Group"):
        _conflict(group.users, "must remove users from group first.")
        _conflict(group.policies, "must delete policies first.")
        _conflict(group.managed_policies, "must detach all policies first.")


def nothing_left_of_policy(request: Request) -> None:
    """Refuse to delete a policy that is attached or has older versions; raises Refusal with DeleteConflict.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
    """
    iam = request.backend("iam")
    policy = iam.managed_policies.get(request.params["PolicyArn"])
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


def real_boundary(request: Request) -> None:
    """Refuse a boundary that is no policy of this account or AWS's; raises Refusal with NoSuchEntity.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html
    """
    arn = request.params.get("PermissionsBoundary")
    if arn and arn not in request.backend("iam").managed_policies:
        raise Refusal("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)


def unassigned(request: Request) -> None:
    """Refuse to delete an MFA device that somebody uses; raises Refusal with DeleteConflict.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteVirtualMFADevice.html
    """
    serial = request.params["SerialNumber"]
    if any(serial in user.mfa_devices for user in request.backend("iam").users.values()):
        raise Refusal("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.", 409)


def own_name(request: Request) -> None:
    """Name the calling user where the request does not; a role has no user.

    Raises Refusal with ValidationError.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html
    """
    if request.params.get("UserName"):
        return
    if request.caller.kind == "role":
        raise Refusal("ValidationError", "Must specify userName when calling with non-User credentials")
    if request.caller.kind == "user":
        request.params["UserName"] = request.caller.name


def root_as_user(request: Request) -> dict[str, Any] | None:
    """Answer root's question for itself.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html
    """
    if request.params.get("UserName") or request.caller.kind != "root":
        return None
    return {
        "User": {
            "Path": "/",
            "UserName": "root",
            "UserId": request.account,
            "Arn": request.caller.arn,
            "CreateDate": datetime(2020, 1, 1, tzinfo=UTC),
        }
    }


def alias_form(request: Request) -> None:
    """Let a new account alias take the old one's place: an account has one.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html
    """
    iam = request.backend("iam")
    iam.account_aliases[:] = [request.params["AccountAlias"]]


def keep_seeds(request: Request, response: dict[str, Any]) -> None:
    """Leave the seeds out: AWS returns them when the device is created, and never again.

    Recorded: cloud-custodian, iam.ListVirtualMFADevices.
    """
    for device in response.get("VirtualMFADevices", []):
        device.pop("Base32StringSeed", None)
        device.pop("QRCodePNG", None)


def without_tags(request: Request, response: dict[str, Any]) -> None:
    """Leave out of a list what AWS's lists do not hold.

    Recorded: cloud-custodian, iam.ListUsers, iam.ListRoles and iam.ListPolicies.
    """
    for kind in ("Users", "Roles", "Policies", "InstanceProfiles"):
        for entity in response.get(kind, []):
            for name in ("Tags", "PermissionsBoundary", "RoleLastUsed"):
                entity.pop(name, None)


def _named(request: Request, kind: str) -> Any:
    wanted = request.params[f"{kind}Name"]
    held = getattr(request.backend("iam"), KINDS[kind]).values()
    return next((entity for entity in held if entity.name == wanted), None)


def _conflict(left: Any, what: str) -> None:
    if left:
        raise Refusal("DeleteConflict", f"Cannot delete entity, {what}", 409)


def remember_key(request: Request, response: dict[str, Any]) -> None:
    """Remember a key that was created, for the day when it is deleted, and date it by the account's clock.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
    """
    key = request.backend("iam").access_keys[response["AccessKey"]["AccessKeyId"]]
    request.sandbox.callers.issued.add(key.access_key_id)
    key.create_date = response["AccessKey"]["CreateDate"] = request.sandbox.clock.now().replace(tzinfo=None)


def may_call(request: Request) -> None:
    """Refuse what a user's session may not do: IAM without MFA, and nearly all of STS.

    Raises Refusal with InvalidClientTokenId.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """
    caller = request.caller
    if caller.kind != "user" or not caller.temporary:
        return
    if not caller.mfa:
        raise Refusal("InvalidClientTokenId", "The security token included in the request is invalid", 403)


RULES = (
    Rule("iam:*", before=may_call),
    Rule("iam:CreateAccessKey", after=remember_key, strict=False),
    Rule("iam:CreateUser iam:CreateGroup iam:CreateRole iam:CreateInstanceProfile", before=unique_whatever_case),
    Rule(
        "iam:CreateUser iam:CreateGroup iam:CreateRole iam:CreateInstanceProfile iam:CreatePolicy",
        after=proper_id,
        strict=False,
    ),
    Rule("iam:CreatePolicy", before=room_for_policy),
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
