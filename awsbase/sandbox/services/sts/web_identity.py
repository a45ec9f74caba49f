"""Sessions for whoever holds a token of an identity provider, such as a job of GitHub Actions."""

import json
from base64 import urlsafe_b64decode
from typing import Any

from awsbase.sandbox.authorization import request_context
from awsbase.sandbox.authorization.decision import AccessRequest, Principal, effects
from awsbase.sandbox.callers import Caller
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.sts.roles import trust
from awsbase.sandbox.services.sts.sessions import started
from awsbase.sandbox.wire import Refusal

# What of a token a trust policy can compare.
CLAIMS = ("aud", "sub")
GITHUB = "token.actions.githubusercontent.com"
CLAIMS_OF_GITHUB = (
    *("repository_id", "repository", "ref", "environment", "workflow", "job_workflow_ref"),
    *("actor", "actor_id", "enterprise_id"),
)


def assume_role_with_web_identity(request: Request) -> dict[str, Any]:
    """Give a session of a role that trusts what an identity provider's token says; nobody checks its signature here.

    Raises Refusal with AccessDenied, ExpiredTokenException, InvalidIdentityToken or ValidationError.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    """
    iam, claims = request.backend("iam"), claims_of(request.params["WebIdentityToken"])
    issuer = str(claims.get("iss", "")).removeprefix("https://")
    provider = next((one for one in iam.open_id_providers.values() if one.url == issuer), None)
    if provider is None:
        raise Refusal("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for https://{issuer}")
    if claims.get("aud") not in provider.client_id_list:
        raise Refusal("InvalidIdentityToken", "Incorrect token audience")
    if float(claims.get("exp", 0)) <= request.sandbox.clock.time():
        raise Refusal("ExpiredTokenException", "Token expired: the current time must be before its expiration time")
    role = next((held for held in iam.roles.values() if held.arn == request.params["RoleArn"]), None)
    if role is None or not trusts_token(role, provider.arn, claims, request):
        raise Refusal("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    told = {"Provider": provider.arn, "Audience": claims["aud"], "SubjectFromWebIdentityToken": claims.get("sub", "")}
    name, seconds = request.params["RoleSessionName"], int(request.params.get("DurationSeconds", 3600))
    session = Caller("role", role.name, request.account, iam.partition, session=name, temporary=True)
    return {**started(request, request.sandbox, role, session, seconds), **told}


def claims_of(token: str) -> dict[str, Any]:
    """Return what a token claims; raises Refusal with InvalidIdentityToken."""
    try:
        _, payload, _ = token.split(".")
        claims: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return {**claims}
    except (ValueError, TypeError):
        raise Refusal("InvalidIdentityToken", "The ID Token provided is not a valid JWT.") from None


def trusts_token(role: Any, provider: str, claims: dict[str, Any], request: Request) -> bool:
    """Return whether a role's trust accepts this token."""
    issuer = provider.partition("/")[2]
    keys = (*CLAIMS, *CLAIMS_OF_GITHUB) if issuer == GITHUB else CLAIMS
    context = {f"{issuer}:{key}": str(claims[key]) for key in keys if key in claims}
    context |= {"sts:rolesessionname": request.params["RoleSessionName"], **request_context.facts(request)}
    asked = AccessRequest("sts:AssumeRoleWithWebIdentity", role.arn, context)
    principal = Principal(request.account, {provider: "direct"})
    return {effect for effect, _ in effects([trust(role.assume_role_policy_document)], asked, principal)} == {"Allow"}


RULES = (Rule("sts:AssumeRoleWithWebIdentity", before=assume_role_with_web_identity),)
