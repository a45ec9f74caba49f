"""Turn an exception into advice: what was tried, what AWS answered, what to do."""

from __future__ import annotations

import re

from awsbase.engine.changes import INTERRUPTED, Change, Failure
from awsbase.engine.run import ChangeFailed, Interrupted, InvalidArguments, NotApproved, RiskNotApproved
from awsbase.errors import AwsbaseError, LostReply

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"})
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
UNKNOWN_KEY = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "AuthFailure",
        "InvalidSignatureException",
    }
)
SKEWED = frozenset({"RequestTimeTooSkewed", "SignatureDoesNotMatch"})
ACTION = re.compile(r"not authorized to perform: ([\w-]+):(\w+)")
# What KMS answers when the key's creator, not the key's policy, lacks the permission.
LOCKED_OUT = "not allow you to update the key policy in the future"


def failure(error: BaseException, caller: str) -> Failure:
    """Return why a resource failed; `caller` is the ARN of the caller."""
    change: Change | None = None
    if isinstance(error, ChangeFailed):
        change, error = error.change, error.__cause__ or error
    tried = f"{change.action} {change.what}" if change else None
    code, message, hint = _description(error, caller, change.api if change else None)
    return Failure(code, message, tried, change.api if change else None, hint)


def _description(error: BaseException, caller: str, api: str | None) -> tuple[str, str, str | None]:
    from botocore.exceptions import BotoCoreError, ClientError

    match error:
        case ClientError():
            code = error.response.get("Error", {}).get("Code", "unknown")
            message = error.response.get("Error", {}).get("Message", "") or str(error)
            return code, message, _hint(code, message, caller, api or error.operation_name)
        case AwsbaseError():
            return type(error).__name__, error.message, error.hint
        case LostReply():
            return "LostReply", str(error), "run again: awsbase finds the resource by its tag and creates no second one"
        case NotApproved():
            return "NotApproved", str(error), "plan again, and have the new plan approved"
        case RiskNotApproved():
            return "RiskNotApproved", str(error), "review it with `awsbase plan`, then approve it with --allow-risky"
        case Interrupted():
            return INTERRUPTED, "interrupted before it finished", "run again: the next run finishes the work"
        case InvalidArguments():
            return "InvalidArguments", f"AWS would refuse this: {error}", "correct the manifest"
        case BotoCoreError():
            return type(error).__name__, str(error), "check the network, then run again"
        case _:
            return (
                type(error).__name__,
                f"unforeseen: {str(error) or type(error).__name__}",
                "rerun with --debug, and report the output",
            )


def needed(message: str) -> str | None:
    """Return the IAM action that AWS names as not allowed; its name often differs from the API's."""
    if LOCKED_OUT in message:
        return "kms:PutKeyPolicy"
    found = ACTION.search(message)
    # Some services write their name in capitals.
    return f"{found[1].lower()}:{found[2]}" if found else None


def _hint(code: str, message: str, caller: str, api: str) -> str | None:
    if (action := needed(message)) or code in DENIED:
        mfa = "run `awsbase mfa refresh` if this account asks for MFA"
        if "with an explicit deny" in message:
            return f"you are {caller}, and a policy refuses you {action or api}: {mfa}"
        return f"you are {caller}; this needs {action or api}, see `awsbase permissions`; {mfa}"
    if code in EXPIRED:
        return "the session has expired: run `awsbase mfa refresh`, then run again"
    if code in UNKNOWN_KEY:
        return "AWS does not know these credentials (in this region): check --profile, and that the region is enabled"
    if code in SKEWED:
        return "check the clock of this machine: AWS refuses requests more than five minutes off"
    if code.isdigit():
        return "the refusal does not come from AWS: check for a proxy or its sign-in page"
    return None
