"""The organization that an account is in, as policies see it: its id, and the path from its root to the account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from typing import Any

from awsbase.sandbox.authorization.matching import Context
from awsbase.sandbox.organization_state import organization, path
from awsbase.sandbox.service import AccountState, Request


def facts_of_principal(request: Request) -> Context:
    """Return the condition keys about the organization of the caller's account."""
    return _facts(request.sandbox, request.caller.account, request.region, "aws:principalorg")


def facts_of_resource(home: AccountState, request: Request) -> Context:
    """Return the condition keys about the account that a resource is in, and about its organization."""
    return {"aws:resourceaccount": home.account, **_facts(home, home.account, request.region, "aws:resourceorg")}


def _facts(sandbox: AccountState, account: str, region: str, prefix: str) -> dict[str, Any]:
    held = organization(sandbox, region, account)
    if held is None:
        return {}
    # The path names the root and the units, not the account: `o-a1b2c3/r-ab12/ou-ab12-11111111/`.
    steps = [entity.id for entity in path(held, account)[:-1]]
    return {f"{prefix}id": held.org.id, f"{prefix}paths": ["/".join([held.org.id, *steps, ""])]}
