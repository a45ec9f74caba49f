"""Where moto's IAM is wrong or has nothing: paths, names of policies in the big read, passwords for services."""

from collections.abc import Iterator
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
WITH_PASSWORDS = ("codecommit.amazonaws.com", "cassandra.amazonaws.com", "bedrock.amazonaws.com")


def move_group(request: Request, response: dict[str, Any]) -> None:
    """Give a group its new path, which moto only does together with a new name; raises Refusal with NoSuchEntity.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html
    """
    group = request.backend("iam").groups.get(request.params.get("NewGroupName") or request.params["GroupName"])
    if group is None:
        raise Refusal("NoSuchEntity", f"The group with name {request.params['GroupName']} cannot be found.", 404)
    group.path = request.params.get("NewPath") or group.path


def name_policies(request: Request, response: dict[str, Any]) -> None:
    """Return the names and ids of policies, which moto leaves out.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """
    policies = request.backend("iam").managed_policies
    for policy in response["Policies"]:
        policy["PolicyName"], policy["PolicyId"] = policies[policy["Arn"]].name, policies[policy["Arn"]].id


def count_boundaries(request: Request, response: dict[str, Any]) -> None:
    """Return of how many users and roles a policy is the boundary.

    Recorded: cloud-custodian, iam.GetPolicy and iam.ListPolicies.
    """
    iam = request.backend("iam")
    roles = [role.permissions_boundary_arn for role in iam.roles.values()]
    for policy in response.get("Policies", [response.get("Policy", {})]):
        policy.setdefault("PermissionsBoundaryUsageCount", roles.count(policy["Arn"]))


def bare_profiles(request: Request, response: dict[str, Any]) -> None:
    """Leave out of GetAccountAuthorizationDetails the tags of instance profiles, and more of their roles.

    The sample response of https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """
    for role in response.get("RoleDetailList", []):
        for profile in role.get("InstanceProfileList", []):
            profile.pop("Tags", None)
            for held in profile["Roles"]:
                for name in ("MaxSessionDuration", "RoleLastUsed", "Tags"):
                    held.pop(name, None)


def encode_trusts(request: Request, response: dict[str, Any]) -> None:
    """Return trust policies in the encoding of URLs, as all policies are, so that a %3A in one stays what it is.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """
    for role in roles_within(response):
        if role.get("AssumeRolePolicyDocument", "").lstrip().startswith("{"):
            role["AssumeRolePolicyDocument"] = quote(role["AssumeRolePolicyDocument"])


def roles_within(response: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the roles of a list, and those in its instance profiles."""
    profiles = [*response.get("InstanceProfiles", []), response.get("InstanceProfile", {})]
    for role in (*response.get("RoleDetailList", []), *response.get("Roles", [])):
        yield role
        profiles += role.get("InstanceProfileList", [])
    for profile in profiles:
        yield from profile.get("Roles", [])


def keep_tags(request: Request) -> None:
    """Note the tags of a user who is about to move: moto keeps them under the old ARN.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
    """
    iam = request.backend("iam")
    if user := iam.users.get(request.params["UserName"]):
        request.notes["tags"] = iam.tagger.list_tags_for_resource(user.arn)["Tags"]
        iam.tagger.delete_all_tags_for_resource(user.arn)


def tag_again(request: Request, response: dict[str, Any]) -> None:
    """Give a user who moved the tags back.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
    """
    iam = request.backend("iam")
    user = iam.users[request.params.get("NewUserName") or request.params["UserName"]]
    iam.tagger.tag_resource(user.arn, request.notes["tags"])


def role_in_profile(request: Request) -> None:
    """Refuse to take a role from a profile that does not have it, where moto fails; raises Refusal with NoSuchEntity.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveRoleFromInstanceProfile.html
    """
    profile, role = request.params["InstanceProfileName"], request.params["RoleName"]
    for held in request.backend("iam").instance_profiles.values():
        if held.name == profile and role not in [each.name for each in held.roles]:
            raise Refusal(
                "NoSuchEntity", f"The role with name {role} cannot be found in the instance profile {profile}.", 404
            )


def create_credential(request: Request) -> dict[str, Any]:
    """Make a password for one service; raises Refusal with NoSuchEntity.

    Recorded: LocalStack, test_create_service_specific_credential_invalid_service.
    """
    user, service = existing(request), request.params["ServiceName"]
    if service not in WITH_PASSWORDS:
        raise Refusal("NoSuchEntity", f"No such service {service} is supported for Service Specific Credentials", 404)
    made = {
        "CreateDate": datetime.now(UTC),
        "ServiceName": service,
        "ServiceUserName": f"{user.name}-at-{request.account}",
        "ServiceSpecificCredentialId": "ACCA" + token_hex(8).upper(),
        "UserName": user.name,
        "Status": "Active",
    }
    user.service_credentials = [*held_by(user), made]
    return {"ServiceSpecificCredential": {**made, "ServicePassword": token_hex(16)}}


def list_credentials(request: Request) -> dict[str, Any]:
    """List a user's passwords for services, without the passwords: AWS returns those once.

    Recorded: LocalStack, its tests of service-specific credentials.
    """
    return {"ServiceSpecificCredentials": held_by(existing(request))}


def delete_credential(request: Request) -> dict[str, Any]:
    """Delete a password for a service; raises Refusal with NoSuchEntity.

    Recorded: LocalStack, test_user_match_id_mismatch.
    """
    user, wanted = existing(request), request.params["ServiceSpecificCredentialId"]
    left = [held for held in held_by(user) if held["ServiceSpecificCredentialId"] != wanted]
    if len(left) == len(held_by(user)):
        raise Refusal("NoSuchEntity", f"No such credential {wanted} exists", 404)
    user.service_credentials = left
    return {}


def no_credential_left(request: Request) -> None:
    """Refuse to delete a user who has a password for a service; raises Refusal with DeleteConflict.

    Recorded: LocalStack, test_delete_user_after_service_credential_created.
    """
    if held_by(existing(request)):
        raise Refusal("DeleteConflict", "Cannot delete entity, must remove referenced objects first.", 409)


def held_by(user: Any) -> list[dict[str, Any]]:
    """Return a user's passwords for services, kept on moto's own object."""
    held: list[dict[str, Any]] = getattr(user, "service_credentials", [])
    return held


def existing(request: Request) -> Any:
    """Return the user that a request is about; raises Refusal with NoSuchEntity."""
    name = str(request.params.get("UserName") or request.caller.name)
    user = request.backend("iam").users.get(name)
    if user is None:
        raise Refusal("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return user


RULES = (
    Rule("iam:UpdateGroup", after=move_group, strict=False),
    Rule("iam:UpdateUser", before=keep_tags, after=tag_again, strict=False),
    Rule("iam:GetAccountAuthorizationDetails", after=name_policies, strict=False),
    Rule("iam:GetAccountAuthorizationDetails", after=bare_profiles, strict=False),
    Rule(
        "iam:GetAccountAuthorizationDetails iam:ListRoles iam:GetInstanceProfile iam:ListInstanceProfiles*",
        after=encode_trusts,
        strict=False,
    ),
    Rule(
        "iam:CreatePolicy iam:GetPolicy iam:ListPolicies iam:GetAccountAuthorizationDetails",
        after=count_boundaries,
        strict=False,
    ),
    Rule("iam:CreateServiceSpecificCredential", before=create_credential, strict=False),
    Rule("iam:ListServiceSpecificCredentials", before=list_credentials, strict=False),
    Rule("iam:DeleteServiceSpecificCredential", before=delete_credential, strict=False),
    Rule("iam:DeleteUser", before=no_credential_left),
    Rule("iam:RemoveRoleFromInstanceProfile", before=role_in_profile, strict=False),
)
