"""What an organization has, by names in place of the ids that AWS draws at random."""

from typing import Any

from awsbase.sandbox.organization_state import organization, path, progress
from awsbase.sandbox.service import AccountState
from awsbase.sandbox.snapshot import document


def snapshot(sandbox: AccountState) -> dict[str, Any]:
    """Return the organization that the account manages, by partition; empty where there is none."""
    managed = {partition: held for partition, held in sandbox.backends("organizations").items() if held.org}
    central = {"central root": sorted(sandbox.central_root)}
    return {partition: {**contents(held), **central} for partition, held in sorted(managed.items())}


def contents(held: Any) -> dict[str, Any]:
    """Return what an organization has."""
    told, root = progress(held), held.ou[0]
    return {
        "features": held.org.feature_set,
        "management account": held.org.master_account_id,
        "policy types": {each["Type"]: each["Status"] for each in root.policy_types},
        "root": {"policies": policies(root), "tags": root.tags},
        "units": {place(held, each.id): {"policies": policies(each), "tags": each.tags} for each in held.ou[1:]},
        "accounts": {each.email: account(held, each) for each in held.accounts},
        "accounts in creation": sorted(
            each.params["Email"] for each in told.creations.values() if each.state == "IN_PROGRESS"
        ),
        "policies": {
            each.name: {
                "type": each.type,
                "description": each.description,
                "content": document(each.content),
                "tags": each.tags,
            }
            for each in held.policies
        },
        "services": sorted(str(each["ServicePrincipal"]) for each in held.services),
        "administrators": {each.account.email: sorted(each.services) for each in held.admins},
    }


def account(held: Any, each: Any) -> dict[str, Any]:
    """Return what an organization has of an account."""
    return {
        "name": each.name,
        "state": each.state,
        "parent": place(held, each.parent_id),
        "policies": policies(each),
        "tags": each.tags,
    }


def policies(entity: Any) -> list[str]:
    """Return the names of the policies that are attached."""
    return sorted(policy.name for policy in entity.attached_policies)


def place(held: Any, id: str) -> str:
    """Return where a unit is, as `Workloads/Prod`; the root is empty."""
    return "/".join(each.name for each in path(held, id)[1:])


def stable_names(sandbox: AccountState) -> dict[str, str]:
    """Return a fixed name for the random ids of the organization that the account is in, and of what it created."""
    held = organization(sandbox)
    if held is None:
        return {}
    names = {each.account: f"<account {each.params['Email']}>" for each in progress(held).creations.values()}
    names |= {each.id: f"<unit {place(held, each.id)}>" for each in held.ou}
    return {**names, held.org.id: "<organization>"}
