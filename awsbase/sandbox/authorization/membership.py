"""The organization that an account is in, as policies see it: its id, and the path from its root to the account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from typing import Any

from awsbase.sandbox.authorization.matching import Context
from awsbase.sandbox.service import AccountState, Request


def facts_of_principal(request: Request) -> Context:
    """Return the condition keys about the organization of the caller's account."""
    return _facts(request.sandbox, request.caller.account, request.partition, "aws:principalorg")


def facts_of_resource(home: AccountState, request: Request) -> Context:
    """Return the condition keys about the account that a resource is in, and about its organization."""
    return {"aws:resourceaccount": home.account, **_facts(home, home.account, request.partition, "aws:resourceorg")}


def _facts(sandbox: AccountState, account: str, partition: str, prefix: str) -> dict[str, Any]:
    held = organization(sandbox, account, partition)
    if held is None:
        return {}
    return {f"{prefix}id": held.org.id, f"{prefix}paths": [path(held, account)]}


def organization(sandbox: AccountState, account: str, partition: str) -> Any:
    """Return moto's object for the organization that an account is in, or nothing."""
    state = sandbox.moto_state
    with state.open():
        management, _ = state.register("organizations", "master_accounts").get(account, (account, partition))
        held = state.bare("organizations", management).get(partition)
    return held if held and held.org else None


def path(organization: Any, account: str) -> str:
    """Return where in the organization an account is: `o-a1b2c3/r-ab12/ou-ab12-11111111/`."""
    parents = {each.id: each.parent_id for each in (*organization.ou, *organization.accounts)}
    found: list[str] = []
    at = parents.get(account)
    while at and at != organization.org.id:
        found.insert(0, at)
        at = parents.get(at)
    return "/".join([organization.org.id, *found, ""])
