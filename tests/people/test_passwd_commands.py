"""Passwords are changed and handed over on a real terminal, without being leaked."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsbase.people import file_writing
from tests.people.alice import Alice
from tests.people.leaks import assert_no_secret, leaked
from tests.people.shell import Shell, ended, served, shell_of
from tests.sandbox.refused import refused

pytestmark = pytest.mark.slow

OLD, NEW = "correct-Horse-7-battery", "better-Staple-8-battery"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    alice = Alice(tmp_path, devices=0)
    iam = alice.sandbox.client("iam")
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireNumbers=True)
    iam.create_login_profile(UserName="alice", Password=OLD)
    alice.sandbox.clock.advance(2)
    administrator = alice.sandbox.key()
    admin = {"aws_access_key_id": administrator.id, "aws_secret_access_key": "admins-secret-key"}
    file_writing.write_credentials(alice.files, "admin", admin)
    with served(alice) as url:
        file_writing.write_config(alice.files, "admin", {"endpoint_url": url})
        yield shell_of(alice)


def is_now(shell: Shell, password: str) -> bool:
    shell.alice.sandbox.clock.advance(2)
    own = shell.alice.sandbox.client("iam", caller="user/alice")
    return refused(own.change_password, OldPassword=password, NewPassword="yet-Another-9-password") is None


def test_own_password_is_typed_without_echo(shell: Shell) -> None:
    child = shell.spawn("passwd", "--profile", "acme", "--debug")
    typed = [
        ("old password of alice: ", OLD),
        ("new password: ", "short"),
        ("new password: ", NEW),
        ("new password again: ", NEW),
    ]
    shown = ""
    for question, answer in typed:
        child.expect_exact(question)
        shown += child.before
        child.sendline(answer)
    shown += ended(child)

    assert "this account requires at least 14 characters (it has 5)" in shown
    assert "the password of alice is changed" in shown
    assert "short" not in shown
    assert_no_secret(shell.alice, shown)
    assert is_now(shell, NEW)


def test_password_stays_hidden_after_ctrl_z(shell: Shell) -> None:
    child = shell.spawn("passwd", "--profile", "acme")
    child.expect_exact("old password of alice: ")
    # As a shell does when it stops a command, and continues it with `fg`.
    child.setecho(True)
    os.kill(child.pid, signal.SIGCONT)
    child.expect_exact("old password of alice: ")
    shown = ""
    for question, answer in (("", OLD), ("new password: ", NEW), ("new password again: ", NEW)):
        child.expect_exact(question)
        shown += child.before
        child.sendline(answer)
    shown += ended(child)
    assert "the password of alice is changed" in shown
    assert OLD not in shown
    assert NEW not in shown


def test_answer_that_is_not_utf8_is_refused(shell: Shell) -> None:
    child = shell.spawn("passwd", "--profile", "acme", "--debug")
    child.expect_exact("old password of alice: ")
    os.write(child.child_fd, b"caf\xe9-s3cr3t\n")
    shown = ended(child, 1)
    assert "the answer is not UTF-8 text" in shown
    assert "s3cr3t" not in shown
    assert is_now(shell, OLD)


@pytest.mark.parametrize("answered", [0, 1, 2])
@pytest.mark.parametrize("key", ["c", "d"])
def test_stopping_at_a_question_changes_nothing(shell: Shell, answered: int, key: str) -> None:
    child = shell.spawn("passwd", "--profile", "acme", "--debug")
    questions = ["old password of alice: ", "new password: ", "new password again: "]
    for question, answer in zip(questions[:answered], [OLD, NEW], strict=False):
        child.expect_exact(question)
        child.sendline(answer)
    child.expect_exact(questions[answered])
    child.sendcontrol(key)
    shown = ended(child, 130)
    assert_no_secret(shell.alice, shown)
    assert NEW not in shown
    assert is_now(shell, OLD)


def test_generated_password_is_shown_once(shell: Shell) -> None:
    child = shell.spawn("passwd", "--generate", "--profile", "acme", "--debug")
    child.expect_exact("old password of alice: ")
    child.sendline(OLD)
    shown = ended(child)
    passwords = re.findall(r"^the new password: (\S+)\r$", shown, re.MULTILINE)
    assert len(passwords) == 1
    assert shown.count(passwords[0]) == 1
    assert leaked(shell.alice, shown.replace(passwords[0], "")) == []
    assert is_now(shell, passwords[0])


@pytest.mark.parametrize("permanent", [False, True])
def test_one_time_password_is_shown_once(shell: Shell, permanent: bool) -> None:
    options = ["--permanent"] if permanent else []
    shown = ended(shell.spawn("passwd", "alice", "--profile", "admin", "--debug", *options))
    passwords = re.findall(r"^the one-time password of alice: (\S+)\r$", shown, re.MULTILINE)
    assert len(passwords) == 1
    assert shown.count(passwords[0]) == 1
    assert leaked(shell.alice, shown.replace(passwords[0], "")) == []
    result = shell.alice.sandbox.client("iam").get_login_profile(UserName="alice")["LoginProfile"]
    assert result["PasswordResetRequired"] is not permanent
    assert is_now(shell, passwords[0])


def test_one_time_password_is_not_redirected(shell: Shell) -> None:
    command = f"{shell.awsbase} passwd alice --profile admin > {shell.alice.home}/log 2>&1"
    shown = ended(shell.terminal(["/bin/sh", "-c", command]))
    passwords = re.findall(r"password of alice: (\S+)", shown)
    assert len(passwords) == 1
    assert passwords[0] not in (shell.alice.home / "log").read_text()


def test_reset_without_a_terminal_changes_nothing(shell: Shell) -> None:
    shell.alice.calls()
    result = shell.run("passwd", "alice", "--profile", "admin")
    assert result.returncode == 1
    assert "no terminal" in result.stderr
    assert shell.alice.calls() == []
    assert is_now(shell, OLD)


def test_only_the_handover_command_gets_the_password(shell: Shell) -> None:
    # The command reads the arguments and environment of every process, its parents included.
    got, all_else = shell.alice.home / "got", shell.alice.home / "all"
    (shell.alice.home / "take.sh").write_text(
        f"cat > {got}\n"
        f"for file in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do cat $file; done > {all_else} 2>&1\n"
        "exit 0\n"  # a process may have ended meanwhile
    )
    take = f"sh {shell.alice.home}/take.sh"
    result = shell.run("passwd", "alice", "--profile", "admin", "--debug", "--handover", take)

    assert result.returncode == 0, result.stderr
    password = got.read_text().strip()
    assert len(password) >= 14
    assert "to be changed at the next sign-in" in result.stdout
    assert password not in result.stdout + result.stderr
    assert password.encode() not in all_else.read_bytes()
    assert_no_secret(shell.alice, result.stdout + result.stderr, but=[got])
    assert is_now(shell, password)


@pytest.mark.parametrize("failing", ["false", "true", "sh -c 'cat >/dev/null; kill -9 $$'"])
def test_failed_handover_is_reported(shell: Shell, failing: str) -> None:
    result = shell.run("passwd", "alice", "--profile", "admin", "--debug", "--handover", failing)
    assert result.returncode == 1
    assert "the password of alice was reset, but nobody received the new one" in result.stderr
    assert "`awsbase passwd alice --profile admin` resets it again" in result.stderr
    assert_no_secret(shell.alice, result.stdout + result.stderr)
    assert not is_now(shell, OLD)


def test_ctrl_c_during_a_handover_is_reported(shell: Shell) -> None:
    waits = "sh -c 'cat > /dev/null; echo taken; exec sleep 60'"
    child = shell.spawn("passwd", "alice", "--profile", "admin", "--debug", "--handover", waits)
    child.expect_exact("taken")
    child.sendcontrol("c")
    shown = ended(child, 130)
    assert "nobody received the new one: interrupted" in shown
    assert "Traceback" not in shown.split("awsbase: ")[0]
    assert_no_secret(shell.alice, shown)


def test_missing_handover_command_is_refused_before_the_reset(shell: Shell) -> None:
    result = shell.run("passwd", "alice", "--profile", "admin", "--handover", "no-such-command")
    assert result.returncode == 2
    assert is_now(shell, OLD)


def test_administrator_deletes_a_console_password(shell: Shell) -> None:
    for words in ("has no password for the console any more", "had no password for the console"):
        result = shell.run("passwd", "alice", "--no-console", "--profile", "admin")
        assert (result.returncode, words in result.stdout) == (0, True), result.stderr
    assert refused(shell.alice.sandbox.client("iam").get_login_profile, UserName="alice") == "NoSuchEntity"


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_own_console_password_is_deleted_after_confirmation(shell: Shell, answer: str, code: int) -> None:
    child = shell.spawn("passwd", "--no-console", "--profile", "acme")
    child.expect_exact("Delete your own password, alice?")
    child.expect_exact("[y/N] ")
    child.sendline(answer)
    ended(child, code)
    assert has_password(shell) is (code != 0)


def test_without_a_terminal_the_own_console_password_is_deleted_only_with_yes(shell: Shell) -> None:
    for named in ([], ["alice"]):
        result = shell.run("passwd", *named, "--no-console", "--profile", "acme")
        assert (result.returncode, has_password(shell)) == (2, True), result.stderr
        assert result.stderr == "awsbase: no terminal to ask on: --yes\n  → nothing was changed\n"
    assert shell.run("passwd", "--no-console", "--yes", "--profile", "acme").returncode == 0
    assert not has_password(shell)


def has_password(shell: Shell) -> bool:
    get = shell.alice.sandbox.client("iam").get_login_profile
    try:
        return bool(get(UserName="alice"))
    except get.__self__.exceptions.NoSuchEntityException:
        return False


def test_own_name_is_recognized_in_any_case(shell: Shell) -> None:
    child = shell.spawn("passwd", "Alice", "--profile", "acme")
    child.expect_exact("old password of alice: ")
    child.sendcontrol("c")
    ended(child, 130)


def test_user_without_a_password_gets_one(shell: Shell) -> None:
    shell.alice.sandbox.client("iam").delete_login_profile(UserName="alice")
    shown = ended(shell.spawn("passwd", "alice", "--profile", "admin"))
    assert "alice has a password for the console now" in shown
