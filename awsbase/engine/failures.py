"""From an exception to advice: what was tried, what AWS said, what to do."""

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
# What KMS answers when it is not the key's policy but its maker's own that lacks a right.
LOCKED_OUT = "not allow you to update the key policy in the future"


def failure(error: BaseException, caller: str) -> Failure:
    """Describe why a resource failed; `caller` is the ARN that AWS saw."""
    change: Change | None = None
    if isinstance(error, ChangeFailed):
        change, error = error.change, error.__cause__ or error
    tried = f"{change.action} {change.what}" if change else None
    code, message, hint = _words(error, caller, change.api if change else None)
    return Failure(code, message, tried, change.api if change else None, hint)


def _words(error: BaseException, caller: str, api: str | None) -> tuple[str, str, str | None]:
    from botocore.exceptions import BotoCoreError, ClientError

    match error:
        case ClientError():
            code = error.response.get("Error", {}).get("Code", "unknown")
            message = error.response.get("Error", {}).get("Message", "") or str(error)
            return code, message, _hint(code, message, caller, api or error.operation_name)
        case AwsbaseError():
            return type(error).__name__, error.message, error.hint
        case LostReply():
            return "LostReply", str(error), "run again: awsbase finds what was made by its tag, and makes no second one"
        case NotApproved():
            return "NotApproved", str(error), "plan again, and have the new plan approved"
        case RiskNotApproved():
            return "RiskNotApproved", str(error), "look at it with `awsbase plan`, and permit it with --allow-risky"
        case Interrupted():
            return INTERRUPTED, "interrupted before it was done", "run again: the next run finishes the work"
        case InvalidArguments():
            return "InvalidArguments", f"AWS would refuse this: {error}", "correct the manifest"
        case BotoCoreError():
            return type(error).__name__, str(error), "check the network, then run again"
        case _:
            return (
                type(error).__name__,
                f"unforeseen: {str(error) or type(error).__name__}",
                "rerun with --debug, and report what it prints",
            )


def needed(message: str) -> str | None:
    """Return the IAM action that AWS says is not allowed; it is often not called as the API is."""
    if LOCKED_OUT in message:
        return "kms:PutKeyPolicy"
    found = ACTION.search(message)
    # Some services write their own name in capitals.
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
        return "a refusal without words of AWS: does a proxy or its sign-in page stand in between?"
    return None
