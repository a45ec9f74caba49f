"""Where moto's IAM is wrong or has nothing: paths, names of policies in the big read, passwords for services."""

from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule


def move_group(ask: Ask, said: dict[str, Any]) -> None:
    """Give a group its new path, which moto only does together with a new name."""
    group = ask.backend("iam").groups.get(ask.params.get("NewGroupName") or ask.params["GroupName"])
    if group is None:
        raise Refusal("NoSuchEntity", f"The group with name {ask.params['GroupName']} cannot be found.", 404)
    group.path = ask.params.get("NewPath") or group.path


def name_policies(ask: Ask, said: dict[str, Any]) -> None:
    """Tell the names and ids of policies, which moto leaves out."""
    policies = ask.backend("iam").managed_policies
    for policy in said["Policies"]:
        policy["PolicyName"], policy["PolicyId"] = policies[policy["Arn"]].name, policies[policy["Arn"]].id


def bare_profiles(ask: Ask, said: dict[str, Any]) -> None:
    """Leave out what the big read does not tell of instance profiles: their tags, and more of their roles."""
    for role in said.get("RoleDetailList", []):
        for profile in role.get("InstanceProfileList", []):
            profile.pop("Tags", None)
            for held in profile["Roles"]:
                for name in ("MaxSessionDuration", "RoleLastUsed", "Tags"):
                    held.pop(name, None)


def keep_tags(ask: Ask) -> None:
    """Note the tags of a user who is about to move: moto keeps them under the old ARN."""
    iam = ask.backend("iam")
    if user := iam.users.get(ask.params["UserName"]):
        ask.notes["tags"] = iam.tagger.list_tags_for_resource(user.arn)["Tags"]
        iam.tagger.delete_all_tags_for_resource(user.arn)


def tag_again(ask: Ask, said: dict[str, Any]) -> None:
    """Give a user who moved the tags back."""
    iam = ask.backend("iam")
    user = iam.users[ask.params.get("NewUserName") or ask.params["UserName"]]
    iam.tagger.tag_resource(user.arn, ask.notes["tags"])


def create_credential(ask: Ask) -> dict[str, Any]:
    """Make a password for one service."""
    user, service = existing(ask), ask.params["ServiceName"]
    made = {
        "CreateDate": datetime.now(UTC),
        "ServiceName": service,
        "ServiceUserName": f"{user.name}-at-{ask.account}",
        "ServiceSpecificCredentialId": "ACCA" + token_hex(8).upper(),
        "UserName": user.name,
        "Status": "Active",
    }
    user.service_credentials = [*held_by(user), made]
    return {"ServiceSpecificCredential": {**made, "ServicePassword": token_hex(16)}}


def list_credentials(ask: Ask) -> dict[str, Any]:
    """List a user's passwords for services, without the passwords: AWS tells those once."""
    return {"ServiceSpecificCredentials": held_by(existing(ask))}


def delete_credential(ask: Ask) -> dict[str, Any]:
    """Delete a password for a service."""
    user, wanted = existing(ask), ask.params["ServiceSpecificCredentialId"]
    left = [held for held in held_by(user) if held["ServiceSpecificCredentialId"] != wanted]
    if len(left) == len(held_by(user)):
        raise Refusal("NoSuchEntity", f"Service-specific credential {wanted} could not be found.", 404)
    user.service_credentials = left
    return {}


def no_credential_left(ask: Ask) -> None:
    """Refuse to delete a user who has a password for a service."""
    if held_by(existing(ask)):
        raise Refusal("DeleteConflict", "Cannot delete entity, must delete service specific credentials first.", 409)


def held_by(user: Any) -> list[dict[str, Any]]:
    """Return a user's passwords for services, kept on moto's own object."""
    held: list[dict[str, Any]] = getattr(user, "service_credentials", [])
    return held


def existing(ask: Ask) -> Any:
    """Return the user that a request is about."""
    name = str(ask.params.get("UserName") or ask.caller.name)
    user = ask.backend("iam").users.get(name)
    if user is None:
        raise Refusal("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return user


RULES = (
    Rule("iam:UpdateGroup", after=move_group, strict=False),
    Rule("iam:UpdateUser", before=keep_tags, after=tag_again, strict=False),
    Rule("iam:GetAccountAuthorizationDetails", after=name_policies, strict=False),
    Rule("iam:GetAccountAuthorizationDetails", after=bare_profiles, strict=False),
    Rule("iam:CreateServiceSpecificCredential", before=create_credential, strict=False),
    Rule("iam:ListServiceSpecificCredentials", before=list_credentials, strict=False),
    Rule("iam:DeleteServiceSpecificCredential", before=delete_credential, strict=False),
    Rule("iam:DeleteUser", before=no_credential_left),
)
