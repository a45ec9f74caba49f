"""Console passwords: judged by the account's policy, changed by their owner, and not touched in their first second."""

import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

SYMBOLS = "!@#$%^&*()_+-=[]{}|'"
FIRST_SECONDS = 1.0


@dataclass
class Profiles:
    """When each login profile was made, and the passwords that each user has had, oldest first."""

    made: dict[str, float] = field(default_factory=dict)
    had: dict[str, list[str]] = field(default_factory=dict)


def check_password(request: Request, user: Any, password: str) -> None:
    """Refuse a password that the account's policy, or AWS's own where there is none, does not allow.

    Raises Refusal with PasswordPolicyViolation.
    """
    policy = request.backend("iam").account_password_policy
    reasons = list(_own(policy, password) if policy else _default(user.name, password))
    reused = policy.password_reuse_prevention if policy else None
    if reused and password in request.memory(Profiles).had.get(user.name, [])[-int(reused) :]:
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


def create(request: Request) -> None:
    """Refuse a first password that the policy does not allow; raises Refusal with ValidationError.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html
    """
    user = _user(request)
    if user is None or user.password is not None:
        return
    if "Password" not in request.params:
        raise Refusal("ValidationError", "Password is required")
    check_password(request, user, request.params["Password"])


def created(request: Request, response: dict[str, Any]) -> None:
    """Keep whether the first password must be changed, which moto forgets.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html
    """
    user = request.backend("iam").users[request.params["UserName"]]
    user.password_reset_required = bool(request.params.get("PasswordResetRequired", False))
    response["LoginProfile"]["PasswordResetRequired"] = user.password_reset_required
    request.memory(Profiles).made[user.name] = request.sandbox.clock.time()
    remember(request, user)


def established(request: Request) -> None:
    """Refuse to touch a login profile that has just been made; raises Refusal with EntityTemporarilyUnmodifiable.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html
    """
    name = request.params.get("UserName") or request.caller.name
    user = request.backend("iam").users.get(name)
    made = request.memory(Profiles).made.get(name)
    if user and user.password is not None and made is not None and request.sandbox.clock.time() < made + FIRST_SECONDS:
        message = f"Login Profile for User {name} cannot be modified while login profile is being created."
        raise Refusal("EntityTemporarilyUnmodifiable", message, 409)


def update(request: Request) -> None:
    """Refuse a new password that the policy does not allow.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html
    """
    user = _user(request)
    if user and user.password is not None and "Password" in request.params:
        check_password(request, user, request.params["Password"])


def keep_the_rest(request: Request) -> None:
    """Keep what an update does not name: moto would wipe it.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html
    """
    user = _user(request)
    if user and user.password is not None:
        request.params.setdefault("Password", user.password)
        request.params.setdefault("PasswordResetRequired", user.password_reset_required)
        request.notes["reset"] = request.params["PasswordResetRequired"]


def updated(request: Request, response: dict[str, Any]) -> None:
    """Remember a password that was set by an administrator.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html
    """
    user = _user(request)
    user.password_reset_required = bool(request.notes.get("reset"))
    remember(request, user)


def change(request: Request) -> None:
    """Refuse to change a password for anybody but a user who knows the old one.

    Raises Refusal with InvalidUserType, NoSuchEntity or AccessDenied.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ChangePassword.html
    """
    if request.caller.kind != "user":
        raise Refusal("InvalidUserType", "Only IAM Users can change their own password", 400)
    user = request.backend("iam").users.get(request.caller.name)
    if user is None or user.password is None:
        raise Refusal("NoSuchEntity", f"Login Profile for User {request.caller.name} cannot be found.", 404)
    if user.password != request.params["OldPassword"]:
        # Unverified: some report InvalidInput.
        raise Refusal("AccessDenied", "The old password was incorrect.", 403)
    check_password(request, user, request.params["NewPassword"])


def changed(request: Request) -> dict[str, Any]:
    """Change the calling user's password, which moto cannot; raises Refusal with NoSuchEntity.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ChangePassword.html
    """
    user = request.backend("iam").users.get(request.caller.name)
    if user is None:
        raise Refusal("NoSuchEntity", f"The user with name {request.caller.name} cannot be found.", 404)
    user.password, user.password_reset_required = request.params["NewPassword"], False
    remember(request, user)
    return {}


def remember(request: Request, user: Any) -> None:
    """Remember the password that a user has now, for the day when it comes again."""
    had = request.memory(Profiles).had.setdefault(user.name, [])
    if had[-1:] != [user.password]:
        had.append(user.password)


def _user(request: Request) -> Any:
    return request.backend("iam").users.get(request.params.get("UserName"))


RULES = (
    Rule("iam:CreateLoginProfile", before=create),
    Rule("iam:CreateLoginProfile", after=created, strict=False),
    Rule("iam:UpdateLoginProfile iam:DeleteLoginProfile iam:ChangePassword", before=established),
    Rule("iam:UpdateLoginProfile", before=update),
    Rule("iam:UpdateLoginProfile", before=keep_the_rest, after=updated, strict=False),
    Rule("iam:ChangePassword", before=change),
    Rule("iam:ChangePassword", before=changed, strict=False),
)
