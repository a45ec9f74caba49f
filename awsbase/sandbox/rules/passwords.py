"""Console passwords: judged by the account's policy, changed by their owner, and not touched in their first second."""

import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule

SYMBOLS = "!@#$%^&*()_+-=[]{}|'"
FIRST_SECONDS = 1.0


@dataclass
class Profiles:
    """When each login profile was made, and the passwords that each user has had, oldest first."""

    made: dict[str, float] = field(default_factory=dict)
    had: dict[str, list[str]] = field(default_factory=dict)


def judge(ask: Ask, user: Any, password: str) -> None:
    """Refuse a password that the account's policy, or AWS's own where there is none, does not allow."""
    policy = ask.backend("iam").account_password_policy
    reasons = list(_own(policy, password) if policy else _default(user.name, password))
    reused = policy.password_reuse_prevention if policy else None
    if reused and password in ask.memory(Profiles).had.get(user.name, [])[-int(reused) :]:
        reasons.append("Policy constraint violation with password reuse prevention during password change")
    if reasons:
        raise Refusal("PasswordPolicyViolation", reasons[0], 400)


def _own(policy: Any, password: str) -> Iterator[str]:
    if len(password) < int(policy.minimum_password_length or 6):
        yield f"Password should have a minimum length of {policy.minimum_password_length or 6}"
    for wanted, letters, what in (
        (policy.require_uppercase_characters, string.ascii_uppercase, "uppercase letter"),
        (policy.require_lowercase_characters, string.ascii_lowercase, "lowercase letter"),
        (policy.require_numbers, string.digits, "number"),
        (policy.require_symbols, SYMBOLS, "symbol"),
    ):
        if wanted and not set(letters) & set(password):
            yield f"Password should have at least one {what}"


def _default(name: str, password: str) -> Iterator[str]:
    if len(password) < 8:
        yield "Password should have a minimum length of 8"
    kinds = (string.ascii_uppercase, string.ascii_lowercase, string.digits, SYMBOLS)
    if sum(bool(set(kind) & set(password)) for kind in kinds) < 3:
        yield "Password should have at least three of uppercase letters, lowercase letters, numbers and symbols"
    if password.lower() == name.lower():
        yield "Password should not be the user's name"


def create(ask: Ask) -> None:
    """Refuse a first password that the policy does not allow."""
    user = _user(ask)
    if user is None or user.password is not None:
        return
    if "Password" not in ask.params:
        raise Refusal("ValidationError", "Password is required")
    judge(ask, user, ask.params["Password"])


def created(ask: Ask, said: dict[str, Any]) -> None:
    """Keep whether the first password must be changed, which moto forgets."""
    user = ask.backend("iam").users[ask.params["UserName"]]
    user.password_reset_required = bool(ask.params.get("PasswordResetRequired", False))
    said["LoginProfile"]["PasswordResetRequired"] = user.password_reset_required
    ask.memory(Profiles).made[user.name] = ask.sandbox.clock.time()
    remember(ask, user)


def settled(ask: Ask) -> None:
    """Refuse to touch a login profile that has just been made."""
    name = ask.params.get("UserName") or ask.caller.name
    user = ask.backend("iam").users.get(name)
    made = ask.memory(Profiles).made.get(name)
    if user and user.password is not None and made is not None and ask.sandbox.clock.time() < made + FIRST_SECONDS:
        said = f"Login Profile for User {name} cannot be modified while login profile is being created."
        raise Refusal("EntityTemporarilyUnmodifiable", said, 409)


def update(ask: Ask) -> None:
    """Refuse a new password that the policy does not allow."""
    user = _user(ask)
    if user and user.password is not None and "Password" in ask.params:
        judge(ask, user, ask.params["Password"])


def keep_the_rest(ask: Ask) -> None:
    """Keep what an update does not name: moto would wipe it."""
    user = _user(ask)
    if user and user.password is not None:
        ask.params.setdefault("Password", user.password)
        ask.params.setdefault("PasswordResetRequired", user.password_reset_required)
        ask.notes["reset"] = ask.params["PasswordResetRequired"]


def updated(ask: Ask, said: dict[str, Any]) -> None:
    """Remember a password that was set by an administrator."""
    user = _user(ask)
    user.password_reset_required = bool(ask.notes.get("reset"))
    remember(ask, user)


def change(ask: Ask) -> None:
    """Refuse to change a password for anybody but a user who knows the old one."""
    if ask.caller.kind != "user":
        raise Refusal("InvalidUserType", "Only IAM Users can change their own password", 400)
    user = ask.backend("iam").users.get(ask.caller.name)
    if user is None or user.password is None:
        raise Refusal("NoSuchEntity", f"Login Profile for User {ask.caller.name} cannot be found.", 404)
    if user.password != ask.params["OldPassword"]:
        # Unverified: some report InvalidInput.
        raise Refusal("AccessDenied", "The old password was incorrect.", 403)
    judge(ask, user, ask.params["NewPassword"])


def changed(ask: Ask) -> dict[str, Any]:
    """Change the calling user's password, which moto cannot."""
    user = ask.backend("iam").users.get(ask.caller.name)
    if user is None:
        raise Refusal("NoSuchEntity", f"The user with name {ask.caller.name} cannot be found.", 404)
    user.password, user.password_reset_required = ask.params["NewPassword"], False
    remember(ask, user)
    return {}


def remember(ask: Ask, user: Any) -> None:
    """Remember the password that a user has now, for the day when it comes again."""
    had = ask.memory(Profiles).had.setdefault(user.name, [])
    if had[-1:] != [user.password]:
        had.append(user.password)


def _user(ask: Ask) -> Any:
    return ask.backend("iam").users.get(ask.params.get("UserName"))


RULES = (
    Rule("iam:CreateLoginProfile", before=create),
    Rule("iam:CreateLoginProfile", after=created, strict=False),
    Rule("iam:UpdateLoginProfile iam:DeleteLoginProfile iam:ChangePassword", before=settled),
    Rule("iam:UpdateLoginProfile", before=update),
    Rule("iam:UpdateLoginProfile", before=keep_the_rest, after=updated, strict=False),
    Rule("iam:ChangePassword", before=change),
    Rule("iam:ChangePassword", before=changed, strict=False),
)
