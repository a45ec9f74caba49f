"""The rules that the passwords of IAM users must follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.records import record

# CIS AWS Foundations asks for it, and NIST SP 800-63B for length rather than for expiry.
LENGTH = 14
CLASSES = {
    "RequireLowercaseCharacters": "lowercase letters",
    "RequireNumbers": "numbers",
    "RequireSymbols": "symbols",
    "RequireUppercaseCharacters": "uppercase letters",
}


@record(kw_only=True)
class PasswordPolicy(Resource):
    """The account's password policy, owned wholly. What is None stays as it is, but for a length that is too short.

    Zero means none: passwords that never expire, or of which none is remembered.
    """

    length: int | None = None
    remembered: int = 24
    lowercase: bool = True
    numbers: bool = True
    symbols: bool = True
    uppercase: bool = True
    change_allowed: bool = True
    max_age: int | None = None
    hard_expiry: bool | None = None

    @property
    def address(self) -> str:
        return "password-policy/account"


def password_policy(facts: Facts) -> Mapping[str, Any] | None:
    """Read the account's password policy; None when none was ever set."""
    from botocore.exceptions import ClientError

    try:
        return facts.aws.iam.get_account_password_policy()["PasswordPolicy"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return None


def ensure_password_policy(run: Run, want: PasswordPolicy) -> None:
    """Bring the password policy to the manifest, all of it at once: AWS takes what is left out for its default."""
    found = run.read(password_policy)
    have = settings(found or {})
    target = wanted(want, have)
    drift = [Drift(name, have.get(name), value) for name, value in target.items() if have.get(name) != value]

    # AWS refuses zeros: what is to be none is left out.
    given: dict[str, Any] = {name: value for name, value in target.items() if value != 0 or value is False}
    update = run.aws.iam.update_account_password_policy
    shut_out = "whose password has expired is shut out until an administrator sets another"
    shut_out = shut_out if target["HardExpiry"] and not have["HardExpiry"] else ""
    if found is None:
        run.create("password policy", update, risk=access(shut_out), **given)
    elif drift:
        why = "; ".join(newly_accepted(have, target)) or shut_out
        run.update("password policy", drift, update, risk=access(why), **given)


def settings(policy: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy as the full set of its settings, what is none as zero."""
    return {
        "MinimumPasswordLength": policy.get("MinimumPasswordLength", 6),
        "PasswordReusePrevention": policy.get("PasswordReusePrevention", 0),
        **{name: policy.get(name, False) for name in CLASSES},
        "AllowUsersToChangePassword": policy.get("AllowUsersToChangePassword", False),
        "MaxPasswordAge": policy.get("MaxPasswordAge", 0),
        "HardExpiry": policy.get("HardExpiry", False),
    }


def wanted(want: PasswordPolicy, have: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that shall be, with those that the manifest is silent on as they are."""
    return {
        "MinimumPasswordLength": max(LENGTH, have["MinimumPasswordLength"]) if want.length is None else want.length,
        "PasswordReusePrevention": want.remembered,
        "RequireLowercaseCharacters": want.lowercase,
        "RequireNumbers": want.numbers,
        "RequireSymbols": want.symbols,
        "RequireUppercaseCharacters": want.uppercase,
        "AllowUsersToChangePassword": want.change_allowed,
        "MaxPasswordAge": have["MaxPasswordAge"] if want.max_age is None else want.max_age,
        "HardExpiry": have["HardExpiry"] if want.hard_expiry is None else want.hard_expiry,
    }


def newly_accepted(have: Mapping[str, Any], target: Mapping[str, Any]) -> Iterator[str]:
    """Say which passwords pass that were refused; one that has expired is refused, too."""
    never = 0
    if (shortest := target["MinimumPasswordLength"]) < (was := have["MinimumPasswordLength"]):
        yield f"passwords of {shortest} characters pass (was {was})"
    for name, characters in CLASSES.items():
        if have[name] and not target[name]:
            yield f"passwords without {characters} pass"
    if (remembered := target["PasswordReusePrevention"]) < (was := have["PasswordReusePrevention"]):
        yield f"old passwords pass after {remembered} others (was {was})" if remembered else "old passwords pass"
    lasts, lasted = target["MaxPasswordAge"], have["MaxPasswordAge"]
    if lasted != never and (lasts == never or lasts > lasted):
        yield f"passwords last {f'{lasts} days' if lasts else 'for ever'} (was {lasted} days)"
    if have["HardExpiry"] and not target["HardExpiry"]:
        yield "who has an expired password can still change it"


def existing_password_policy(facts: Facts, scope: Scope) -> Things:
    """Yield the account's password policy, if one was ever set."""
    found = facts.read(password_policy)
    if found is None:
        return
    have = settings(found)
    yield Described(
        PasswordPolicy(
            scope=scope,
            length=have["MinimumPasswordLength"],
            remembered=have["PasswordReusePrevention"],
            lowercase=have["RequireLowercaseCharacters"],
            numbers=have["RequireNumbers"],
            symbols=have["RequireSymbols"],
            uppercase=have["RequireUppercaseCharacters"],
            change_allowed=have["AllowUsersToChangePassword"],
            max_age=have["MaxPasswordAge"],
            hard_expiry=have["HardExpiry"],
        )
    )


def list_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing all of them needs."""
    yield allow("iam", "GetAccountPasswordPolicy")


def password_policy_reads(want: PasswordPolicy) -> Iterator[Read]:
    """Yield the facts that the recipe of a password policy reads, to prefetch them."""
    yield (password_policy,)


def read_permissions(want: PasswordPolicy) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("iam", "GetAccountPasswordPolicy")


def write_permissions(want: PasswordPolicy) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("iam", "UpdateAccountPasswordPolicy")


KIND = Kind(
    ensure_password_policy,
    password_policy_reads,
    resource=PasswordPolicy,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="What passwords of IAM users must be: at least 14 characters, not one of the last 24.",
        why="Short passwords are guessed, and old ones are known already.",
        undo=(TAKE_OUT, "aws iam delete-account-password-policy: AWS's own holds again, of 8 characters"),
        controls=("CIS 1.8", "CIS 1.9", "FSBP IAM.7"),
    ),
    word="password-policy",
    found_by="there is one",
    owns="all settings",
    keeps="expiry, and a longer minimum, unless given",
    describe=Describe(existing_password_policy, list_permissions),
    absent=Absent(why="who stops using awsbase does not ask for weaker passwords"),
)
