"""Secret values: read from a terminal or a pipe, and sent to Secrets Manager only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from awsbase.engine.account import Account
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.people.enrol import explained
from awsbase.people.secret import Secret

# The longest value that Secrets Manager accepts, in bytes.
MAX_BYTES = 65536
ATTEMPTS = 3


def put(account: Account, name: str, value: Secret | bytes) -> None:
    """Store a value as the current version of an existing secret; AWS keeps the previous version until the next one.

    Raises UsageError when there is no such secret, Refused when it is scheduled for deletion, and AwsbaseError when
    AWS refuses the call or cannot be reached.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    content = {"SecretBinary": value} if isinstance(value, bytes) else {"SecretString": value.reveal()}
    client: Any = account.aws.secretsmanager
    try:
        # botocore adds a ClientRequestToken to the call, so a retry creates no second version.
        client.put_secret_value(SecretId=name, **content)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        region = account.aws.region
        if code == "ResourceNotFoundException":
            raise UsageError(
                f"there is no secret {name} in {region}",
                hint="add it to secrets in the manifest and reconcile, or name its --region",
            ) from None
        if code == "InvalidRequestException" and "delet" in message:
            raise Refused(
                f"the secret {name} in {region} is scheduled for deletion",
                hint="`awsbase reconcile` restores it when the manifest names it",
            ) from None
        raise explained(account, error, f"put a value into the secret {name}") from None
    except BotoCoreError as error:
        # The text of the error may quote the value.
        raise AwsbaseError(
            f"cannot reach AWS: {type(error).__name__}", hint="check the network, then run it again"
        ) from None


def read_typed(name: str, ask: Callable[[str], Secret], tell: Callable[[str], None]) -> Secret:
    """Ask for a hidden value twice until both answers match; raises UsageError when three attempts fail."""
    for left in reversed(range(ATTEMPTS)):
        value = ask(f"value of {name}: ")
        problem = "" if value else "nothing was typed"
        if value and ask(f"value of {name} again: ") != value:
            problem = "the two values differ"
        if not problem:
            return value
        if not left:
            raise UsageError(problem, hint="nothing was changed; pipe long values in instead")
        tell(f"{problem}\n")
    raise AssertionError("the last try returns or raises")


def read_piped(stream: BinaryIO) -> Secret | bytes:
    """Read a value to the end of a stream: text without its last line break, or bytes that are not UTF-8.

    Raises UsageError when the value is empty or longer than 65,536 bytes.
    """
    content = stream.read(MAX_BYTES + 3)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        if len(content) > MAX_BYTES:
            raise too_long() from None
        return content
    text = text[:-2] if text.endswith("\r\n") else text[:-1] if text.endswith("\n") else text
    if not text:
        raise UsageError("the value is empty", hint="pipe a value in, or run the command without a pipe and type it")
    if len(text.encode()) > MAX_BYTES:
        raise too_long()
    return Secret(text)


def too_long() -> UsageError:
    """Return the error for a value that Secrets Manager does not accept."""
    return UsageError(
        f"the value is longer than {MAX_BYTES} bytes, the limit of Secrets Manager",
        hint="store it in an encrypted bucket, and keep only its key here",
    )
