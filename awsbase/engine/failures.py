"""From an exception to advice: what was tried, what AWS said, what to do."""

from __future__ import annotations

from awsbase.engine.changes import Change, Failure
from awsbase.engine.run import BadArguments, ChangeFailed, Interrupted, NotApproved, NotPermitted
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
            return code, message, _hint(code, caller, api or error.operation_name)
        case AwsbaseError():
            return type(error).__name__, error.message, error.hint
        case LostReply():
            return "LostReply", str(error), "run again: awsbase finds what was made by its tag, and makes no second one"
        case NotApproved():
            return "NotApproved", str(error), "plan again, and have the new plan approved"
        case NotPermitted():
            return "NotPermitted", str(error), "look at it with `awsbase plan`, and permit it with --allow-loosening"
        case Interrupted():
            return "Interrupted", "interrupted before it was done", "run again: the next run finishes the work"
        case BadArguments():
            return "InvalidArguments", f"AWS would refuse this: {error}", "correct the manifest"
        case BotoCoreError():
            return type(error).__name__, str(error), "check the network, then run again"
        case _:
            return (
                type(error).__name__,
                f"unforeseen: {str(error) or type(error).__name__}",
                "rerun with --debug, and report what it prints",
            )


def _hint(code: str, caller: str, api: str) -> str | None:
    if code in DENIED:
        return f"you are {caller}; this needs {api}; run `awsbase mfa refresh` if this account asks for MFA"
    if code in EXPIRED:
        return "the session has expired: run `awsbase mfa refresh`, then run again"
    if code in UNKNOWN_KEY:
        return "AWS does not know these credentials (in this region): check --profile, and that the region is enabled"
    if code in SKEWED:
        return "check the clock of this machine: AWS refuses requests more than five minutes off"
    if code.isdigit():
        return "a refusal without words of AWS: does a proxy or its sign-in page stand in between?"
    return None
