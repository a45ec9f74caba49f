"""Sessions: who may have one, with which code, for how long, and what it may not do."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from awsbase.sandbox.callers import Caller
from awsbase.sandbox.service import AccountState, Request, Rule
from awsbase.sandbox.services.iam import mfa
from awsbase.sandbox.wire import Refusal

OF_ROOT = 3600


def get_session_token(request: Request) -> dict[str, Any]:
    """Give a user a session, with MFA when a code comes along; raises Refusal with AccessDenied.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """
    if request.caller.temporary:
        raise Refusal("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    seconds = int(request.params.get("DurationSeconds", 43200))
    if request.caller.kind == "root":
        seconds = min(seconds, OF_ROOT)
    session = replace(request.caller, temporary=True, mfa=checked(request))
    return {"Credentials": credentials(request.sandbox, session, seconds)}


def no_federation(request: Request) -> None:
    """Refuse a federated user's session to a session; raises Refusal with AccessDenied.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    """
    if request.caller.temporary:
        raise Refusal("AccessDenied", "Cannot call GetFederationToken with session credentials", 403)


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


def started(request: Request, home: AccountState, role: Any, session: Caller, seconds: int) -> dict[str, Any]:
    """Answer with the session of a role that begins in the role's account.

    Raises Refusal with ValidationError when the role's sessions are shorter.
    """
    if seconds > int(role.max_session_duration or 3600):
        raise Refusal(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    session = replace(session, session_policies=tuple(narrowed(request, home)))
    return {
        "Credentials": credentials(home, session, seconds),
        "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{session.session}", "Arn": session.arn},
        "PackedPolicySize": 6,
    }


def narrowed(request: Request, home: AccountState) -> Iterator[str]:
    """Yield the policies that a session is asked to be narrowed to."""
    if text := request.params.get("Policy"):
        yield text
    for named in request.params.get("PolicyArns", []):
        if held := home.backend("iam", request.region).managed_policies.get(named["arn"]):
            yield next(version.document for version in held.versions if version.is_default)


def credentials(home: AccountState, caller: Caller, seconds: int) -> dict[str, Any]:
    """Hand out a session's credentials, which end when the sandbox's clock says so."""
    ends = home.clock() + timedelta(seconds=seconds)
    key = home.callers.issue(replace(caller, issued=home.clock(), expires=ends))
    return {
        "AccessKeyId": key.id,
        "SecretAccessKey": key.secret,
        "SessionToken": key.token,
        "Expiration": ends.replace(microsecond=0),
    }


RULES = (
    Rule("sts:GetSessionToken", before=get_session_token),
    Rule("sts:GetFederationToken", before=no_federation),
)
