"""Providers of OpenID Connect: one for each URL, client ids that are added to, and trusts that say who."""

import json
from typing import Any
from urllib.parse import urlsplit

from awsbase.sandbox import policy_documents
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

MOST_PROVIDERS, MOST_CLIENTS = 100, 100
# Issuers that sign for whoever comes, and the claim that says for whom.
SHARED = {
    "token.actions.githubusercontent.com": "sub",
    "gitlab.com": "sub",
    "app.terraform.io": "sub",
    "agent.buildkite.com": "sub",
}


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


def says_who(request: Request) -> None:
    """Refuse a trust in an issuer that signs for everybody, when no condition says for whom.

    Raises Refusal with MalformedPolicyDocument.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
    """
    text = request.params.get("AssumeRolePolicyDocument") or request.params["PolicyDocument"]
    for statement in policy_documents.statements(json.loads(text)):
        tests = statement.get("Condition") or {}
        asked = {key.lower() for test in tests.values() for key in test}
        for kind, name in policy_documents.principals(statement):
            issuer = name.partition(":oidc-provider/")[2]
            claim = SHARED.get(issuer)
            if kind == "Federated" and statement["Effect"] == "Allow" and claim and f"{issuer}:{claim}" not in asked:
                message = f"The trust policy must evaluate the condition key {issuer}:{claim}"
                raise Refusal("MalformedPolicyDocument", message)


RULES = (
    Rule("iam:CreateOpenIDConnectProvider", before=new_provider),
    Rule("iam:AddClientIDToOpenIDConnectProvider", before=add_client, strict=False),
    Rule("iam:RemoveClientIDFromOpenIDConnectProvider", before=remove_client, strict=False),
)
