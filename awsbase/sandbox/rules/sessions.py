"""Sessions: who may have one, with which code, for how long, and what it may not do."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from awsbase.sandbox.authorization import identity, request, resources
from awsbase.sandbox.authorization.decision import Request, effects
from awsbase.sandbox.callers import Caller
from awsbase.sandbox.rule import Ask, Refusal, Rule
from awsbase.sandbox.rules import mfa
from awsbase.sandbox.wire import Scope, model

XML = ("query", "ec2", "rest-xml")
CHAINED = 3600
OF_ROOT = 3600


def live(caller: Caller, token: str, scope: Scope, now: datetime) -> None:
    """Refuse the key of a session that is over, or that comes without the session's token."""
    if token and scope.token != token:
        raise Refusal("InvalidClientTokenId", "The security token included in the request is invalid", 403)
    if caller.expires and now >= caller.expires:
        code = "ExpiredToken" if model(scope.service).protocol in XML else "ExpiredTokenException"
        raise Refusal(code, "The security token included in the request is expired", 403)


def unknown_key(service: str) -> Refusal:
    """Return the refusal of a key that is nobody's, in the words of a service."""
    if service == "ec2":
        return Refusal("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    if service == "s3":
        return Refusal("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)
    code = "InvalidClientTokenId" if model(service).protocol in XML else "UnrecognizedClientException"
    return Refusal(code, "The security token included in the request is invalid.", 403)


def may_call(ask: Ask) -> None:
    """Refuse what a user's session may not do: IAM without MFA, and nearly all of STS."""
    caller = ask.caller
    if caller.kind != "user" or not caller.temporary:
        return
    if ask.service == "iam" and not caller.mfa:
        raise Refusal("InvalidClientTokenId", "The security token included in the request is invalid", 403)


def get_session_token(ask: Ask) -> dict[str, Any]:
    """Give a user a session, with MFA when a code comes along."""
    if ask.caller.temporary:
        raise Refusal("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    seconds = int(ask.params.get("DurationSeconds", 43200))
    if ask.caller.kind == "root":
        seconds = min(seconds, OF_ROOT)
    return {"Credentials": credentials(ask, replace(ask.caller, temporary=True, mfa=checked(ask)), seconds)}


def no_federation(ask: Ask) -> None:
    """Refuse a federated user's session to a session."""
    if ask.caller.temporary:
        raise Refusal("AccessDenied", "Cannot call GetFederationToken with session credentials", 403)


def assume_role(ask: Ask) -> dict[str, Any] | None:
    """Give a session of a role that is there and trusts the caller, for as long as both allow."""
    arn, name = ask.params["RoleArn"], ask.params["RoleSessionName"]
    account = arn.split(":")[4] if arn.count(":") >= 5 else ask.account
    iam = ask.sandbox.world.backend("iam", ask.region, account)
    role = next((held for held in iam.roles.values() if held.arn == arn), None)
    denied = f"User: {ask.caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    if role is None:
        raise Refusal("AccessDenied", denied, 403)
    with_mfa = checked(ask) or ask.caller.mfa
    if not trusts(role.assume_role_policy_document, ask, with_mfa):
        raise Refusal("AccessDenied", denied, 403)

    seconds = int(ask.params.get("DurationSeconds", 3600))
    if ask.caller.kind == "role" and seconds > CHAINED:
        raise Refusal(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    if seconds > int(role.max_session_duration or 3600):
        raise Refusal(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    if account != ask.account:
        return None
    session = Caller("role", role.name, ask.account, iam.partition, session=name, mfa=with_mfa, temporary=True)
    session = replace(session, session_policies=tuple(narrowed(ask, iam)))
    return {
        "Credentials": credentials(ask, session, seconds),
        "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{name}", "Arn": session.arn},
        "PackedPolicySize": 6,
    }


def narrowed(ask: Ask, iam: Any) -> Iterator[str]:
    """Yield the policies that a session is asked to be narrowed to."""
    if text := ask.params.get("Policy"):
        yield text
    for named in ask.params.get("PolicyArns", []):
        if held := iam.managed_policies.get(named["arn"]):
            yield next(version.document for version in held.versions if version.is_default)


def checked(ask: Ask) -> bool:
    """Check the code that came along; return whether one did."""
    serial, code = ask.params.get("SerialNumber"), ask.params.get("TokenCode")
    if not serial and not code:
        return False
    if not serial or not code:
        said = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
        raise Refusal("AccessDenied", said, 403)
    mfa.verify(ask, serial, code)
    return True


def credentials(ask: Ask, caller: Caller, seconds: int) -> dict[str, Any]:
    """Hand out a session's credentials, which end when the sandbox's clock says so."""
    ends = ask.sandbox.clock() + timedelta(seconds=seconds)
    key = ask.sandbox.callers.issue(replace(caller, issued=ask.sandbox.clock(), expires=ends))
    return {
        "AccessKeyId": key.id,
        "SecretAccessKey": key.secret,
        "SessionToken": key.token,
        "Expiration": ends.replace(microsecond=0),
    }


def trusts(document: str, ask: Ask, with_mfa: bool) -> bool:
    """Say whether a role's trust lets the caller in."""
    context = {**request.facts(ask), **identity.facts(ask), "sts:rolesessionname": ask.params["RoleSessionName"]}
    if with_mfa:
        context |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    if "ExternalId" in ask.params:
        context["sts:externalid"] = ask.params["ExternalId"]
    asked = Request("sts:AssumeRole", ask.params["RoleArn"], context)
    found = {effect for effect, _ in effects([resources.trust(document)], asked, identity.principal(ask))}
    return found == {"Allow"}


RULES = (
    Rule("*", before=may_call),
    Rule("sts:GetSessionToken", before=get_session_token),
    Rule("sts:GetFederationToken", before=no_federation),
    Rule("sts:AssumeRole", before=assume_role),
)
