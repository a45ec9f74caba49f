"""The account itself: its contacts."""

from typing import Any

from awsbase.sandbox.authorization.permissions import at, own, table
from awsbase.sandbox.service import Codes, Service
from awsbase.sandbox.snapshot import by_partition, plain

ACCOUNT = at("account::{account}:account")
CALLS = table(
    {
        "GetAlternateContact PutAlternateContact DeleteAlternateContact GetContactInformation "
        "PutContactInformation GetRegionOptStatus ListRegions": [own(ACCOUNT)],
    }
)


def contacts(account: Any) -> dict[str, Any]:
    """Return the alternate contacts, by their type."""
    return {kind: plain(vars(contact)) for kind, contact in account._alternate_contacts.items()}


SERVICE = Service(
    "account",
    calls=CALLS,
    snapshot=by_partition("account", contacts),
    codes=Codes(throttled=("TooManyRequestsException", 400)),
    is_global=True,
    opt_in=False,
    warm_up={"GetAlternateContact": {"AlternateContactType": "SECURITY"}},
)
