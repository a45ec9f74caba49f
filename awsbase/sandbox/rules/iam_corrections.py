"""Where moto's IAM is wrong or has nothing: paths of groups, names of policies in the big read, service credentials."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule


@dataclass
class ServiceCredentials:
    """The passwords for CodeCommit and the like, by their id."""

    STATE = "service credentials"

    held: dict[str, dict[str, Any]] = field(default_factory=dict)

    def state(self) -> list[tuple[str, str]]:
        """Return what counts as the account's state."""
        return sorted((held["UserName"], held["ServiceName"]) for held in self.held.values())

    def of(self, user: str) -> list[dict[str, Any]]:
        """Return what one user has, without the passwords: AWS tells those once."""
        shown = [held for held in self.held.values() if held["UserName"] == user]
        return [{name: value for name, value in held.items() if name != "ServicePassword"} for held in shown]


def move_group(ask: Ask, said: dict[str, Any]) -> None:
    """Give a group its new path, which moto only does together with a new name."""
    group = ask.backend("iam", "aws").groups.get(ask.params.get("NewGroupName") or ask.params["GroupName"])
    if group is None:
        raise Refusal("NoSuchEntity", f"The group with name {ask.params['GroupName']} cannot be found.", 404)
    group.path = ask.params.get("NewPath") or group.path


def name_policies(ask: Ask, said: dict[str, Any]) -> None:
    """Tell the names and ids of policies, which moto leaves out."""
    policies = ask.backend("iam", "aws").managed_policies
    for policy in said["Policies"]:
        policy["PolicyName"], policy["PolicyId"] = policies[policy["Arn"]].name, policies[policy["Arn"]].id


def create_credential(ask: Ask) -> dict[str, Any]:
    """Make a password for one service."""
    user, service = existing(ask), ask.params["ServiceName"]
    made = {
        "CreateDate": datetime.now(UTC),
        "ServiceName": service,
        "ServiceUserName": f"{user}-at-{ask.account}",
        "ServicePassword": token_hex(16),
        "ServiceSpecificCredentialId": "ACCA" + token_hex(8).upper(),
        "UserName": user,
        "Status": "Active",
    }
    ask.memory(ServiceCredentials).held[made["ServiceSpecificCredentialId"]] = made
    return {"ServiceSpecificCredential": made}


def list_credentials(ask: Ask) -> dict[str, Any]:
    """List a user's passwords for services."""
    return {"ServiceSpecificCredentials": ask.memory(ServiceCredentials).of(existing(ask))}


def delete_credential(ask: Ask) -> dict[str, Any]:
    """Delete a password for a service."""
    wanted = ask.params["ServiceSpecificCredentialId"]
    held = ask.memory(ServiceCredentials).held
    if held.get(wanted, {}).get("UserName") != existing(ask):
        raise Refusal("NoSuchEntity", f"Service-specific credential {wanted} could not be found.", 404)
    del held[wanted]
    return {}


def no_credential_left(ask: Ask) -> None:
    """Refuse to delete a user who has a password for a service."""
    if ask.memory(ServiceCredentials).of(ask.params["UserName"]):
        raise Refusal("DeleteConflict", "Cannot delete entity, must delete service specific credentials first.", 409)


def existing(ask: Ask) -> str:
    """Return the name of the user that a request is about."""
    name = str(ask.params.get("UserName") or ask.caller.name)
    if name not in ask.backend("iam", "aws").users:
        raise Refusal("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return name


RULES = (
    Rule("iam:UpdateGroup", after=move_group, strict=False),
    Rule("iam:GetAccountAuthorizationDetails", after=name_policies, strict=False),
    Rule("iam:CreateServiceSpecificCredential", before=create_credential, strict=False),
    Rule("iam:ListServiceSpecificCredentials", before=list_credentials, strict=False),
    Rule("iam:DeleteServiceSpecificCredential", before=delete_credential, strict=False),
    Rule("iam:DeleteUser", before=no_credential_left),
)
