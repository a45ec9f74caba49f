"""STS: who calls, and sessions: who may have one, with which code, for how long, and what it may not do."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from awsbase.sandbox.authorization import identity, request_context
from awsbase.sandbox.authorization.decision import AccessRequest, Document, Principal, effects
from awsbase.sandbox.authorization.identity import read
from awsbase.sandbox.authorization.matching import Context
from awsbase.sandbox.authorization.permissions import act, given, own, table
from awsbase.sandbox.authorization.resources import owner
from awsbase.sandbox.callers import Caller
from awsbase.sandbox.service import Codes, Need, Request, ResourcePolicy, Rule, Service, TagWords
from awsbase.sandbox.services.iam import mfa
from awsbase.sandbox.wire import Refusal


def get_caller_identity(request: Request) -> dict[str, Any]:
    """Answer with the caller that the sandbox knows.

    Recorded: cloud-custodian, sts.GetCallerIdentity.
    """
    caller = request.caller
    ids = {"root": caller.account, "user": "AIDA", "role": "AROA"}
    user_id = ids[caller.kind]
    if caller.kind == "user":
        user = request.backend("iam").users.get(caller.name)
        user_id = user.id if user else "AIDASANDBOX0000000000"
    if caller.kind == "role":
        role = next((r for r in request.backend("iam").roles.values() if r.name == caller.name), None)
        user_id = f"{role.id if role else 'AROASANDBOX0000000000'}:{caller.session}"
    return {"UserId": user_id, "Account": caller.account, "Arn": caller.arn}


ROLE_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+")
CHAINED = 3600
OF_ROOT = 3600
# What of a token a trust policy can compare.
CLAIMS = ("aud", "sub")
GITHUB = "token.actions.githubusercontent.com"
CLAIMS_OF_GITHUB = (
    *("repository_id", "repository", "ref", "environment", "workflow", "job_workflow_ref"),
    *("actor", "actor_id", "enterprise_id"),
)


def get_session_token(request: Request) -> dict[str, Any]:
    """Give a user a session, with MFA when a code comes along; raises Refusal with AccessDenied.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """
    if request.caller.temporary:
        raise Refusal("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    seconds = int(request.params.get("DurationSeconds", 43200))
    if request.caller.kind == "root":
        seconds = min(seconds, OF_ROOT)
    return {"Credentials": credentials(request, replace(request.caller, temporary=True, mfa=checked(request)), seconds)}


def no_federation(request: Request) -> None:
    """Refuse a federated user's session to a session; raises Refusal with AccessDenied.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    """
    if request.caller.temporary:
        raise Refusal("AccessDenied", "Cannot call GetFederationToken with session credentials", 403)


def assume_role(request: Request) -> dict[str, Any] | None:
    """Give a session of a role that is there and trusts the caller, for as long as both allow.

    Raises Refusal with AccessDenied, ValidationError or InvalidParameterValue.

    Recorded: LocalStack, test_sts_invalid_parameters and test_assume_role_tag_validation.
    """
    arn = request.params["RoleArn"]
    if not ROLE_ARN.fullmatch(arn):
        raise Refusal("ValidationError", f"{arn} is invalid")
    carried = {tag["Key"].lower() for tag in request.params.get("Tags", [])}
    if not {key.lower() for key in request.params.get("TransitiveTagKeys", [])} <= carried:
        message = "The specified transitive tag key must be included in the requested tags."
        raise Refusal("InvalidParameterValue", message)
    account = arn.split(":")[4] if arn.count(":") >= 5 else request.account
    iam = request.sandbox.backend("iam", request.region, account)
    role = next((held for held in iam.roles.values() if held.arn == arn), None)
    denied = f"User: {request.caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    if role is None:
        raise Refusal("AccessDenied", denied, 403)
    with_mfa = checked(request) or request.caller.mfa
    if not trusts(role.assume_role_policy_document, request, with_mfa):
        raise Refusal("AccessDenied", denied, 403)

    seconds = int(request.params.get("DurationSeconds", 3600))
    if request.caller.kind == "role" and seconds > CHAINED:
        raise Refusal(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    if seconds > int(role.max_session_duration or 3600):
        raise Refusal(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    if account != request.account:
        return None
    return started(request, iam, role, seconds, with_mfa)


def started(request: Request, iam: Any, role: Any, seconds: int, with_mfa: bool = False) -> dict[str, Any]:
    """Answer with the session of a role that begins."""
    name = request.params["RoleSessionName"]
    session = Caller("role", role.name, request.account, iam.partition, session=name, mfa=with_mfa, temporary=True)
    session = replace(session, session_policies=tuple(narrowed(request, iam)))
    return {
        "Credentials": credentials(request, session, seconds),
        "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{name}", "Arn": session.arn},
        "PackedPolicySize": 6,
    }


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
    seconds = int(request.params.get("DurationSeconds", 3600))
    if seconds > int(role.max_session_duration or 3600):
        raise Refusal(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    told = {"Provider": provider.arn, "Audience": claims["aud"], "SubjectFromWebIdentityToken": claims.get("sub", "")}
    return {**started(request, iam, role, seconds), **told}


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


def narrowed(request: Request, iam: Any) -> Iterator[str]:
    """Yield the policies that a session is asked to be narrowed to."""
    if text := request.params.get("Policy"):
        yield text
    for named in request.params.get("PolicyArns", []):
        if held := iam.managed_policies.get(named["arn"]):
            yield next(version.document for version in held.versions if version.is_default)


def checked(request: Request) -> bool:
    """Check the code that came along; return whether one did.

    Raises Refusal with AccessDenied.
    """
    serial, code = request.params.get("SerialNumber"), request.params.get("TokenCode")
    if not serial and not code:
        return False
    if not serial or not code:
        message = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
        raise Refusal("AccessDenied", message, 403)
    mfa.verify(request, serial, code)
    return True


def credentials(request: Request, caller: Caller, seconds: int) -> dict[str, Any]:
    """Hand out a session's credentials, which end when the sandbox's clock says so."""
    ends = request.sandbox.clock() + timedelta(seconds=seconds)
    key = request.sandbox.callers.issue(replace(caller, issued=request.sandbox.clock(), expires=ends))
    return {
        "AccessKeyId": key.id,
        "SecretAccessKey": key.secret,
        "SessionToken": key.token,
        "Expiration": ends.replace(microsecond=0),
    }


def trusts(document: str, request: Request, with_mfa: bool) -> bool:
    """Return whether a role's trust lets the caller in."""
    context = {
        **request_context.facts(request),
        **identity.facts(request),
        "sts:rolesessionname": request.params["RoleSessionName"],
    }
    if with_mfa:
        context |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    if "ExternalId" in request.params:
        context["sts:externalid"] = request.params["ExternalId"]
    asked = AccessRequest("sts:AssumeRole", request.params["RoleArn"], context)
    found = {effect for effect, _ in effects([trust(document)], asked, identity.principal(request))}
    return found == {"Allow"}


def trust(document: Any) -> Document:
    """Return a role's trust as if it named its resource, which it must not: the role itself."""
    parsed = read(document)
    statements = parsed["Statement"] if isinstance(parsed["Statement"], list) else [parsed["Statement"]]
    return {**parsed, "Statement": [{**held, "Resource": "*"} for held in statements]}


ROLE = given("RoleArn")
KEYS = {"sts:ExternalId": "ExternalId", "sts:RoleSessionName": "RoleSessionName"}
CALLS = table(
    {
        # Even an explicit Deny does not keep a user from these.
        "GetCallerIdentity GetSessionToken": [],
        # The caller has no permissions yet: the trust of the role decides.
        "AssumeRoleWithWebIdentity": [],
        "AssumeRole": [
            own(ROLE, keys=KEYS),
            act("sts:TagSession", ROLE, keys=KEYS, when="Tags"),
            act("sts:SetSourceIdentity", ROLE, keys={"sts:SourceIdentity": "SourceIdentity"}, when="SourceIdentity"),
        ],
    }
)


def policy(request: Request, need: Need) -> Any:
    """Return the trust policy of a role."""
    iam = request.sandbox.backend("iam", request.region, owner(need.resource) or request.account)
    role = next((held for held in iam.roles.values() if held.arn == need.resource), None)
    return trust(role.assume_role_policy_document) if role else None


def mfa_code(request: Request, need: Need) -> Context:
    """Return what only the trust policy sees: that an MFA code came along with AssumeRole."""
    if need.action == "sts:AssumeRole" and request.params.get("TokenCode"):
        return {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    return {}


RULES = (
    Rule("sts:GetSessionToken", before=get_session_token),
    Rule("sts:GetFederationToken", before=no_federation),
    Rule("sts:AssumeRole", before=assume_role),
    Rule("sts:AssumeRoleWithWebIdentity", before=assume_role_with_web_identity),
    Rule("sts:GetCallerIdentity", before=get_caller_identity, strict=False),
)

SERVICE = Service(
    "sts",
    rules=RULES,
    calls=CALLS,
    policy=ResourcePolicy(policy, decides_alone="role", context=mfa_code),
    codes=Codes(
        invalid="ValidationError",
        tags="InvalidParameterValue",
        denied=("AccessDenied", 403),
        throttled=("Throttling", 400),
    ),
    tag_words=TagWords(duplicate="Duplicate tag keys found. Please note that Tag keys are case insensitive."),
    opt_in=False,
    warm_up={"GetCallerIdentity": {}},
)
