"""Roles: whose trust lets whom in, in this account or another, and what a session inherits from the one before it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from awsbase.sandbox.authorization import identity, request_context
from awsbase.sandbox.authorization.decision import AccessRequest, Document, effects, knowing
from awsbase.sandbox.authorization.identity import read
from awsbase.sandbox.authorization.matching import Context
from awsbase.sandbox.authorization.membership import facts_of_resource
from awsbase.sandbox.authorization.resources import owner
from awsbase.sandbox.callers import Caller
from awsbase.sandbox.service import AccountState, Need, Request, ResourcePolicy, Rule
from awsbase.sandbox.services.sts.sessions import checked, started
from awsbase.sandbox.wire import Refusal

ROLE_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+")
CHAINED = 3600
ASSUME, TAG, SET_SOURCE = "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"
# Which condition keys each of the three actions sees. Seen on AWS: a condition on sts:RoleSessionName or on a tag makes
# sts:SetSourceIdentity fail, and one on sts:SourceIdentity makes sts:TagSession fail.
KEYS: Mapping[str, Mapping[str, str]] = {
    ASSUME: {
        "sts:ExternalId": "ExternalId",
        "sts:RoleSessionName": "RoleSessionName",
        "sts:TransitiveTagKeys": "TransitiveTagKeys",
    },
    TAG: {"sts:TransitiveTagKeys": "TransitiveTagKeys"},
    SET_SOURCE: {},
}


def assume_role(request: Request) -> dict[str, Any] | None:
    """Give a session of a role that is there and trusts the caller, for as long as both allow.

    A role that is not there and one that does not trust are refused alike. The role may be in another account.

    Raises Refusal with AccessDenied, ValidationError or InvalidParameterValue.

    Recorded: LocalStack, test_sts_invalid_parameters, test_assume_role_tag_validation and
    test_iam_role_chaining_override_transitive_tags.
    """
    arn, caller = request.params["RoleArn"], request.caller
    if not ROLE_ARN.fullmatch(arn):
        raise Refusal("ValidationError", f"{arn} is invalid")
    check_tags(request)
    check_source_identity(request)
    home = account_of(request, arn)
    role = found(request, home, arn) if home else None
    if home is None or role is None:
        raise denied(request, ASSUME)
    with_mfa = checked(request) or caller.mfa
    for action in actions(request):
        if not trusts(role.assume_role_policy_document, request, home, action, with_mfa):
            raise denied(request, action)

    seconds = int(request.params.get("DurationSeconds", 3600))
    if caller.kind == "role" and seconds > CHAINED:
        raise Refusal(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    name, partition = request.params["RoleSessionName"], arn.split(":")[1]
    session = Caller("role", role.name, home.account, partition, session=name, mfa=with_mfa, temporary=True)
    session = inherited(request, session)
    source = {"SourceIdentity": session.source_identity} if session.source_identity else {}
    return {**started(request, home, role, session, seconds), **source}


def check_tags(request: Request) -> None:
    """Refuse transitive keys without their tags, and other values for tags that the caller's session passes on.

    Raises Refusal with InvalidParameterValue.
    """
    carried = {tag["Key"].lower() for tag in request.params.get("Tags", [])}
    if not {key.lower() for key in request.params.get("TransitiveTagKeys", [])} <= carried:
        message = "The specified transitive tag key must be included in the requested tags."
        raise Refusal("InvalidParameterValue", message)
    if carried & request.caller.transitive:
        message = (
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session."
        )
        raise Refusal("InvalidParameterValue", message)


def check_source_identity(request: Request) -> None:
    """Refuse another source identity than the caller's session has; raises Refusal with ValidationError.

    Seen on AWS: https://github.com/mahitotsu/gekko_08/blob/main/experiments/multi-hop-propagation/RESULTS.md
    """
    set_before = request.caller.source_identity
    if set_before and request.params.get("SourceIdentity", set_before) != set_before:
        raise Refusal("ValidationError", "The source identity is already set for this assume role session")


def actions(request: Request) -> Iterator[str]:
    """Yield the actions that the caller's policies and the role's trust have to allow, each by itself.

    What a session inherits has to be allowed as well: see the link of `check_source_identity`.
    """
    yield ASSUME
    if request.params.get("Tags") or request.caller.transitive:
        yield TAG
    if source_of(request):
        yield SET_SOURCE


def source_of(request: Request) -> str:
    """Return the source identity of the session that is asked for."""
    return request.caller.source_identity or str(request.params.get("SourceIdentity", ""))


def inherited(request: Request, session: Caller) -> Caller:
    """Return a session with its tags and its source identity, together with what the caller's session passes on."""
    caller, params = request.caller, request.params
    passed = tuple((key, value) for key, value in caller.tags if key.lower() in caller.transitive)
    return replace(
        session,
        source_identity=source_of(request),
        tags=passed + tuple((tag["Key"], tag["Value"]) for tag in params.get("Tags", [])),
        transitive=caller.transitive | {key.lower() for key in params.get("TransitiveTagKeys", [])},
    )


def account_of(request: Request, arn: str) -> AccountState | None:
    """Return the account that an ARN names, if the sandbox has it."""
    account = owner(arn) or request.account
    if account == request.account:
        return request.sandbox
    return request.sandbox.world.accounts.get(account) if request.sandbox.world else None


def found(request: Request, home: AccountState, arn: str) -> Any:
    """Return moto's role of an ARN, or nothing."""
    iam = home.backend("iam", request.region)
    return next((held for held in iam.roles.values() if held.arn == arn), None)


def denied(request: Request, action: str) -> Refusal:
    """Return the one refusal for a role that is not there, that does not trust, and that the caller may not assume."""
    message = f"User: {request.caller.arn} is not authorized to perform: {action} on resource: "
    return Refusal("AccessDenied", message + request.params["RoleArn"], 403)


def known(request: Request, action: str) -> dict[str, Any]:
    """Return the condition keys of STS that one of the actions sees."""
    keys = {key: request.params[name] for key, name in KEYS[action].items() if name in request.params}
    if action != TAG and (source := source_of(request)):
        keys["sts:SourceIdentity"] = source
    return keys


def trusts(document: str, request: Request, home: AccountState, action: str, with_mfa: bool) -> bool:
    """Return whether a role's trust lets the caller do this."""
    context = {**request_context.facts(request), **identity.facts(request), **facts_of_resource(home, request)}
    if action == SET_SOURCE:
        context = {key: value for key, value in context.items() if not key.startswith(("aws:requesttag", "aws:tagk"))}
    if with_mfa:
        context |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    asked = AccessRequest(action, request.params["RoleArn"], {**context, **knowing(known(request, action))})
    return {effect for effect, _ in effects([trust(document)], asked, identity.principal(request))} == {"Allow"}


def trust(document: Any) -> Document:
    """Return a role's trust as if it named its resource, which it must not: the role itself."""
    parsed = read(document)
    statements = parsed["Statement"] if isinstance(parsed["Statement"], list) else [parsed["Statement"]]
    return {**parsed, "Statement": [{**held, "Resource": "*"} for held in statements]}


def assuming(request: Request) -> Iterator[Need]:
    """Need each of the actions on the role; a refusal does not say what is missing in another account."""
    arn = request.params["RoleArn"]
    foreign = owner(arn) not in ("", request.account)
    for action in actions(request):
        refusal = denied(request, action)
        yield Need(action, arn, known(request, action), otherwise=(refusal.code, refusal.message) if foreign else None)


def policy(request: Request, need: Need) -> Any:
    """Return the trust policy of a role."""
    home = account_of(request, need.resource)
    role = found(request, home, need.resource) if home else None
    return trust(role.assume_role_policy_document) if role else None


def mfa_code(request: Request, need: Need) -> Context:
    """Return what only the trust policy sees: that an MFA code came along with AssumeRole."""
    if need.action in KEYS and request.params.get("TokenCode"):
        return {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    return {}


TRUST = ResourcePolicy(policy, decides_alone="role", context=mfa_code)
RULES = (Rule("sts:AssumeRole", before=assume_role),)
