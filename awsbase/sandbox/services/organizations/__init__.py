"""AWS Organizations: the organization that the account is in, its units, accounts and policies."""

from typing import Any

from awsbase.sandbox.authorization.permissions import own, table
from awsbase.sandbox.service import AccountState, Service
from awsbase.sandbox.snapshot import by_partition

CALLS = table({"DescribeOrganization": [own()]})


def organization(backend: Any) -> dict[str, Any]:
    """Return the organization by names instead of random ids; empty when there is none."""
    if backend.org is None:
        return {}
    names = {each.id: each.name for each in (*backend.ou, *backend.accounts)}
    return {
        "features": backend.org.feature_set,
        "management account": backend.org.master_account_id,
        "units": {each.name: _member(each, names) for each in backend.ou},
        "accounts": {each.name: {"email": each.email, **_member(each, names)} for each in backend.accounts},
        "policies": {each.name: {"type": each.type, "content": each.content} for each in backend.policies},
        "services": sorted(str(each["ServicePrincipal"]) for each in backend.services),
    }


def _member(member: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "parent": names.get(member.parent_id, "root"),
        "policies": sorted(policy.name for policy in member.attached_policies),
    }


def stable_names(sandbox: AccountState) -> dict[str, str]:
    """Return a fixed name for the random id of each organization."""
    found = [each.org for each in sandbox.backends("organizations").values() if each.org]
    return {each.id: "<organization>" for each in found}


SERVICE = Service(
    "organizations",
    calls=CALLS,
    snapshot=by_partition("organizations", organization),
    stable_names=stable_names,
    is_global=True,
    opt_in=False,
)
