"""Why AWS refuses credentials: the clock of this machine, a session that has ended, or a key that AWS does not know."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from awsbase.aws import response_time
from awsbase.engine.times import words
from awsbase.errors import AwsbaseError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# In seconds: the difference that people hear of, and the one that makes AWS refuse a signature.
CLOCK_TOLERANCE = 15
SIGNATURE_TOLERANCE = 300
SKEWED = ("RequestTimeTooSkewed", "RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure")
WRONG_SECRET = ("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature")
# AWS writes when a request was signed and what time it is: (20260101T081500Z - 15 min.)
SIGNED = r"Signature (?:expired|not yet current): (\d{8}T\d{6}Z) .*\((\d{8}T\d{6}Z) "
SESSION_HINTS = {
    "sso": "run `aws sso login{profile}`",
    "login": "run `aws login{profile}`",
    "env": "the session in the environment is over: `unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN`",
}
ROLE_HINTS = {
    "AssumeRole": "your permissions and the role's trust policy both have to allow sts:AssumeRole",
    "AssumeRoleWithWebIdentity": "compare the role's trust policy with the token: its issuer, `aud` and `sub`",
}
SOURCE_HINT = "the keys that ask for the role are refused: look at its source_profile or credential_source"
SESSION_HINT = "an expired session is renewed with `awsbase mfa refresh`"
KEY_REFUSED = (*SKEWED, *WRONG_SECRET, "InvalidClientTokenId", "ExpiredToken")
NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9/+=]")


class CredentialsRefused(AwsbaseError):
    """AWS does not accept the credentials themselves."""


def refused(error: ClientError, session: Any, region: str, now: datetime) -> CredentialsRefused:
    """Return the error for a session whose credentials AWS refuses; its hint is about their kind."""
    said: Mapping[str, Any] = error.response.get("Error", {})
    code, message = said.get("Code", "unknown"), said.get("Message", "")
    problem = f"AWS refuses these credentials: {code}: {message}"
    if clock := signature_clock(error, now):
        return CredentialsRefused(problem, hint=clock)
    # botocore asks for the role of a configuration only when the first request needs it.
    if error.operation_name in ROLE_HINTS:
        hint = ROLE_HINTS[error.operation_name] if code not in KEY_REFUSED else SOURCE_HINT
        return CredentialsRefused(f"AWS refuses the role: {code}: {message}", hint=hint)
    credentials = session.get_credentials()
    profile = "" if session.profile in (None, "default") else f" --profile {shlex.quote(session.profile)}"
    if credentials.token:
        hint = SESSION_HINTS.get(credentials.method, SESSION_HINT).format(profile=profile)
        return CredentialsRefused(problem, hint=hint)
    key = f"…{credentials.access_key[-4:]}"
    if NOT_IN_KEYS.search(credentials.access_key + credentials.secret_key):
        hint = (
            f"the access key {key} or its secret key has a character that no key has, such as a quote, a blank or #: "
        )
        hint += "write nothing but the key itself behind the equals sign"
    elif code in WRONG_SECRET:
        hint = f"the secret key of {key} is mistyped: store it again with `aws configure{profile}`"
    else:
        hint = f"the access key {key} is deleted, inactive or mistyped, or it is of another partition than {region}, "
        hint += "such as GovCloud: then give a --region of that partition"
    return CredentialsRefused(problem, hint=hint)


def signature_clock(error: ClientError, now: datetime) -> str | None:
    """Return advice if AWS refuses a signature because of this machine's clock, or None."""
    said: Mapping[str, Any] = error.response.get("Error", {})
    if said.get("Code") not in SKEWED:
        return None
    date = response_time(error.response)
    off = (now - date).total_seconds() if date else 0
    if signed := re.search(SIGNED, said.get("Message", "")):
        mine, theirs = (datetime.strptime(each, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for each in signed.groups())
        off = (mine - theirs).total_seconds()
    return _advice(off) if abs(off) >= SIGNATURE_TOLERANCE else None


def clock_hint(error: ClientError, now: datetime) -> str | None:
    """Return advice if this machine's clock is 15 s or more off the date in AWS's response, or None."""
    date = response_time(error.response)
    off = (now - date).total_seconds() if date else 0
    return _advice(off) if abs(off) >= CLOCK_TOLERANCE else None


def _advice(off: float) -> str:
    return f"this machine's clock is {words(abs(off))} {'ahead of' if off > 0 else 'behind'} AWS's: correct it"
