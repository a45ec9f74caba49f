"""The account itself: its contacts; and those of members, which the management account may keep for them.

https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html, of the parameter AccountId.
"""

from typing import Any

from awsbase.sandbox.authorization.permissions import arn, own, table
from awsbase.sandbox.organization_state import (
    delegated,
    has_all_features,
    is_management,
    member,
    organization,
    trusted,
)
from awsbase.sandbox.service import AccountState, Codes, Request, Rule, Service
from awsbase.sandbox.snapshot import by_partition, plain
from awsbase.sandbox.wire import Refusal

PRINCIPAL = "account.amazonaws.com"
CONTACTS = "account:GetAlternateContact account:PutAlternateContact account:DeleteAlternateContact"


def resource(request: Request) -> list[str]:
    """Name the account, or the member that is meant."""
    if wanted := request.params.get("AccountId"):
        held = organization(request.sandbox, request.region)
        of = f"{held.org.master_account_id}:account/{held.org.id}/{wanted}" if held else f"{wanted}:account"
        return [arn(request, f"account::{of}")]
    return [arn(request, f"account::{request.account}:account")]


CALLS = table(
    {
        "GetAlternateContact PutAlternateContact DeleteAlternateContact GetContactInformation "
        "PutContactInformation GetRegionOptStatus ListRegions": [own(resource)],
    }
)


def may_keep(request: Request) -> None:
    """Refuse to name an account, unless the management account names a member and trusts the service.

    Raises Refusal with AccessDeniedException or ValidationException.

    https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html: "The management account can't
    specify its own AccountId", and "the organization must have trusted access enabled".
    """
    wanted = request.params.get("AccountId")
    if not wanted:
        return
    held = organization(request.sandbox, request.region)
    if held is None or not (is_management(held, request.account) or delegated(held, request.account, PRINCIPAL)):
        raise Refusal("AccessDeniedException", "You don't have permissions to access this resource.")
    if wanted == held.org.master_account_id and is_management(held, request.account):
        raise Refusal("AccessDeniedException", "The management account can't specify its own account id.")
    if member(held, wanted) is None:
        raise Refusal("AccessDeniedException", "The account is not a member of the organization.")
    if not has_all_features(held) or not trusted(held, PRINCIPAL):
        message = "Trusted access for the Account Management service is not enabled in the organization."
        raise Refusal("AccessDeniedException", message)


def of_member(request: Request) -> dict[str, Any] | None:
    """Keep the contact of the member that is named, where moto keeps the caller's own.

    https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html
    """
    wanted = request.params.get("AccountId")
    if not wanted:
        return None
    found: dict[str, Any] = request.sandbox.call_moto(
        request.name, region=request.region, account=wanted, **request.params
    )
    return found


def contacts(account: Any) -> dict[str, Any]:
    """Return the alternate contacts, by their type."""
    return {kind: plain(vars(contact)) for kind, contact in account._alternate_contacts.items()}


def snapshot(sandbox: AccountState) -> dict[str, Any]:
    """Return the account's contacts, and of a management account those of its members."""
    own = by_partition("account", contacts)(sandbox)
    held = organization(sandbox)
    if held is None or not is_management(held, sandbox.account):
        return own
    members = {each.email: sandbox.backend("account", "aws", each.id) for each in held.accounts[1:]}
    kept = {email: contacts(account) for email, account in members.items() if contacts(account)}
    return {**own, **({"members": kept} if kept else {})}


SERVICE = Service(
    "account",
    rules=(Rule(CONTACTS, before=may_keep), Rule(CONTACTS, before=of_member, strict=False)),
    calls=CALLS,
    snapshot=snapshot,
    codes=Codes(throttled=("TooManyRequestsException", 400)),
    is_global=True,
    opt_in=False,
    warm_up={"GetAlternateContact": {"AlternateContactType": "SECURITY"}},
)
