"""Passwords are checked before they are sent, changed by their owner, and reset by an administrator."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsbase.errors import AwsbaseError, UsageError
from awsbase.people import passwd, password_policy
from awsbase.people.passwd import NotHandedOver
from awsbase.people.password_policy import AWS_OWN, PasswordPolicy
from awsbase.people.secret import Secret
from awsbase.sandbox import Fault
from tests.people.scripted import ScriptedUser
from tests.sandbox.refused import refused

OLD, NEW = "correct-Horse-7-battery", "better-Staple-8-battery"
STRICT = PasswordPolicy(length=14, upper=True, lower=True, digit=True, symbol=True, reuse=3)
POLICY: dict[str, Any] = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "PasswordReusePrevention": 3,
}


class PasswordUser(ScriptedUser):
    """A user who changes passwords."""

    def __init__(self, folder: Path, caller: str | None = "user/alice", *, profile: bool = True) -> None:
        super().__init__(folder, caller)
        self.iam = self.sandbox.client("iam")
        self.iam.update_account_password_policy(**POLICY)
        if profile:
            self.iam.create_login_profile(UserName="alice", Password=OLD)
            self.sandbox.clock.advance(2)
        self.sandbox.calls.clear()
        self.shown: list[tuple[str, str]] = []

    def password_prompts(self) -> passwd.Prompts:
        prompts = self.prompts()
        return passwd.Prompts(prompts.account, prompts.clock, prompts.ask, prompts.tell)

    def show(self, what: str, password: Secret) -> None:
        self.shown.append((what, password.reveal()))

    def change(self, *, generate: bool = False) -> None:
        passwd.change(self.password_prompts(), generate=generate, show=self.show)

    def has_password(self, password: str) -> bool:
        """Tell whether this is alice's password, by changing it."""
        self.sandbox.faults.clear()
        own = self.sandbox.client("iam", caller="user/alice")
        return refused(own.change_password, OldPassword=password, NewPassword="yet-Another-9-password") is None


@pytest.mark.parametrize(
    ("policy", "password", "broken"),
    [
        (STRICT, NEW, []),
        (STRICT, "short", ["at least 14 characters (it has 5)", "an upper-case letter", "a digit", "one of"]),
        (STRICT, "UPPER-CASE-ONLY-7", ["a lower-case letter"]),
        (STRICT, "no-Digits-in-this-one", ["a digit"]),
        (STRICT, "noSymbolsIn7ThisOne", ["one of"]),
        (STRICT, OLD, ["a password that is not the old one"]),
        (AWS_OWN, "lower-case", ["3 of: upper-case letters"]),
        (AWS_OWN, "lower-case-7", []),
        (AWS_OWN, "alice", ["at least 8", "3 of", "a password that is not the user's name"]),
        (PasswordPolicy(length=1), "x" * 129, ["at most 128 characters"]),
        (PasswordPolicy(length=1), "päß€", ["only characters of Latin-1"]),
    ],
)
def test_each_broken_rule_is_named(policy: PasswordPolicy, password: str, broken: list[str]) -> None:
    rules = password_policy.broken_rules(policy, Secret(password), user="alice", old=Secret(OLD))
    assert [rule[: len(start)] for rule, start in zip(rules, broken, strict=True)] == broken


@pytest.mark.parametrize("policy", [AWS_OWN, STRICT, PasswordPolicy(length=100)])
def test_generated_password_meets_the_policy(policy: PasswordPolicy) -> None:
    passwords = [password_policy.generate(policy) for _ in range(20)]
    assert [password_policy.broken_rules(policy, rule, user="alice") for rule in passwords] == [[]] * 20
    assert len({rule.reveal() for rule in passwords}) == 20


def test_policy_is_read_from_the_account(tmp_path: Path) -> None:
    user = PasswordUser(tmp_path)
    assert password_policy.read_policy(user.prompts().account.aws) == STRICT
    user.iam.delete_account_password_policy()
    assert password_policy.read_policy(user.prompts().account.aws) == AWS_OWN
    user.sandbox.faults.add(Fault("access denied", on="iam:GetAccountPasswordPolicy"))
    assert password_policy.read_policy(user.prompts().account.aws) is None


def test_own_password_is_changed(tmp_path: Path) -> None:
    user = PasswordUser(tmp_path)
    user.types(OLD, NEW, NEW)
    user.change()
    assert user.has_password(NEW)
    assert user.asked == ["old password of alice: ", "new password: ", "new password again: "]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ([OLD, "short", NEW, NEW], "at least 14 characters"),
        ([OLD, NEW, "other", NEW, NEW], "the two passwords differ"),
        ([OLD, OLD, NEW, NEW], "a password that is not the old one"),
    ],
)
def test_invalid_password_is_explained_and_asked_again(tmp_path: Path, typed: list[str], message: str) -> None:
    user = PasswordUser(tmp_path)
    user.types(*typed)
    user.change()
    assert message in user.messages[0]
    assert [call.error for call in user.sandbox.calls if call.operation == "ChangePassword"] == [None]


def test_password_of_the_history_is_refused_by_aws_and_asked_again(tmp_path: Path) -> None:
    user = PasswordUser(tmp_path)
    user.types(OLD, NEW, NEW)
    user.change()
    user.types(NEW, OLD, OLD, OLD + "!", OLD + "!")
    user.change()
    assert "AWS does not accept the new password: " in user.messages[-1]
    assert user.has_password(OLD + "!")


def test_change_gives_up_after_three_invalid_passwords(tmp_path: Path) -> None:
    user = PasswordUser(tmp_path)
    user.types(OLD, "a", "b", "c")
    with pytest.raises(UsageError, match="this account requires at least 14 characters"):
        user.change()
    assert user.has_password(OLD)


@pytest.mark.parametrize(
    ("caller", "profile", "typed", "message", "hint"),
    [
        ("user/alice", True, ["wrong", NEW, NEW], "AWS refuses: The old password", "old password was probably wrong"),
        ("user/alice", False, [OLD, NEW, NEW], "no password for the console", "awsbase passwd alice"),
        ("session/alice", True, [], "InvalidClientTokenId", "long-term access key"),
        ("role/x", True, [], "only an IAM user has a password", "awsbase passwd USER"),
        ("root", True, [], "only an IAM user has a password", "in the console"),
    ],
)
def test_failed_change_is_explained(
    tmp_path: Path, caller: str, profile: bool, typed: list[str], message: str, hint: str
) -> None:
    user = PasswordUser(tmp_path, caller, profile=profile)
    user.types(*typed)
    with pytest.raises(AwsbaseError, match=message) as error:
        user.change()
    assert hint in str(error.value.hint)


def test_generated_password_is_shown_after_the_change(tmp_path: Path) -> None:
    user = PasswordUser(tmp_path)
    user.types(OLD)
    user.change(generate=True)
    [(what, passwords)] = user.shown
    assert what == "the new password"
    assert user.has_password(passwords)


@pytest.mark.parametrize("kind", ["reset before", "reset after", "500"])
def test_change_with_a_lost_response_is_not_repeated(tmp_path: Path, kind: str) -> None:
    user = PasswordUser(tmp_path)
    user.types(OLD)
    user.sandbox.faults.add(Fault(kind, on="iam:ChangePassword"))  # type: ignore[arg-type]
    with pytest.raises(AwsbaseError, match="the password is either the new one or still the old one"):
        user.change(generate=True)
    assert [call.operation for call in user.sandbox.calls].count("ChangePassword") == 1
    assert user.shown[0][0] == "the new password, if AWS accepted it"
    assert user.has_password(user.shown[0][1] if kind == "reset after" else OLD)


def test_aws_checks_the_password_if_the_policy_is_not_readable(tmp_path: Path) -> None:
    user = PasswordUser(tmp_path)
    user.sandbox.faults.add(Fault("access denied", on="iam:GetAccountPasswordPolicy"))
    user.types(OLD, "short", "short", NEW, NEW)
    user.change()
    assert user.messages[0].startswith("you are not allowed to read the account's password policy")
    assert user.has_password(NEW)


@pytest.mark.parametrize("profile", [True, False], ids=["has a password", "has none"])
@pytest.mark.parametrize("once", [True, False])
def test_administrator_resets_a_password(tmp_path: Path, profile: bool, once: bool) -> None:
    user = PasswordUser(tmp_path, None, profile=profile)
    received: list[Secret] = []
    passwd.reset(user.password_prompts(), "alice", once=once, hand_over=received.append)

    assert user.iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"] is once
    user.sandbox.clock.advance(2)
    assert user.has_password(received[0].reveal())


def test_reset_waits_for_a_new_login_profile(tmp_path: Path) -> None:
    user = PasswordUser(tmp_path, None, profile=False)
    user.iam.create_login_profile(UserName="alice", Password=OLD)
    received: list[Secret] = []
    passwd.reset(user.password_prompts(), "alice", once=True, hand_over=received.append)
    assert "still busy with the login profile" in user.messages[0]
    assert user.has_password(received[0].reveal())


@pytest.mark.parametrize("kind", ["reset before", "reset after", "500"])
@pytest.mark.parametrize("operation", ["CreateLoginProfile", "UpdateLoginProfile"])
def test_reset_succeeds_after_a_lost_response(tmp_path: Path, kind: str, operation: str) -> None:
    user = PasswordUser(tmp_path, None, profile=operation.startswith("Update"))
    user.sandbox.faults.add(Fault(kind, on=f"iam:{operation}"))  # type: ignore[arg-type]
    received: list[Secret] = []
    passwd.reset(user.password_prompts(), "alice", once=True, hand_over=received.append)
    user.sandbox.clock.advance(2)
    assert user.has_password(received[0].reveal())


def raising(error: BaseException) -> Callable[[Secret], None]:
    def hand_over(password: Secret) -> None:
        raise error

    return hand_over


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (AwsbaseError("age ended with exit code 1"), "age ended with exit code 1"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_failed_handover_names_its_cause(tmp_path: Path, error: BaseException, message: str) -> None:
    user = PasswordUser(tmp_path, None)
    with pytest.raises(NotHandedOver, match=f"was reset, but nobody received the new one: {message}") as raised:
        passwd.reset(user.password_prompts(), "alice", once=True, hand_over=raising(error))
    assert "`awsbase passwd alice` resets it again" in str(raised.value.hint)


def test_unknown_user_is_refused(tmp_path: Path) -> None:
    user = PasswordUser(tmp_path, None)
    with pytest.raises(UsageError, match="no IAM user called bob"):
        passwd.reset(user.password_prompts(), "bob", once=True, hand_over=raising(AssertionError()))
    with pytest.raises(UsageError, match="no IAM user called bob"):
        passwd.remove_password(user.password_prompts(), "bob")


def test_password_is_deleted(tmp_path: Path) -> None:
    user = PasswordUser(tmp_path, None)
    assert passwd.remove_password(user.password_prompts(), "alice")
    assert not passwd.remove_password(user.password_prompts(), "alice")
    assert refused(user.iam.get_login_profile, UserName="alice") == "NoSuchEntity"


def test_command_gets_the_password_on_stdin_only(tmp_path: Path) -> None:
    out = tmp_path / "got"
    script = (
        'cat > "$0"; tr "\\0" "\\n" < /proc/self/environ >> "$0.all"; tr "\\0" "\\n" < /proc/$$/cmdline >> "$0.all"'
    )
    passwd.run_handover(passwd.handover_command(f"sh -c '{script}' {out}"), Secret(NEW))
    assert out.read_text() == f"{NEW}\n"
    assert NEW not in (tmp_path / "got.all").read_text()


@pytest.mark.parametrize(("line", "message"), [("false", "exit code 1"), ("sh -c 'kill -9 $$'", "signal 9")])
def test_failed_command_is_reported(line: str, message: str) -> None:
    with pytest.raises(AwsbaseError, match=message):
        passwd.run_handover(passwd.handover_command(line), Secret(NEW))


@pytest.mark.parametrize(
    ("line", "message"),
    [("no-such-command -x", "no command no-such-command"), ("", "names no command"), ("'", "parsed")],
)
def test_command_that_cannot_run_is_refused(line: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        passwd.handover_command(line)


def test_reset_without_permission_is_explained(tmp_path: Path) -> None:
    user = PasswordUser(tmp_path, None)
    user.sandbox.faults.add(Fault("access denied", on="iam:UpdateLoginProfile"))
    with pytest.raises(AwsbaseError, match="could not reset the password of alice: AccessDenied"):
        passwd.reset(user.password_prompts(), "alice", once=True, hand_over=raising(AssertionError()))
