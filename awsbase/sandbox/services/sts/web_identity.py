"""Sessions for whoever holds a token of an identity provider, such as a job of GitHub Actions."""

from typing import Any

from awsbase.sandbox.authorization import request_context
from awsbase.sandbox.authorization.decision import AccessRequest, Principal, effects
from awsbase.sandbox.callers import Caller
from awsbase.sandbox.issuers import Issuers, claims_of, is_signed
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


# How long a token is taken after it has expired, because clocks differ:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html
LEEWAY = 300


def assume_role_with_web_identity(request: Request) -> dict[str, Any]:
    """Give a session of a role that trusts what an identity provider's token says.

    Raises Refusal with AccessDenied, ExpiredTokenException, IDPCommunicationError, IDPRejectedClaim,
    InvalidIdentityToken or ValidationError.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    """
    iam, claims = request.backend("iam"), checked(request)
    issuer = str(claims.get("iss", "")).removeprefix("https://")
    provider = next((one for one in iam.open_id_providers.values() if one.url == issuer), None)
    if provider is None:
        raise Refusal("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for https://{issuer}")
    verify(request, claims)
    if claims.get("aud") not in provider.client_id_list:
        raise Refusal("InvalidIdentityToken", "Incorrect token audience")
    if float(claims.get("exp", 0)) + LEEWAY <= request.sandbox.clock.time():
        raise Refusal("ExpiredTokenException", "Token expired: the current time must be before its expiration time")
    role = next((held for held in iam.roles.values() if held.arn == request.params["RoleArn"]), None)
    if role is None or not trusts_token(role, provider.arn, claims, request):
        raise Refusal("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    told = {"Provider": provider.arn, "Audience": claims["aud"], "SubjectFromWebIdentityToken": claims.get("sub", "")}
    name, seconds = request.params["RoleSessionName"], int(request.params.get("DurationSeconds", 3600))
    session = Caller("role", role.name, request.account, iam.partition, session=name, temporary=True)
    return {**started(request, request.sandbox, role, session, seconds), **told}


def checked(request: Request) -> dict[str, Any]:
    """Return what the token of a request claims; raises Refusal with InvalidIdentityToken."""
    try:
        return claims_of(request.params["WebIdentityToken"])
    except (ValueError, TypeError):
        raise Refusal("InvalidIdentityToken", "The ID Token provided is not a valid JWT.") from None


def verify(request: Request, claims: dict[str, Any]) -> None:
    """Refuse a token that its issuer has not signed, or has taken back.

    Raises Refusal with InvalidIdentityToken, IDPCommunicationError or IDPRejectedClaim.
    """
    issuer = request.memory(Issuers).known.get(str(claims["iss"]))
    if issuer is None:
        raise Refusal("IDPCommunicationError", f"Couldn't reach the identity provider {claims['iss']}")
    if not is_signed(request.params["WebIdentityToken"], issuer.key_set):
        message = "Couldn't retrieve verification key from your identity provider, please reference "
        raise Refusal("InvalidIdentityToken", f"{message}AssumeRoleWithWebIdentity documentation for requirements")
    if claims.get("jti") in issuer.revoked:
        raise Refusal("IDPRejectedClaim", "The identity provider has rejected the token", 403)


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
