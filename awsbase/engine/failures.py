"""Turn an exception into advice: what was tried, what AWS answered, what to do."""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.engine.changes import CLOSED, INTERRUPTED, Change, Failure
from awsbase.engine.refusals import DENIED as DENIED
from awsbase.engine.refusals import Refusal, understood
from awsbase.engine.run import ChangeFailed, Interrupted, InvalidArguments, NotApproved, RiskNotApproved
from awsbase.engine.wire import READ_PREFIXES
from awsbase.errors import AwsbaseError, LostReply

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
# What AWS Organizations answers for longer than a run waits.
BUSY = {
    "ConcurrentModificationException": "another change of the organization is under way: run again in a while",
    "FinalizingOrganizationException": "a new organization takes up to an hour to be ready: run again then",
    "PolicyChangesInProgressException": "policies of the organization are being changed: run again in a while",
}
SKEWED = frozenset({"RequestTimeTooSkewed", "SignatureDoesNotMatch"})


def failure(error: BaseException, caller: str, *, home: str = "", ways_out: Mapping[str, str] | None = None) -> Failure:
    """Return why a resource failed; `caller` is the ARN of the caller, `home` the region of the account.

    `ways_out` says for other regions how a manifest does without them.
    """
    change: Change | None = None
    if isinstance(error, ChangeFailed):
        change, error = error.change, error.__cause__ or error
    tried = f"{change.action} {change.what}" if change else None
    api = change.api if change else None
    if closed := _closed(error, home):
        why = f"a policy of the organization closes {closed.region}: {closed.message}"
        way_out = (ways_out or {}).get(closed.region) or closed.advice(caller)
        return Failure(CLOSED, why, tried, api, way_out, region=closed.region)
    code, message, hint = _description(error, caller, api)
    return Failure(code, message, tried, api, hint)


def _closed(error: BaseException, home: str) -> Refusal | None:
    """Return a refusal of the organization to even look at a region other than the account's."""
    from botocore.exceptions import ClientError

    if not isinstance(error, ClientError) or not (refusal := understood(error)) or not refusal.by_organization:
        return None
    elsewhere = home and refusal.region not in ("", home) and not refusal.is_global
    return refusal if elsewhere and error.operation_name.startswith(READ_PREFIXES) else None


def _description(error: BaseException, caller: str, api: str | None) -> tuple[str, str, str | None]:
    from botocore.exceptions import BotoCoreError, ClientError

    match error:
        case ClientError():
            code = error.response.get("Error", {}).get("Code", "unknown")
            message = error.response.get("Error", {}).get("Message", "") or str(error)
            refusal = understood(error, api or "")
            return code, message, refusal.advice(caller) if refusal else _hint(code)
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


def _hint(code: str) -> str | None:
    if code in EXPIRED:
        return "the session has expired: run `awsbase mfa refresh`, then run again"
    if code in UNKNOWN_KEY:
        return "AWS does not know these credentials (in this region): check --profile, and that the region is enabled"
    if code in SKEWED:
        return "check the clock of this machine: AWS refuses requests more than five minutes off"
    if code in BUSY:
        return BUSY[code]
    if code.isdigit():
        return "the refusal does not come from AWS: check for a proxy or its sign-in page"
    return None
