"""What tests of organizations share: an organization that is ready, its members, units and policies."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


def organization(organizations: Any) -> str:
    """Let the account manage an organization that is ready; return the id of its root."""
    organizations.create_organization(FeatureSet="ALL")
    for _ in range(2):
        reason(organizations.create_account, Email="early@acme.example", AccountName="early")
    return root(organizations)


def root(organizations: Any) -> str:
    """Return the id of the root."""
    return str(organizations.list_roots()["Roots"][0]["Id"])


def enabled(organizations: Any, *types: str) -> str:
    """Enable types of policies, and wait for it; return the id of the root."""
    id = root(organizations)
    for type in types:
        organizations.enable_policy_type(RootId=id, PolicyType=type)
    for _ in range(3):
        organizations.list_roots()
    return id


def account(organizations: Any, name: str, **more: Any) -> str:
    """Create an account, and wait for it; return its id."""
    request = {"Email": f"aws+{name}@acme.example", "AccountName": name, **more}
    status = organizations.create_account(**request)["CreateAccountStatus"]
    while status["State"] == "IN_PROGRESS":
        found = organizations.describe_create_account_status(CreateAccountRequestId=status["Id"])
        status = found["CreateAccountStatus"]
    return str(status["AccountId"])


def unit(organizations: Any, parent: str, name: str) -> str:
    """Create a unit; return its id."""
    made = organizations.create_organizational_unit(ParentId=parent, Name=name)
    return str(made["OrganizationalUnit"]["Id"])


def policy(organizations: Any, name: str, *statements: dict[str, Any], type: str = SCP) -> str:
    """Create a policy of these statements; return its id."""
    everybody = {"Principal": "*"} if type == RCP else {}
    written = [{"Effect": "Deny", "Resource": "*", **everybody, **statement} for statement in statements]
    content = json.dumps({"Version": "2012-10-17", "Statement": written})
    made = organizations.create_policy(Name=name, Description="", Type=type, Content=content)
    return str(made["Policy"]["PolicySummary"]["Id"])


def reason(method: Any, **params: Any) -> tuple[str, str] | None:
    """Return the code and the reason that a call is refused with, or nothing when it is not."""
    try:
        method(**params)
    except ClientError as error:
        said: Any = error.response
        return str(said["Error"]["Code"]), str(said.get("Reason", ""))
    return None
