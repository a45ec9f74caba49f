"""Passwords are checked before AWS sees them, changed by their owner, reset by an administrator."""

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
from tests.people.desk import Table
from tests.sandbox.refused import refused

OLD, NEW = "correct-Horse-7-battery", "better-Staple-8-battery"
STRICT = PasswordPolicy(length=14, upper=True, lower=True, digit=True, symbol=True, reuse=3)
ACCOUNTS: dict[str, Any] = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "PasswordReusePrevention": 3,
}


class Passwords(Table):
    """A table where passwords are changed."""

    def __init__(self, folder: Path, caller: str | None = "user/alice", *, profile: bool = True) -> None:
        super().__init__(folder, caller)
        self.iam = self.sandbox.client("iam")
        self.iam.update_account_password_policy(**ACCOUNTS)
        if profile:
            self.iam.create_login_profile(UserName="alice", Password=OLD)
            self.sandbox.clock.advance(2)
        self.sandbox.calls.clear()
        self.shown: list[tuple[str, str]] = []

    def scope(self) -> passwd.Prompts:
        desk = self.desk()
        return passwd.Prompts(desk.account, desk.clock, desk.ask, desk.tell)

    def show(self, what: str, password: Secret) -> None:
        self.shown.append((what, password.reveal()))

    def change(self, *, generate: bool = False) -> None:
        passwd.change(self.scope(), generate=generate, show=self.show)

    def is_now(self, password: str) -> bool:
        """Tell whether this is alice's password, by changing it to another one."""
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
        (STRICT, OLD, ["another password than the old one"]),
        (AWS_OWN, "lower-case", ["3 of: upper-case letters"]),
        (AWS_OWN, "lower-case-7", []),
        (AWS_OWN, "alice", ["at least 8", "3 of", "another word than the user's name"]),
        (PasswordPolicy(length=1), "x" * 129, ["at most 128 characters"]),
        (PasswordPolicy(length=1), "päß€", ["only characters of Latin-1"]),
    ],
)
def test_each_rule_that_is_broken_is_named(policy: PasswordPolicy, password: str, broken: list[str]) -> None:
    told = password_policy.unmet(policy, Secret(password), user="alice", old=Secret(OLD))
    assert [one[: len(start)] for one, start in zip(told, broken, strict=True)] == broken


@pytest.mark.parametrize("policy", [AWS_OWN, STRICT, PasswordPolicy(length=100)])
def test_a_generated_password_meets_the_policy(policy: PasswordPolicy) -> None:
    made = [password_policy.generated(policy) for _ in range(20)]
    assert [password_policy.unmet(policy, one, user="alice") for one in made] == [[]] * 20
    assert len({one.reveal() for one in made}) == 20


def test_the_live_policy_is_asked(tmp_path: Path) -> None:
    table = Passwords(tmp_path)
    assert password_policy.live(table.desk().account.aws) == STRICT
    table.iam.delete_account_password_policy()
    assert password_policy.live(table.desk().account.aws) == AWS_OWN
    table.sandbox.faults.add(Fault("access denied", on="iam:GetAccountPasswordPolicy"))
    assert password_policy.live(table.desk().account.aws) is None


def test_ones_own_password_is_changed(tmp_path: Path) -> None:
    table = Passwords(tmp_path)
    table.types(OLD, NEW, NEW)
    table.change()
    assert table.is_now(NEW)
    assert table.asked == ["old password of alice: ", "new password: ", "new password again: "]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ([OLD, "short", NEW, NEW], "at least 14 characters"),
        ([OLD, NEW, "other", NEW, NEW], "not the same"),
        ([OLD, OLD, NEW, NEW], "another password than the old one"),
    ],
)
def test_what_is_typed_wrong_is_said_and_asked_again(tmp_path: Path, typed: list[str], told: str) -> None:
    table = Passwords(tmp_path)
    table.types(*typed)
    table.change()
    assert told in table.told[0]
    assert [call.error for call in table.sandbox.calls if call.operation == "ChangePassword"] == [None]


def test_a_password_of_long_ago_is_refused_by_aws_and_asked_again(tmp_path: Path) -> None:
    table = Passwords(tmp_path)
    table.types(OLD, NEW, NEW)
    table.change()
    table.types(NEW, OLD, OLD, OLD + "!", OLD + "!")
    table.change()
    assert "AWS does not take the new password: " in table.told[-1]
    assert table.is_now(OLD + "!")


def test_whoever_never_gets_it_right_is_let_go(tmp_path: Path) -> None:
    table = Passwords(tmp_path)
    table.types(OLD, "a", "b", "c")
    with pytest.raises(UsageError, match="this account asks for at least 14 characters"):
        table.change()
    assert table.is_now(OLD)


@pytest.mark.parametrize(
    ("caller", "profile", "typed", "said", "hint"),
    [
        ("user/alice", True, ["wrong", NEW, NEW], "AWS refuses: The old password", "old password was probably wrong"),
        ("user/alice", False, [OLD, NEW, NEW], "no password for the console", "awsbase passwd alice"),
        ("session/alice", True, [], "InvalidClientTokenId", "long-term access key"),
        ("role/x", True, [], "only an IAM user has a password", "awsbase passwd USER"),
        ("root", True, [], "only an IAM user has a password", "in the console"),
    ],
)
def test_what_stands_in_the_way_is_said(
    tmp_path: Path, caller: str, profile: bool, typed: list[str], said: str, hint: str
) -> None:
    table = Passwords(tmp_path, caller, profile=profile)
    table.types(*typed)
    with pytest.raises(AwsbaseError, match=said) as problem:
        table.change()
    assert hint in str(problem.value.hint)


def test_a_made_password_is_shown_once_it_is_the_new_one(tmp_path: Path) -> None:
    table = Passwords(tmp_path)
    table.types(OLD)
    table.change(generate=True)
    [(what, made)] = table.shown
    assert what == "the new password"
    assert table.is_now(made)


@pytest.mark.parametrize("kind", ["reset before", "reset after", "500"])
def test_a_lost_answer_is_not_sent_again_and_said(tmp_path: Path, kind: str) -> None:
    table = Passwords(tmp_path)
    table.types(OLD)
    table.sandbox.faults.add(Fault(kind, on="iam:ChangePassword"))  # type: ignore[arg-type]
    with pytest.raises(AwsbaseError, match="not known whether the password is the new one"):
        table.change(generate=True)
    assert [call.operation for call in table.sandbox.calls].count("ChangePassword") == 1
    assert table.shown[0][0] == "the new password, if AWS has taken it"
    assert table.is_now(table.shown[0][1] if kind == "reset after" else OLD)


def test_without_sight_of_the_policy_aws_decides(tmp_path: Path) -> None:
    table = Passwords(tmp_path)
    table.sandbox.faults.add(Fault("access denied", on="iam:GetAccountPasswordPolicy"))
    table.types(OLD, "short", "short", NEW, NEW)
    table.change()
    assert table.told[0].startswith("you may not read the account's password policy")
    assert table.is_now(NEW)


@pytest.mark.parametrize("profile", [True, False], ids=["has a password", "has none"])
@pytest.mark.parametrize("once", [True, False])
def test_an_administrator_resets(tmp_path: Path, profile: bool, once: bool) -> None:
    table = Passwords(tmp_path, None, profile=profile)
    got: list[Secret] = []
    passwd.reset(table.scope(), "alice", once=once, hand_over=got.append)

    assert table.iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"] is once
    table.sandbox.clock.advance(2)
    assert table.is_now(got[0].reveal())


def test_a_profile_that_is_still_being_made_is_waited_for(tmp_path: Path) -> None:
    table = Passwords(tmp_path, None, profile=False)
    table.iam.create_login_profile(UserName="alice", Password=OLD)
    got: list[Secret] = []
    passwd.reset(table.scope(), "alice", once=True, hand_over=got.append)
    assert "still busy with the login profile" in table.told[0]
    assert table.is_now(got[0].reveal())


@pytest.mark.parametrize("kind", ["reset before", "reset after", "500"])
@pytest.mark.parametrize("operation", ["CreateLoginProfile", "UpdateLoginProfile"])
def test_a_lost_answer_to_a_reset_is_made_good(tmp_path: Path, kind: str, operation: str) -> None:
    table = Passwords(tmp_path, None, profile=operation.startswith("Update"))
    table.sandbox.faults.add(Fault(kind, on=f"iam:{operation}"))  # type: ignore[arg-type]
    got: list[Secret] = []
    passwd.reset(table.scope(), "alice", once=True, hand_over=got.append)
    table.sandbox.clock.advance(2)
    assert table.is_now(got[0].reveal())


def raising(error: BaseException) -> Callable[[Secret], None]:
    def hand_over(password: Secret) -> None:
        raise error

    return hand_over


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AwsbaseError("age ended with exit code 1"), "age ended with exit code 1"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_a_handover_that_fails_is_said_clearly(tmp_path: Path, error: BaseException, said: str) -> None:
    table = Passwords(tmp_path, None)
    with pytest.raises(NotHandedOver, match=f"was reset, but nobody has got the new one: {said}") as problem:
        passwd.reset(table.scope(), "alice", once=True, hand_over=raising(error))
    assert "`awsbase passwd alice` resets it once more" in str(problem.value.hint)


def test_nobody_is_no_user(tmp_path: Path) -> None:
    table = Passwords(tmp_path, None)
    with pytest.raises(UsageError, match="no IAM user called bob"):
        passwd.reset(table.scope(), "bob", once=True, hand_over=raising(AssertionError()))
    with pytest.raises(UsageError, match="no IAM user called bob"):
        passwd.take_away(table.scope(), "bob")


def test_the_password_is_taken_away(tmp_path: Path) -> None:
    table = Passwords(tmp_path, None)
    assert passwd.take_away(table.scope(), "alice")
    assert not passwd.take_away(table.scope(), "alice")
    assert refused(table.iam.get_login_profile, UserName="alice") == "NoSuchEntity"


def test_a_command_gets_the_password_on_its_stdin_and_nowhere_else(tmp_path: Path) -> None:
    out = tmp_path / "got"
    script = (
        'cat > "$0"; tr "\\0" "\\n" < /proc/self/environ >> "$0.all"; tr "\\0" "\\n" < /proc/$$/cmdline >> "$0.all"'
    )
    passwd.hand_to(passwd.command(f"sh -c '{script}' {out}"), Secret(NEW))
    assert out.read_text() == f"{NEW}\n"
    assert NEW not in (tmp_path / "got.all").read_text()


@pytest.mark.parametrize(("line", "said"), [("false", "exit code 1"), ("sh -c 'kill -9 $$'", "signal 9")])
def test_a_command_that_fails_is_told(line: str, said: str) -> None:
    with pytest.raises(AwsbaseError, match=said):
        passwd.hand_to(passwd.command(line), Secret(NEW))


@pytest.mark.parametrize(
    ("line", "said"), [("no-such-command -x", "no command no-such-command"), ("", "names no command"), ("'", "read")]
)
def test_a_command_that_cannot_be_run_is_refused_before_anything_is_changed(line: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        passwd.command(line)


def test_who_may_not_reset_is_told(tmp_path: Path) -> None:
    table = Passwords(tmp_path, None)
    table.sandbox.faults.add(Fault("access denied", on="iam:UpdateLoginProfile"))
    with pytest.raises(AwsbaseError, match="could not reset the password of alice: AccessDenied"):
        passwd.reset(table.scope(), "alice", once=True, hand_over=raising(AssertionError()))
