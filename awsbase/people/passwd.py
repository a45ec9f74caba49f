"""Console passwords: one's own changed, somebody's reset and handed over, or taken away."""

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
from awsbase.people.enrol import refused
from awsbase.people.password_policy import AWS_OWN, PasswordPolicy
from awsbase.people.secret import Secret
from awsbase.records import record

TRIES = 3
INTERRUPTED = 130


@record
class Prompts:
    """Where passwords are changed: the account, the time, and how to ask and tell people."""

    account: Account
    clock: Clock
    ask: Callable[[str], Secret]
    tell: Callable[[str], None]


class NotHandedOver(AwsbaseError):
    """A password was set, and nobody has got it."""


def change(desk: Prompts, *, generate: bool, show: Callable[[str, Secret], None]) -> None:
    """Change the caller's own password: the old one, and a new one that the account's policy allows."""
    user = own_name(desk.account)
    policy = look(desk)
    old = desk.ask(f"old password of {user}: ")
    if not old:
        raise UsageError("no old password was typed")
    for left in reversed(range(TRIES)):
        new = password_policy.generated(policy or AWS_OWN) if generate else choose(desk, policy, user, old)
        problem = changed(desk, old, new, show=show if generate else None)
        if problem is None:
            return
        if not left or generate:
            raise AwsbaseError(problem, hint="choose one that you have not had before")
        desk.tell(f"{problem}\n")


def own_name(account: Account) -> str:
    """Return the caller's user name; only IAM users have a password of their own here."""
    if account.user is None:
        who = "root" if account.is_root else account.caller
        raise Refused(
            f"you are {who}, and only an IAM user has a password that can be changed here",
            hint="root changes it in the console" if account.is_root else "name somebody: awsbase passwd USER",
        )
    return account.user


def look(desk: Prompts) -> PasswordPolicy | None:
    """Read the policy for passwords; say so when the caller may not."""
    from botocore.exceptions import ClientError

    try:
        policy = password_policy.live(desk.account.aws)
    except ClientError as error:
        raise refused(desk.account, error, "read the password policy") from error
    if policy is None:
        desk.tell("you may not read the account's password policy: whether a password meets it, only AWS can tell\n")
    return policy


def choose(desk: Prompts, policy: PasswordPolicy | None, user: str, old: Secret) -> Secret:
    """Ask for a new password, twice, until it breaks no rule."""
    for left in reversed(range(TRIES)):
        new = desk.ask("new password: ")
        broken = password_policy.unmet(policy or PasswordPolicy(length=1), new, user=user, old=old)
        problem = "this account asks for " + "; ".join(broken) if broken else ""
        if not problem and desk.ask("new password again: ") != new:
            problem = "the two are not the same"
        if not problem:
            return new
        if not left:
            raise UsageError(problem, hint="nothing was changed; `--generate` makes one that the account allows")
        desk.tell(f"{problem}\n")
    raise AssertionError("the last try returns or raises")


def changed(desk: Prompts, old: Secret, new: Secret, show: Callable[[str, Secret], None] | None) -> str | None:
    """Send the change; return AWS's objection to the new password, if that is what it has."""
    from botocore.exceptions import BotoCoreError, ClientError

    iam = desk.account.aws.iam
    try:
        waited(
            desk,
            "ChangePassword",
            lambda: iam.change_password(OldPassword=old.reveal(), NewPassword=new.reveal()),
        )
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code == "PasswordPolicyViolation":
            return f"AWS does not take the new password: {said}"
        raise not_changed(desk.account, error, code, said) from None
    except (LostReply, KeyboardInterrupt) as lost:
        if show:
            show("the new password, if AWS has taken it", new)
        what = "interrupted" if isinstance(lost, KeyboardInterrupt) else str(lost)
        problem = AwsbaseError(
            f"{what}: it is not known whether the password is the new one or still the old one",
            hint="sign in to the console: try the new one first",
        )
        if isinstance(lost, KeyboardInterrupt):
            problem.exit_code = INTERRUPTED
        raise problem from None
    except BotoCoreError as error:
        raise AwsbaseError(f"cannot reach AWS: {error}", hint="check the network; nothing was changed") from error
    if show:
        show("the new password", new)
    return None


def not_changed(account: Account, error: Any, code: str, said: str) -> AwsbaseError:
    """Say why a password was not changed."""
    if code == "NoSuchEntity":
        return AwsbaseError(
            "you have no password for the console", hint=f"an administrator runs `awsbase passwd {account.user}`"
        )
    if code in ("AccessDenied", "InvalidInput") and "not authorized" not in said:
        return AwsbaseError(
            f"AWS refuses: {said or code}", hint="the old password was probably wrong; nothing was changed"
        )
    if code == "InvalidUserType":
        return AwsbaseError(f"AWS refuses: {said}", hint="only an IAM user changes their own password")
    return refused(account, error, "change the password")


def reset(desk: Prompts, user: str, *, once: bool, hand_over: Callable[[Secret], None]) -> None:
    """Give a user a new password, making the login profile if there is none, and hand it over.

    With `once` it must be changed at the next sign-in.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    policy = look(desk) or AWS_OWN
    try:
        password, made = set_generated(desk, user, policy, once=once)
    except ClientError as error:
        raise not_reset(desk, error, user) from error
    except (BotoCoreError, KeyboardInterrupt) as stopped:
        problem = "interrupted" if isinstance(stopped, KeyboardInterrupt) else f"cannot reach AWS: {stopped}"
        hint = f"run it again: `awsbase passwd {user}` resets it once more"
        raise not_handed_over(stopped, f"{problem}: the password of {user} may have been reset", hint) from None
    desk.tell(f"{user} {'has a password for the console now' if made else 'has a new password'}\n")
    try:
        hand_over(password)
    except (AwsbaseError, OSError, KeyboardInterrupt) as problem:
        raise not_handed_over(
            problem,
            f"the password of {user} was reset, but nobody has got the new one: {reason(problem)}",
            hint=f"the old one no longer works; run it again: `awsbase passwd {user}` resets it once more",
        ) from None


def not_handed_over(stopped: BaseException, message: str, hint: str) -> NotHandedOver:
    """Say that nobody has got a password, with the exit code of Ctrl-C when it was that."""
    problem = NotHandedOver(message, hint=hint)
    if isinstance(stopped, KeyboardInterrupt):
        problem.exit_code = INTERRUPTED
    return problem


def set_generated(desk: Prompts, user: str, policy: PasswordPolicy, *, once: bool) -> tuple[Secret, bool]:
    """Set a password made to the policy; return it, and whether that made the login profile."""
    from botocore.exceptions import ClientError

    for left in reversed(range(TRIES)):
        password = password_policy.generated(policy)
        try:
            return password, set_password(desk, user, password, once=once)
        except ClientError as error:
            # When the answer to the first of two tries was lost, the second one is a password that was used before.
            if error.response["Error"]["Code"] != "PasswordPolicyViolation" or not left:
                raise
    raise AssertionError("the last try returns or raises")


def set_password(desk: Prompts, user: str, password: Secret, *, once: bool) -> bool:
    """Set a user's password; return whether that made the login profile."""
    from botocore.exceptions import ClientError

    iam: Any = desk.account.aws.iam
    arguments = {"UserName": user, "Password": password.reveal(), "PasswordResetRequired": once}
    try:
        waited(desk, "UpdateLoginProfile", lambda: iam.update_login_profile(**arguments))
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
    else:
        return False
    try:
        iam.create_login_profile(**arguments)
    except ClientError as error:
        # Somebody else, or an earlier try of this call whose answer was lost.
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
        waited(desk, "UpdateLoginProfile", lambda: iam.update_login_profile(**arguments))
    return True


def not_reset(desk: Prompts, error: Any, user: str) -> AwsbaseError:
    """Say why a password was not reset."""
    if error.response["Error"]["Code"] == "NoSuchEntity":
        return UsageError(f"there is no IAM user called {user}", hint="`aws iam list-users` lists them")
    return refused(desk.account, error, f"reset the password of {user}")


def take_away(desk: Prompts, user: str) -> bool:
    """Remove a user's password for the console; return whether there was one."""
    from botocore.exceptions import BotoCoreError, ClientError

    iam = desk.account.aws.iam
    try:
        waited(desk, "DeleteLoginProfile", lambda: iam.delete_login_profile(UserName=user))
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code != "NoSuchEntity":
            raise refused(desk.account, error, f"remove the password of {user}") from error
        if "Login Profile" not in said and "Login profile" not in said:
            raise UsageError(f"there is no IAM user called {user}") from None
        return False
    except BotoCoreError as error:
        raise AwsbaseError(f"cannot reach AWS: {error}", hint="check the network, then run it again") from error
    return True


def waited(desk: Prompts, operation: str, call: Callable[[], Any]) -> Any:
    """Make a call, and wait while AWS says that the login profile is still being made."""

    def waiting(why: str, seconds: float) -> None:
        desk.tell(f"AWS is still busy with the login profile ({why}): waiting {seconds:.0f} s at most\n")

    return wait_for_propagation(
        call, service="iam", operation=operation, fresh=False, clock=desk.clock, stop=Event(), waiting=waiting
    )


def command(line: str) -> list[str]:
    """Read the command that takes a password over, and find out before anything is changed that it exists."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"--handover cannot be read: {error}", hint="quote it as in a shell") from None
    if not words:
        raise UsageError("--handover names no command", hint="for example --handover 'age -r KEY -o FILE'")
    if shutil.which(words[0]) is None:
        raise UsageError(
            f"there is no command {words[0]}",
            hint="it is run without a shell: for pipes and redirections write --handover \"sh -c '…'\"",
        )
    return words


def hand_to(words: Sequence[str], password: Secret) -> None:
    """Give a command the password on its stdin, and nowhere else; raise when it fails or does not read it."""
    # A pipe of our own, which holds the password until it is read, tells afterwards whether it was.
    taking, giving = os.pipe()
    try:
        with open(giving, "wb") as end:
            end.write(f"{password.reveal()}\n".encode())
        done = subprocess.run(words, stdin=taking, check=False)  # noqa: S603, the caller's own
        unread = os.read(taking, 1)
    finally:
        os.close(taking)
    if done.returncode:
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        raise AwsbaseError(f"{words[0]} ended with {how}")
    if unread:
        raise AwsbaseError(f"{words[0]} did not read it from its stdin")


def reason(problem: BaseException) -> str:
    """Say in a few words what stopped a handover."""
    if isinstance(problem, KeyboardInterrupt):
        return "interrupted"
    if isinstance(problem, AwsbaseError):
        return problem.message
    return str(getattr(problem, "strerror", None) or type(problem).__name__)
