"""The value of a secret: from a terminal or a pipe into Secrets Manager, and nowhere else on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from awsbase.engine.account import Account
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.people.enrol import refused
from awsbase.people.secret import Secret

# What Secrets Manager takes, in bytes.
MOST = 65536
TRIES = 3


def put(account: Account, name: str, value: Secret | bytes) -> None:
    """Make a value the current one of a secret that is there; the one before can be brought back until the next."""
    from botocore.exceptions import BotoCoreError, ClientError

    content = {"SecretBinary": value} if isinstance(value, bytes) else {"SecretString": value.reveal()}
    client: Any = account.aws.secretsmanager
    try:
        # botocore gives the call a token of its own, so that sending it again makes no second version.
        client.put_secret_value(SecretId=name, **content)
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        where = account.aws.region
        if code == "ResourceNotFoundException":
            raise UsageError(
                f"there is no secret {name} in {where}",
                hint="add it to secrets in the manifest and reconcile, or name its --region",
            ) from None
        if code == "InvalidRequestException" and "delet" in said:
            raise Refused(
                f"the secret {name} in {where} is about to be deleted",
                hint="`awsbase reconcile` brings it back when the manifest names it",
            ) from None
        raise refused(account, error, f"put a value into the secret {name}") from None
    except BotoCoreError as error:
        # Its text may quote what was sent.
        raise AwsbaseError(
            f"cannot reach AWS: {type(error).__name__}", hint="check the network, and do it again"
        ) from None


def typed(name: str, ask: Callable[[str], Secret], tell: Callable[[str], None]) -> Secret:
    """Ask for a value twice, unseen, until both are the same."""
    for left in reversed(range(TRIES)):
        value = ask(f"value of {name}: ")
        problem = "" if value else "nothing was typed"
        if value and ask(f"value of {name} again: ") != value:
            problem = "the two are not the same"
        if not problem:
            return value
        if not left:
            raise UsageError(problem, hint="nothing was changed; long values are better piped in")
        tell(f"{problem}\n")
    raise AssertionError("the last try returns or raises")


def piped(stream: BinaryIO) -> Secret | bytes:
    """Read a value to the end of a stream: text without its last line break, or bytes that are no text."""
    content = stream.read(MOST + 3)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        if len(content) > MOST:
            raise too_long() from None
        return content
    text = text[:-2] if text.endswith("\r\n") else text[:-1] if text.endswith("\n") else text
    if not text:
        raise UsageError("the value is empty", hint="pipe it in, or leave the pipe away to type it")
    if len(text.encode()) > MOST:
        raise too_long()
    return Secret(text)


def too_long() -> UsageError:
    return UsageError(
        f"the value is longer than {MOST} bytes, and Secrets Manager takes no more",
        hint="keep it in an encrypted bucket, and the key to it here",
    )
