"""A value gets into Secrets Manager as it was meant, and shows nowhere on the way."""

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


def held(sandbox: Sandbox) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.client("secretsmanager").get_secret_value(SecretId=NAME)
    return found


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"hunter2\n", "hunter2"),
        (b"hunter2\r\n", "hunter2"),
        (b"two\nlines\n\n", "two\nlines\n"),
        (" sp\u00e4ce ".encode(), " sp\u00e4ce "),
        (b"x" * 65536 + b"\n", "x" * 65536),
    ],
    ids=["line", "Windows line", "lines", "no line break", "longest"],
)
def test_what_is_piped_in_loses_its_last_line_break_and_nothing_else(
    sandbox: Sandbox, content: bytes, kept: str
) -> None:
    values.put(account(sandbox), NAME, values.piped(io.BytesIO(content)))
    assert held(sandbox)["SecretString"] == kept


def test_what_is_no_text_is_kept_as_bytes(sandbox: Sandbox) -> None:
    values.put(account(sandbox), NAME, values.piped(io.BytesIO(b"\xff\x00\n")))
    assert held(sandbox)["SecretBinary"] == b"\xff\x00\n"


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"x" * 65537, b"\xff" * 65537], ids=["nothing", "a line break", "long", "long bytes"]
)
def test_what_cannot_be_kept_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        values.piped(io.BytesIO(content))


ANSWERS = [
    ([VALUE, VALUE], True),
    ([VALUE, "other", VALUE, VALUE], True),
    (["", VALUE, VALUE], True),
    ([VALUE, "a", VALUE, "b", VALUE, "c"], False),
]


@pytest.mark.parametrize(("answers", "taken"), ANSWERS, ids=["same", "mistyped", "empty", "never the same"])
def test_what_is_typed_is_typed_twice(answers: list[str], taken: bool) -> None:
    told: list[str] = []
    left = iter(answers)
    ask = lambda question: Secret(next(left))  # noqa: E731
    if taken:
        assert values.typed(NAME, ask, told.append).reveal() == VALUE
    else:
        with pytest.raises(UsageError, match="not the same"):
            values.typed(NAME, ask, told.append)
    assert VALUE not in "".join(told)


def test_a_secret_that_is_not_there_is_said(sandbox: Sandbox) -> None:
    with pytest.raises(UsageError, match="no secret acme/other in us-east-1"):
        values.put(account(sandbox), "acme/other", Secret(VALUE))


def test_a_secret_about_to_go_is_said(sandbox: Sandbox) -> None:
    sandbox.client("secretsmanager").delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    with pytest.raises(Refused, match="about to be deleted"):
        values.put(account(sandbox), NAME, Secret(VALUE))


@pytest.mark.parametrize("kind", ["reset before", "reset after", "500", "throttle"])
def test_a_lost_answer_makes_no_second_version(sandbox: Sandbox, kind: Any) -> None:
    sandbox.faults.add(Fault(kind, on="secretsmanager:PutSecretValue"))
    values.put(account(sandbox), NAME, Secret(VALUE))
    versions = sandbox.client("secretsmanager").list_secret_version_ids(SecretId=NAME)["Versions"]
    assert len(versions) == 1


def test_a_refusal_does_not_quote_the_value(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("access denied", on="secretsmanager:PutSecretValue", times=9))
    with pytest.raises(AwsbaseError, match="AccessDenied") as stopped:
        values.put(account(sandbox), NAME, Secret(VALUE))
    assert VALUE not in f"{stopped.value} {stopped.value.message} {stopped.value.hint}"
