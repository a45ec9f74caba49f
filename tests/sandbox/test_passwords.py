"""Console passwords are judged in the sandbox as in AWS, where moto takes anything."""

from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

GOOD = "correct-Horse-7-battery"


def account(*, strict: bool = True, policy: dict[str, Any] | None = None) -> tuple[Sandbox, Any]:
    sandbox = Sandbox(strict=strict)
    iam = sandbox.client("iam")
    iam.create_user(UserName="alice")
    if policy is not None:
        iam.update_account_password_policy(**policy)
    return sandbox, iam


STRICT = {"MinimumPasswordLength": 14, "RequireSymbols": True, "RequireNumbers": True}
STRICT |= {"RequireUppercaseCharacters": True, "RequireLowercaseCharacters": True}


@pytest.mark.parametrize(
    ("policy", "password", "allowed"),
    [
        (None, "Short7!", False),
        (None, "lowercase-only", False),
        (None, "lower-case-7", True),
        ({"MinimumPasswordLength": 6}, "simple", True),
        (STRICT, GOOD, True),
        (STRICT, "Short-7-chars", False),
        (STRICT, "no-upper-case-7-battery", False),
        (STRICT, "NO-LOWER-CASE-7-BATTERY", False),
        (STRICT, "correctHorse7battery", False),
        (STRICT, "correct-Horse-battery", False),
    ],
)
def test_a_password_keeps_the_policy(policy: dict[str, Any] | None, password: str, allowed: bool) -> None:
    _, iam = account(policy=policy)
    said = None if allowed else "PasswordPolicyViolation"
    assert refused(iam.create_login_profile, UserName="alice", Password=password) == said

    _, lenient = account(strict=False, policy=policy)
    assert refused(lenient.create_login_profile, UserName="alice", Password=password) is None


def test_a_fresh_profile_is_not_touched_in_its_first_second() -> None:
    sandbox, iam = account()
    iam.create_login_profile(UserName="alice", Password=GOOD, PasswordResetRequired=True)
    assert refused(iam.update_login_profile, UserName="alice", PasswordResetRequired=False) == (
        "EntityTemporarilyUnmodifiable"
    )
    assert refused(iam.delete_login_profile, UserName="alice") == "EntityTemporarilyUnmodifiable"
    sandbox.clock.advance(2)
    assert refused(iam.delete_login_profile, UserName="alice") is None

    _, lenient = account(strict=False)
    lenient.create_login_profile(UserName="alice", Password=GOOD)
    assert refused(lenient.delete_login_profile, UserName="alice") is None


def test_an_update_keeps_what_it_does_not_name() -> None:
    sandbox, iam = account()
    iam.create_login_profile(UserName="alice", Password=GOOD, PasswordResetRequired=True)
    assert iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"]
    sandbox.clock.advance(2)
    iam.update_login_profile(UserName="alice", PasswordResetRequired=False)
    assert not iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"]
    own = sandbox.client("iam", caller="user/alice")
    assert refused(own.change_password, OldPassword=GOOD, NewPassword=GOOD + "!") is None


@pytest.mark.parametrize(
    ("caller", "old", "new", "said"),
    [
        ("user/alice", GOOD, GOOD + "!", None),
        ("mfa/alice", GOOD, GOOD + "!", None),
        ("session/alice", GOOD, GOOD + "!", "InvalidClientTokenId"),
        ("user/alice", "wrong", GOOD + "!", "AccessDenied"),
        ("user/alice", GOOD, "short", "PasswordPolicyViolation"),
        ("user/alice", GOOD, GOOD, "PasswordPolicyViolation"),
        ("user/bob", GOOD, GOOD + "!", "NoSuchEntity"),
        ("root", GOOD, GOOD + "!", "InvalidUserType"),
        (None, GOOD, GOOD + "!", "InvalidUserType"),
    ],
)
def test_a_user_changes_their_own_password(caller: str | None, old: str, new: str, said: str | None) -> None:
    sandbox, iam = account(policy=STRICT | {"PasswordReusePrevention": 3})
    iam.create_login_profile(UserName="alice", Password=GOOD)
    sandbox.clock.advance(2)
    assert refused(sandbox.client("iam", caller=caller).change_password, OldPassword=old, NewPassword=new) == said


def test_moto_alone_changes_any_password() -> None:
    sandbox, iam = account(strict=False, policy=STRICT)
    iam.create_login_profile(UserName="alice", Password=GOOD)
    own = sandbox.client("iam", caller="user/alice")
    assert refused(own.change_password, OldPassword="wrong!", NewPassword="short!") is None
