"""Console passwords: change your own, or reset, hand over and remove those of others."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

from awsbase.engine.account import Account
from awsbase.engine.clock import Clock
from awsbase.engine.propagation import wait_for_propagation
from awsbase.errors import AwsbaseError, LostReply, Refused, UsageError
from awsbase.people import password_policy
from awsbase.people.enrol import explained
from awsbase.people.password_policy import AWS_OWN, PasswordPolicy
from awsbase.people.secret import Secret
from awsbase.records import record

ATTEMPTS = 3
INTERRUPTED = 130


@record
class Prompts:
    """The account, the clock, and the ways to ask and inform the person who changes a password."""

    account: Account
    clock: Clock
    ask: Callable[[str], Secret]
    tell: Callable[[str], None]


class NotHandedOver(AwsbaseError):
    """A password was set, but nobody received it."""


def change(prompts: Prompts, *, generate: bool, show: Callable[[str, Secret], None]) -> None:
    """Change the caller's own password to a typed or generated one that meets the account's policy.

    Raises UsageError when nothing valid is typed, and AwsbaseError when AWS does not accept the change.
    """
    user = caller_name(prompts.account)
    policy = readable_policy(prompts)
    old = prompts.ask(f"old password of {user}: ")
    if not old:
        raise UsageError("no old password was typed")
    for attempts_left in reversed(range(ATTEMPTS)):
        new = password_policy.generate(policy or AWS_OWN) if generate else choose(prompts, policy, user, old)
        problem = send_change(prompts, old, new, show=show if generate else None)
        if problem is None:
            return
        if not attempts_left or generate:
            raise AwsbaseError(problem, hint="choose a password that you have not used before")
        prompts.tell(f"{problem}\n")


def caller_name(account: Account) -> str:
    """Return the caller's user name; raises Refused when the caller is not an IAM user."""
    if account.user is None:
        who = "root" if account.is_root else account.caller
        raise Refused(
            f"you are {who}, and only an IAM user has a password that can be changed here",
            hint="root changes it in the console" if account.is_root else "name a user: awsbase passwd USER",
        )
    return account.user


def readable_policy(prompts: Prompts) -> PasswordPolicy | None:
    """Return the password policy, or None with a message if the caller is not allowed to read it.

    Raises AwsbaseError when AWS refuses for another reason.
    """
    from botocore.exceptions import ClientError

    try:
        policy = password_policy.read_policy(prompts.account.aws)
    except ClientError as error:
        raise explained(prompts.account, error, "read the password policy") from error
    if policy is None:
        prompts.tell("you are not allowed to read the account's password policy, so AWS alone checks the password\n")
    return policy


def choose(prompts: Prompts, policy: PasswordPolicy | None, user: str, old: Secret) -> Secret:
    """Ask for a new password twice until it meets the policy; raises UsageError after three attempts."""
    for attempts_left in reversed(range(ATTEMPTS)):
        new = prompts.ask("new password: ")
        broken = password_policy.broken_rules(policy or PasswordPolicy(length=1), new, user=user, old=old)
        problem = "this account requires " + "; ".join(broken) if broken else ""
        if not problem and prompts.ask("new password again: ") != new:
            problem = "the two passwords differ"
        if not problem:
            return new
        if not attempts_left:
            raise UsageError(problem, hint="nothing was changed; `--generate` creates a password that meets the policy")
        prompts.tell(f"{problem}\n")
    raise AssertionError("the last attempt returns or raises")


def send_change(prompts: Prompts, old: Secret, new: Secret, show: Callable[[str, Secret], None] | None) -> str | None:
    """Change the password; return AWS's objection to the new one, or None. Raises AwsbaseError for other failures."""
    from botocore.exceptions import BotoCoreError, ClientError

    iam = prompts.account.aws.iam
    try:
        wait_while_busy(
            prompts,
            "ChangePassword",
            lambda: iam.change_password(OldPassword=old.reveal(), NewPassword=new.reveal()),
        )
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code == "PasswordPolicyViolation":
            return f"AWS does not accept the new password: {message}"
        raise change_error(prompts.account, error, code, message) from None
    except (LostReply, KeyboardInterrupt) as stopped:
        if show:
            show("the new password, if AWS accepted it", new)
        what = "interrupted" if isinstance(stopped, KeyboardInterrupt) else str(stopped)
        problem = AwsbaseError(
            f"{what}: the password is either the new one or still the old one",
            hint="sign in to the console: try the new one first",
        )
        if isinstance(stopped, KeyboardInterrupt):
            problem.exit_code = INTERRUPTED
        raise problem from None
    except BotoCoreError as error:
        raise AwsbaseError(f"cannot reach AWS: {error}", hint="check the network; nothing was changed") from error
    if show:
        show("the new password", new)
    return None


def change_error(account: Account, error: Any, code: str, message: str) -> AwsbaseError:
    """Return the error that says why a password was not changed."""
    if code == "NoSuchEntity":
        return AwsbaseError(
            "you have no password for the console", hint=f"an administrator runs `awsbase passwd {account.user}`"
        )
    if code in ("AccessDenied", "InvalidInput") and "not authorized" not in message:
        return AwsbaseError(
            f"AWS refuses: {message or code}", hint="the old password was probably wrong; nothing was changed"
        )
    if code == "InvalidUserType":
        return AwsbaseError(f"AWS refuses: {message}", hint="only an IAM user can change their own password")
    return explained(account, error, "change the password")


def reset(prompts: Prompts, user: str, *, once: bool, hand_over: Callable[[Secret], None]) -> None:
    """Set a new password for a user, create the login profile if needed, and hand the password over.

    With `once` it must be changed at the next sign-in. Raises UsageError when the user does not exist, NotHandedOver
    when nobody received the password, and AwsbaseError when AWS refuses.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    policy = readable_policy(prompts) or AWS_OWN
    try:
        password, created = set_generated(prompts, user, policy, once=once)
    except ClientError as error:
        raise reset_error(prompts, error, user) from error
    except (BotoCoreError, KeyboardInterrupt) as stopped:
        problem = "interrupted" if isinstance(stopped, KeyboardInterrupt) else f"cannot reach AWS: {stopped}"
        hint = f"run it again: `awsbase passwd {user}` resets it again"
        raise handover_error(stopped, f"{problem}: the password of {user} may have been reset", hint) from None
    prompts.tell(f"{user} {'has a password for the console now' if created else 'has a new password'}\n")
    try:
        hand_over(password)
    except (AwsbaseError, OSError, KeyboardInterrupt) as problem:
        raise handover_error(
            problem,
            f"the password of {user} was reset, but nobody received the new one: {reason(problem)}",
            hint=f"the old one no longer works; run it again: `awsbase passwd {user}` resets it again",
        ) from None


def handover_error(stopped: BaseException, message: str, hint: str) -> NotHandedOver:
    """Return the error for a password that nobody received, with exit code 130 after Ctrl-C."""
    problem = NotHandedOver(message, hint=hint)
    if isinstance(stopped, KeyboardInterrupt):
        problem.exit_code = INTERRUPTED
    return problem


def set_generated(prompts: Prompts, user: str, policy: PasswordPolicy, *, once: bool) -> tuple[Secret, bool]:
    """Set a generated password; return it, and whether the login profile was created.

    Raises ClientError when AWS refuses.
    """
    from botocore.exceptions import ClientError

    for attempts_left in reversed(range(ATTEMPTS)):
        password = password_policy.generate(policy)
        try:
            return password, set_password(prompts, user, password, once=once)
        except ClientError as error:
            # If the response to a first call was lost, the retry sends a password that is already in use.
            if error.response["Error"]["Code"] != "PasswordPolicyViolation" or not attempts_left:
                raise
    raise AssertionError("the last attempt returns or raises")


def set_password(prompts: Prompts, user: str, password: Secret, *, once: bool) -> bool:
    """Set a user's password; return whether the login profile was created."""
    from botocore.exceptions import ClientError

    iam: Any = prompts.account.aws.iam
    arguments = {"UserName": user, "Password": password.reveal(), "PasswordResetRequired": once}
    try:
        wait_while_busy(prompts, "UpdateLoginProfile", lambda: iam.update_login_profile(**arguments))
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
    else:
        return False
    try:
        iam.create_login_profile(**arguments)
    except ClientError as error:
        # Someone else created it, or an earlier call whose response was lost.
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
        wait_while_busy(prompts, "UpdateLoginProfile", lambda: iam.update_login_profile(**arguments))
    return True


def reset_error(prompts: Prompts, error: Any, user: str) -> AwsbaseError:
    """Return the error that says why a password was not reset."""
    if error.response["Error"]["Code"] == "NoSuchEntity":
        return UsageError(f"there is no IAM user called {user}", hint="`aws iam list-users` lists them")
    return explained(prompts.account, error, f"reset the password of {user}")


def remove_password(prompts: Prompts, user: str) -> bool:
    """Delete a user's console password; return whether there was one.

    Raises UsageError when the user does not exist, and AwsbaseError when AWS refuses or cannot be reached.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    iam = prompts.account.aws.iam
    try:
        wait_while_busy(prompts, "DeleteLoginProfile", lambda: iam.delete_login_profile(UserName=user))
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code != "NoSuchEntity":
            raise explained(prompts.account, error, f"remove the password of {user}") from error
        if "Login Profile" not in message and "Login profile" not in message:
            raise UsageError(f"there is no IAM user called {user}") from None
        return False
    except BotoCoreError as error:
        raise AwsbaseError(f"cannot reach AWS: {error}", hint="check the network, then run it again") from error
    return True


def wait_while_busy(prompts: Prompts, operation: str, call: Callable[[], Any]) -> Any:
    """Make a call, and wait while AWS reports that the login profile is still being created."""

    def waiting(why: str, seconds: float) -> None:
        prompts.tell(f"AWS is still busy with the login profile ({why}): waiting {seconds:.0f} s at most\n")

    return wait_for_propagation(
        call, service="iam", operation=operation, fresh=False, clock=prompts.clock, stop=Event(), waiting=waiting
    )


def handover_command(line: str) -> list[str]:
    """Parse the command that receives a password; raises UsageError when it is invalid or not installed."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"--handover cannot be parsed: {error}", hint="quote it as in a shell") from None
    if not words:
        raise UsageError("--handover names no command", hint="for example --handover 'age -r KEY -o FILE'")
    if shutil.which(words[0]) is None:
        raise UsageError(
            f"there is no command {words[0]}",
            hint="it runs without a shell: for pipes and redirections write --handover \"sh -c '…'\"",
        )
    return words


def run_handover(words: Sequence[str], password: Secret) -> None:
    """Give a command the password on its stdin only; raises AwsbaseError when it fails or does not read it."""
    # The pipe shows afterwards whether the command read the password.
    reading_end, writing_end = os.pipe()
    try:
        with open(writing_end, "wb") as end:
            end.write(f"{password.reveal()}\n".encode())
        finished = subprocess.run(words, stdin=reading_end, check=False)  # noqa: S603, the caller's own
        unread = os.read(reading_end, 1)
    finally:
        os.close(reading_end)
    if finished.returncode:
        ending = f"signal {-finished.returncode}" if finished.returncode < 0 else f"exit code {finished.returncode}"
        raise AwsbaseError(f"{words[0]} ended with {ending}")
    if unread:
        raise AwsbaseError(f"{words[0]} did not read its stdin")


def reason(problem: BaseException) -> str:
    """Return a short text about what stopped a handover."""
    if isinstance(problem, KeyboardInterrupt):
        return "interrupted"
    if isinstance(problem, AwsbaseError):
        return problem.message
    return str(getattr(problem, "strerror", None) or type(problem).__name__)
