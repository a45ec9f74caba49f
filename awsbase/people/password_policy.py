"""The account's password policy: read from AWS, checked locally, and satisfied by generated passwords."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.aws import Aws
from awsbase.people.secret import Secret
from awsbase.records import record

# The characters that AWS counts as symbols.
SYMBOLS = "!@#$%^&*()_+-=[]{}|'"
# The characters of generated passwords: no look-alikes and no quotes.
UNAMBIGUOUS = {
    "upper": "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "lower": "abcdefghijkmnopqrstuvwxyz",
    "digit": "23456789",
    "symbol": "!@#%^*_+-=",
}
MAX_LENGTH = 128
GENERATED_LENGTH = 24


@record
class PasswordPolicy:
    """The account's rules for passwords; an account without its own policy has the rules of AWS."""

    length: int = 8
    upper: bool = False
    lower: bool = False
    digit: bool = False
    symbol: bool = False
    kinds: int = 0
    """How many of the four kinds of characters a password must have."""
    reuse: int = 0


AWS_OWN = PasswordPolicy(length=8, kinds=3)


def read_policy(aws: Aws) -> PasswordPolicy | None:
    """Return the account's password policy; None when the caller is not allowed to read it."""
    from botocore.exceptions import ClientError

    try:
        settings: Mapping[str, Any] = aws.iam.get_account_password_policy()["PasswordPolicy"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchEntity":
            return AWS_OWN
        if code in ("AccessDenied", "AccessDeniedException"):
            return None
        raise
    return PasswordPolicy(
        length=settings.get("MinimumPasswordLength", 6),
        upper=settings.get("RequireUppercaseCharacters", False),
        lower=settings.get("RequireLowercaseCharacters", False),
        digit=settings.get("RequireNumbers", False),
        symbol=settings.get("RequireSymbols", False),
        reuse=settings.get("PasswordReusePrevention", 0),
    )


def broken_rules(policy: PasswordPolicy, password: Secret, *, user: str, old: Secret | None = None) -> list[str]:
    """Return each rule that a password breaks; earlier passwords than `old` are known to AWS only."""
    return list(_broken(policy, password.reveal(), user, old.reveal() if old else None))


def _broken(policy: PasswordPolicy, password: str, user: str, old: str | None) -> Iterator[str]:
    if len(password) < policy.length:
        yield f"at least {policy.length} characters (it has {len(password)})"
    if len(password) > MAX_LENGTH:
        yield f"at most {MAX_LENGTH} characters (it has {len(password)})"
    if not all("\x20" <= letter <= "\xff" for letter in password):
        yield "only characters of Latin-1 (AWS accepts no others)"
    kinds = (
        (policy.upper, string.ascii_uppercase, "an upper-case letter"),
        (policy.lower, string.ascii_lowercase, "a lower-case letter"),
        (policy.digit, string.digits, "a digit"),
        (policy.symbol, SYMBOLS, f"one of {SYMBOLS}"),
    )
    present = [bool(set(letters) & set(password)) for _, letters, _ in kinds]
    for (required, _, rule), is_present in zip(kinds, present, strict=True):
        if required and not is_present:
            yield rule
    if sum(present) < policy.kinds:
        yield f"{policy.kinds} of: upper-case letters, lower-case letters, digits, symbols"
    if user and password.lower() == user.lower():
        yield "a password that is not the user's name"
    if old is not None and password == old and policy.reuse:
        yield "a password that is not the old one"


def generate(policy: PasswordPolicy) -> Secret:
    """Return a random password that meets the policy, without characters that look alike."""
    letters = [secrets.choice(kind) for kind in UNAMBIGUOUS.values()]
    everything = "".join(UNAMBIGUOUS.values())
    letters += [secrets.choice(everything) for _ in range(max(policy.length, GENERATED_LENGTH) - len(letters))]
    secrets.SystemRandom().shuffle(letters)
    return Secret("".join(letters))
