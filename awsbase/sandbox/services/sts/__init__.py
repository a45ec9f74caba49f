"""STS: who calls, and sessions of users and roles."""

from typing import Any

from awsbase.sandbox.authorization.permissions import table
from awsbase.sandbox.service import Codes, Request, Rule, Service, TagWords
from awsbase.sandbox.services.sts import roles, sessions, web_identity


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


CALLS = table(
    {
        # Even an explicit Deny does not keep a user from these.
        "GetCallerIdentity GetSessionToken": [],
        # The caller has no permissions yet: the trust of the role decides.
        "AssumeRoleWithWebIdentity": [],
        "AssumeRole": [roles.assuming],
    }
)

SERVICE = Service(
    "sts",
    rules=(
        *sessions.RULES,
        *roles.RULES,
        *web_identity.RULES,
        Rule("sts:GetCallerIdentity", before=get_caller_identity, strict=False),
    ),
    calls=CALLS,
    policy=roles.TRUST,
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
