"""Consent covers only the plan that was shown: changes by another operator meanwhile need a new consent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsbase.engine.changes import Report
from awsbase.errors import Refused
from awsbase.sandbox import Sandbox
from awsbase.session import lock_of, reconcile
from tests.scripts.conftest import ACCOUNT, EMPTY, Served, written
from tests.scripts.test_lock import session, someones
from tests.scripts.test_terminal import ended, terminal

PASSWORDS = EMPTY + "iam:\n  password_policy: {minimum_length: 12}\n"
NOBODY_ELSE = EMPTY + "iam:\n  password_policy: {minimum_length: 12}\n  users: {bob: {state: absent}}\n"
NAME, YES = ("acme",), ()


def passwords(length: int) -> Callable[[Sandbox], Any]:
    """Return what sets the shortest password of an account."""
    return lambda sandbox: sandbox.client("iam").update_account_password_policy(MinimumPasswordLength=length)


def made(sandbox: Sandbox, file: Path) -> None:
    assert not reconcile(session(sandbox, file), ask=None)[0].failed


def length(sandbox: Sandbox) -> int:
    return int(sandbox.client("iam").get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"])


def asked(
    sandbox: Sandbox, file: Path, meanwhile: Callable[[Sandbox], Any], *answers: bool, locks: bool = True
) -> tuple[Report, bool, list[tuple[str, ...]]]:
    """Reconcile, while somebody else changes something before the first answer; return what was asked too."""
    questions: list[tuple[str, ...]] = []

    def ask(question: str, *accepted: str) -> bool:
        if not questions and locks:
            with someones(sandbox).held(None):
                meanwhile(sandbox)
        elif not questions:
            meanwhile(sandbox)
        sandbox.calls.clear()
        questions.append(accepted)
        return answers[len(questions) - 1]

    report, declined = reconcile(session(sandbox, file), ask=ask)
    return report, declined, questions


@pytest.fixture
def account() -> Sandbox:
    """Return an account where passwords are short, and with one user."""
    sandbox = Sandbox(account=ACCOUNT)
    passwords(8)(sandbox)
    sandbox.client("iam").create_user(UserName="bob")
    return sandbox


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return written(tmp_path / "acme.yaml", PASSWORDS)


def test_a_change_that_became_risky_is_asked_about_again(account: Sandbox, manifest: Path) -> None:
    report, declined, questions = asked(account, manifest, passwords(20), True, True)
    assert (report.failed, declined, questions) == (False, False, [YES, NAME])
    assert length(account) == 12


def test_a_change_declined_the_second_time_is_not_applied(account: Sandbox, manifest: Path) -> None:
    _, declined, questions = asked(account, manifest, passwords(20), True, False)
    assert (declined, questions) == (True, [YES, NAME])
    assert length(account) == 20
    assert {call.service for call in account.calls if call.writes} == {"ssm"}
    assert lock_of(session(account, manifest).target).look().released  # type: ignore[union-attr]


def test_additional_changes_are_asked_about_again(account: Sandbox, tmp_path: Path) -> None:
    file = written(tmp_path / "more.yaml", PASSWORDS + "  groups: {Ops: {path: /ops/}}\n")
    made(account, file)
    passwords(8)(account)

    def moved(sandbox: Sandbox) -> None:
        sandbox.client("iam").update_group(GroupName="Ops", NewPath="/")

    report, _, questions = asked(account, file, moved, True, True)
    assert (len(report.changes), questions) == (2, [YES, YES])


def test_fewer_changes_are_not_asked_about_again(account: Sandbox, manifest: Path) -> None:
    for meanwhile, changes in ((passwords(9), 1), (lambda sandbox: made(sandbox, manifest), 0)):
        passwords(8)(account)
        report, _, questions = asked(account, manifest, meanwhile, True, locks=changes == 1)
        assert (report.failed, len(report.changes), questions) == (False, changes, [YES])


def test_an_approval_covers_only_the_shown_changes(account: Sandbox, tmp_path: Path) -> None:
    # Nobody else has locked the account: somebody was in the console.
    file = written(tmp_path / "nobody.yaml", NOBODY_ELSE)
    report, _, questions = asked(account, file, passwords(20), True, locks=False)
    assert questions == [NAME]
    (error,) = (outcome.error for outcome in report.outcomes if outcome.error)
    assert error.code == "NotApproved"
    assert "was approved when it was less risky: passwords of 12 characters pass (was 20)" in error.message
    assert length(account) == 20
    assert [user["UserName"] for user in account.client("iam").list_users()["Users"]] == []


@pytest.mark.parametrize("allow_risky", [False, True], ids=["not approved", "approved"])
def test_without_a_prompt_a_new_risky_change_is_refused(account: Sandbox, manifest: Path, allow_risky: bool) -> None:
    others: list[bool] = []

    def before_locking(client: Any) -> None:
        def another_run(**_: Any) -> None:
            if not others:
                others.append(True)
                with someones(account).held(None):
                    passwords(20)(account)
                account.calls.clear()

        if client.meta.service_model.service_name == "ssm":
            client.meta.events.register("before-call.ssm.PutParameter", another_run)

    mine = session(account, manifest, before_locking, allow_risky=allow_risky)
    if allow_risky:
        assert not reconcile(mine, ask=None)[0].failed
        assert length(account) == 12
        return
    with pytest.raises(Refused, match=r"update password policy: passwords of 12 characters pass \(was 20\)"):
        reconcile(mine, ask=None)
    assert others
    assert length(account) == 20
    assert {call.service for call in account.calls if call.writes} == {"ssm"}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("answer", ["acme\r", "\x03"], ids=["the name", "Ctrl-C"])
def test_the_second_question_takes_the_same_answers(answer: str, served: Served, manifest: Path) -> None:
    passwords(8)(served.sandbox)
    run = terminal(served.environment, "reconcile", manifest)
    run.expect(r"Apply 1 change to account 111122223333 \(acme\)\? \[y/N\] ")
    with someones(served.sandbox).held(None):
        passwords(20)(served.sandbox)
    run.sendline("y")
    run.expect("another run has changed the account meanwhile:")
    run.expect(r"Type acme to allow it: ")
    assert length(served.sandbox) == 20
    run.send(answer)
    code, rest = ended(run)
    if answer == "\x03":
        assert (code, rest.strip().splitlines()[-1]) == (130, "aborted, nothing was changed")
        assert length(served.sandbox) == 20
    else:
        assert (code, length(served.sandbox)) == (0, 12)
    assert someones(served.sandbox).look().released  # type: ignore[union-attr]
