"""Providers of OpenID Connect: one for each URL, and client ids that are added to."""

from typing import Any
from urllib.parse import urlsplit

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

MOST_PROVIDERS, MOST_CLIENTS = 100, 100


def new_provider(request: Request) -> None:
    """Refuse a URL that is not https or that has more than a host and a path, a second provider, and the 101st.

    Raises Refusal with ValidationError, EntityAlreadyExists or LimitExceeded.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    """
    url, held = urlsplit(request.params["Url"]), request.backend("iam").open_id_providers.values()
    if url.scheme != "https" or not url.hostname or url.query or url.fragment or ":" in url.netloc:
        raise Refusal("ValidationError", "Invalid Open ID Connect Provider URL")
    if any(one.url == url.netloc + url.path for one in held):
        raise Refusal("EntityAlreadyExists", f"Provider with url {request.params['Url']} already exists.", 409)
    if len(held) >= MOST_PROVIDERS:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for OpenIdConnectProvidersPerAccount: {MOST_PROVIDERS}")


def add_client(request: Request) -> dict[str, Any]:
    """Add an audience, which moto cannot; one that is there stays. Raises Refusal with NoSuchEntity or LimitExceeded.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html
    """
    provider, client = existing(request), request.params["ClientID"]
    if client not in provider.client_id_list:
        if len(provider.client_id_list) >= MOST_CLIENTS:
            message = f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST_CLIENTS}"
            raise Refusal("LimitExceeded", message, 409)
        provider.client_id_list = [*provider.client_id_list, client]
    return {}


def remove_client(request: Request) -> dict[str, Any]:
    """Take an audience away, which moto cannot; raises Refusal with NoSuchEntity.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveClientIDFromOpenIDConnectProvider.html
    """
    provider = existing(request)
    provider.client_id_list = [each for each in provider.client_id_list if each != request.params["ClientID"]]
    return {}


def existing(request: Request) -> Any:
    """Return moto's provider; raises Refusal with NoSuchEntity."""
    arn = request.params["OpenIDConnectProviderArn"]
    if (found := request.backend("iam").open_id_providers.get(arn)) is None:
        raise Refusal("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404)
    return found


RULES = (
    Rule("iam:CreateOpenIDConnectProvider", before=new_provider),
    Rule("iam:AddClientIDToOpenIDConnectProvider", before=add_client, strict=False),
    Rule("iam:RemoveClientIDFromOpenIDConnectProvider", before=remove_client, strict=False),
)
