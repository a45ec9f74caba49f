"""Route 53 Domains, as far as the sandbox plays a registrar: whoever holds a domain enters its name servers."""

from typing import Any

from awsbase.sandbox.authorization.permissions import own, table
from awsbase.sandbox.domains import Delegations, delegate
from awsbase.sandbox.service import AccountState, Codes, Request, Rule, Service


def enter(request: Request) -> dict[str, Any]:
    """Let a domain lead to other name servers; every domain counts as one that the account holds.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_domains_UpdateDomainNameservers.html
    """
    delegate(request.sandbox, request.params["DomainName"], [each["Name"] for each in request.params["Nameservers"]])
    return {"OperationId": "00000000-0000-0000-0000-000000000000"}


def snapshot(sandbox: AccountState) -> Any:
    """Return where the domains lead."""
    return sandbox.memory(Delegations).state()


SERVICE = Service(
    "route53domains",
    rules=(Rule("route53domains:UpdateDomainNameservers", before=enter, strict=False),),
    calls=table({"UpdateDomainNameservers": [own()]}),
    snapshot=snapshot,
    codes=Codes(invalid="InvalidInput"),
    is_global=True,
)
