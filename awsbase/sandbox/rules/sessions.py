"""Sessions: who may have one, with which code, for how long, and what it may not do."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from awsbase.sandbox import documents
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
    if not trusts(json.loads(role.assume_role_policy_document), ask, with_mfa):
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
    return {
        "Credentials": credentials(ask, session, seconds),
        "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{name}", "Arn": session.arn},
        "PackedPolicySize": 6,
    }


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
    key = ask.sandbox.callers.issue(replace(caller, expires=ends))
    return {
        "AccessKeyId": key.id,
        "SecretAccessKey": key.secret,
        "SessionToken": key.token,
        "Expiration": ends.replace(microsecond=0),
    }


def trusts(document: Mapping[str, Any], ask: Ask, with_mfa: bool) -> bool:
    """Say whether a role's trust lets the caller in."""
    verdicts = {
        statement.get("Effect")
        for statement in documents.statements(document)
        if any(documents.matches(action, "sts:AssumeRole") for action in documents.actions(statement))
        and any(_is(ask, kind, name) for kind, name in documents.principals(statement))
        and all(
            _holds(operator, asked, _context(ask, with_mfa))
            for operator, asked in statement.get("Condition", {}).items()
        )
    }
    return "Allow" in verdicts and "Deny" not in verdicts


def _is(ask: Ask, kind: str, name: str) -> bool:
    caller = ask.caller
    user = ask.backend("iam").users.get(caller.name) if caller.kind == "user" else None
    root = f"arn:{caller.partition}:iam::{caller.account}:root"
    mine = ("*", caller.account, root, caller.arn, caller.principal, user.id if user else root)
    return kind == "AWS" and name in mine


def _context(ask: Ask, with_mfa: bool) -> dict[str, str]:
    context = {
        "aws:principalarn": ask.caller.principal,
        "aws:principalaccount": ask.caller.account,
        "aws:principaltype": {"root": "Account", "user": "User", "role": "AssumedRole"}[ask.caller.kind],
        "aws:securetransport": "true",
        "sts:rolesessionname": ask.params["RoleSessionName"],
    }
    if ask.caller.kind == "user":
        context["aws:username"] = ask.caller.name
    if with_mfa:
        context |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    elif ask.caller.temporary:
        # Long-term keys lack the key altogether.
        context["aws:multifactorauthpresent"] = "false"
    if "ExternalId" in ask.params:
        context["sts:externalid"] = ask.params["ExternalId"]
    return context


def _holds(operator: str, asked: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    """Say whether one operator of a condition holds; an operator that the sandbox does not know never does."""
    optional = operator.endswith("IfExists")
    test = COMPARISONS.get(operator.removesuffix("IfExists"))
    if test is None:
        return False
    negative = "Not" in operator
    for key, wanted in asked.items():
        have = context.get(key.lower())
        if have is None:
            if not (optional or negative):
                return False
            continue
        met = [test(have, str(value)) for value in documents.listed(wanted)]
        if not (all(met) if negative else any(met)):
            return False
    return True


COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "Bool": lambda have, wanted: have.lower() == wanted.lower(),
    "StringEquals": lambda have, wanted: have == wanted,
    "StringNotEquals": lambda have, wanted: have != wanted,
    "StringEqualsIgnoreCase": lambda have, wanted: have.lower() == wanted.lower(),
    "StringLike": lambda have, wanted: documents.matches(wanted, have),
    "StringNotLike": lambda have, wanted: not documents.matches(wanted, have),
    "ArnEquals": lambda have, wanted: documents.matches(wanted, have),
    "ArnLike": lambda have, wanted: documents.matches(wanted, have),
    "ArnNotLike": lambda have, wanted: not documents.matches(wanted, have),
    "NumericLessThan": lambda have, wanted: float(have) < float(wanted),
    "NumericLessThanEquals": lambda have, wanted: float(have) <= float(wanted),
}


RULES = (
    Rule("*", before=may_call),
    Rule("sts:GetSessionToken", before=get_session_token),
    Rule("sts:GetFederationToken", before=no_federation),
    Rule("sts:AssumeRole", before=assume_role),
)
