"""A value reaches Secrets Manager unchanged, and is shown nowhere."""

from __future__ import annotations

import io
from typing import Any

import pytest

from awsbase.aws import Aws
from awsbase.engine.account import Account, identify
from awsbase.engine.wire import Wire, refuse_resends
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.people import values
from awsbase.people.secret import Secret
from awsbase.sandbox import Fault, Sandbox

NAME, VALUE = "acme/partner", "hunter2-hunter2"


@pytest.fixture
def sandbox() -> Sandbox:
    sandbox = Sandbox()
    sandbox.client("secretsmanager").create_secret(Name=NAME)
    return sandbox


def account(sandbox: Sandbox) -> Account:
    return identify(Aws(sandbox.session(), "us-east-1", attach=[refuse_resends]), Wire())


def stored(sandbox: Sandbox) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.client("secretsmanager").get_secret_value(SecretId=NAME)
    return found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"hunter2\n", "hunter2"),
        (b"hunter2\r\n", "hunter2"),
        (b"two\nlines\n\n", "two\nlines\n"),
        (" sp\u00e4ce ".encode(), " sp\u00e4ce "),
        (b"x" * 65536 + b"\n", "x" * 65536),
    ],
    ids=["line", "Windows line", "lines", "no line break", "longest"],
)
def test_piped_value_loses_only_its_last_line_break(sandbox: Sandbox, content: bytes, expected: str) -> None:
    values.put(account(sandbox), NAME, values.read_piped(io.BytesIO(content)))
    assert stored(sandbox)["SecretString"] == expected


def test_value_that_is_not_utf8_is_stored_as_bytes(sandbox: Sandbox) -> None:
    values.put(account(sandbox), NAME, values.read_piped(io.BytesIO(b"\xff\x00\n")))
    assert stored(sandbox)["SecretBinary"] == b"\xff\x00\n"


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"x" * 65537, b"\xff" * 65537], ids=["nothing", "a line break", "long", "long bytes"]
)
def test_empty_or_long_value_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        values.read_piped(io.BytesIO(content))


ANSWERS = [
    ([VALUE, VALUE], True),
    ([VALUE, "other", VALUE, VALUE], True),
    (["", VALUE, VALUE], True),
    ([VALUE, "a", VALUE, "b", VALUE, "c"], False),
]


@pytest.mark.parametrize(("answers", "accepted"), ANSWERS, ids=["same", "mistyped", "empty", "never the same"])
def test_typed_value_is_asked_for_twice(answers: list[str], accepted: bool) -> None:
    messages: list[str] = []
    remaining = iter(answers)
    ask = lambda question: Secret(next(remaining))  # noqa: E731
    if accepted:
        assert values.read_typed(NAME, ask, messages.append).reveal() == VALUE
    else:
        with pytest.raises(UsageError, match="the two values differ"):
            values.read_typed(NAME, ask, messages.append)
    assert VALUE not in "".join(messages)


def test_missing_secret_is_reported(sandbox: Sandbox) -> None:
    with pytest.raises(UsageError, match="no secret acme/other in us-east-1"):
        values.put(account(sandbox), "acme/other", Secret(VALUE))


def test_secret_scheduled_for_deletion_is_reported(sandbox: Sandbox) -> None:
    sandbox.client("secretsmanager").delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    with pytest.raises(Refused, match="scheduled for deletion"):
        values.put(account(sandbox), NAME, Secret(VALUE))


@pytest.mark.parametrize("kind", ["reset before", "reset after", "500", "throttle"])
def test_lost_response_creates_no_second_version(sandbox: Sandbox, kind: Any) -> None:
    sandbox.faults.add(Fault(kind, on="secretsmanager:PutSecretValue"))
    values.put(account(sandbox), NAME, Secret(VALUE))
    versions = sandbox.client("secretsmanager").list_secret_version_ids(SecretId=NAME)["Versions"]
    assert len(versions) == 1


def test_refusal_does_not_quote_the_value(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("access denied", on="secretsmanager:PutSecretValue", times=9))
    with pytest.raises(AwsbaseError, match="AccessDenied") as error:
        values.put(account(sandbox), NAME, Secret(VALUE))
    assert VALUE not in f"{error.value} {error.value.message} {error.value.hint}"
