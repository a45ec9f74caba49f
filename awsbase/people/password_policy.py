"""What the account demands of a password: asked of AWS, checked before AWS does, and met by a generated one."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.aws import Aws
from awsbase.people.secret import Secret
from awsbase.records import record

# The symbols that AWS counts as such.
SYMBOLS = "!@#$%^&*()_+-=[]{}|'"
# What a generated password is made of: nothing that looks like something else, and no quotes to stumble over.
CLEAR = {
    "upper": "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "lower": "abcdefghijkmnopqrstuvwxyz",
    "digit": "23456789",
    "symbol": "!@#%^*_+-=",
}
LONGEST = 128
GENERATED = 24


@record
class PasswordPolicy:
    """The account's rules for passwords; those without a policy of its own have AWS's."""

    length: int = 8
    upper: bool = False
    lower: bool = False
    digit: bool = False
    symbol: bool = False
    kinds: int = 0
    """How many of the four kinds of characters there must be, whichever."""
    reuse: int = 0


AWS_OWN = PasswordPolicy(length=8, kinds=3)


def live(aws: Aws) -> PasswordPolicy | None:
    """Read the account's password policy; None when the caller may not."""
    from botocore.exceptions import ClientError

    try:
        found: Mapping[str, Any] = aws.iam.get_account_password_policy()["PasswordPolicy"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchEntity":
            return AWS_OWN
        if code in ("AccessDenied", "AccessDeniedException"):
            return None
        raise
    return PasswordPolicy(
        length=found.get("MinimumPasswordLength", 6),
        upper=found.get("RequireUppercaseCharacters", False),
        lower=found.get("RequireLowercaseCharacters", False),
        digit=found.get("RequireNumbers", False),
        symbol=found.get("RequireSymbols", False),
        reuse=found.get("PasswordReusePrevention", 0),
    )


def unmet(policy: PasswordPolicy, password: Secret, *, user: str, old: Secret | None = None) -> list[str]:
    """Name each rule that a password breaks; what it was before the last one only AWS knows."""
    return list(_broken(policy, password.reveal(), user, old.reveal() if old else None))


def _broken(policy: PasswordPolicy, password: str, user: str, old: str | None) -> Iterator[str]:
    if len(password) < policy.length:
        yield f"at least {policy.length} characters (it has {len(password)})"
    if len(password) > LONGEST:
        yield f"at most {LONGEST} characters (it has {len(password)})"
    if not all("\x20" <= letter <= "\xff" for letter in password):
        yield "only characters of Latin-1 (AWS takes no others)"
    kinds = (
        (policy.upper, string.ascii_uppercase, "an upper-case letter"),
        (policy.lower, string.ascii_lowercase, "a lower-case letter"),
        (policy.digit, string.digits, "a digit"),
        (policy.symbol, SYMBOLS, f"one of {SYMBOLS}"),
    )
    there = [bool(set(letters) & set(password)) for _, letters, _ in kinds]
    for (wanted, _, words), found in zip(kinds, there, strict=True):
        if wanted and not found:
            yield words
    if sum(there) < policy.kinds:
        yield f"{policy.kinds} of: upper-case letters, lower-case letters, digits, symbols"
    if user and password.lower() == user.lower():
        yield "another word than the user's name"
    if old is not None and password == old and policy.reuse:
        yield "another password than the old one"


def generated(policy: PasswordPolicy) -> Secret:
    """Make a password that meets the policy, at random, without characters that look alike."""
    letters = [secrets.choice(kind) for kind in CLEAR.values()]
    everything = "".join(CLEAR.values())
    letters += [secrets.choice(everything) for _ in range(max(policy.length, GENERATED) - len(letters))]
    secrets.SystemRandom().shuffle(letters)
    return Secret("".join(letters))
