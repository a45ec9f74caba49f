"""Planned faults are injected at the call they are planned for, on the server's side."""

from datetime import timedelta

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from awsbase.sandbox import Fault, Killed, Sandbox
from tests.sandbox.refused import refused


def groups(sandbox: Sandbox) -> list[str]:
    return [group["GroupName"] for group in sandbox.client("iam").list_groups()["Groups"]]


@pytest.mark.parametrize(
    ("kind", "error", "left"),
    [
        ("throttle", "Throttling", ["one", "three"]),
        ("500", "ServiceFailure", ["one", "three"]),
        ("access denied", "AccessDenied", ["one", "three"]),
    ],
)
def test_the_second_write_is_refused(kind: str, error: str, left: list[str]) -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault(kind, at=2))  # type: ignore[arg-type]
    iam = sandbox.client("iam")

    assert [refused(iam.create_group, GroupName=name) for name in ("one", "two", "three")] == [None, error, None]
    assert groups(sandbox) == left


@pytest.mark.parametrize(
    ("kind", "raised", "left"),
    [
        ("reset before", ConnectionClosedError, []),
        ("reset after", ConnectionClosedError, ["ops"]),
        ("slow", ReadTimeoutError, ["ops"]),
        ("killed before", Killed, []),
        ("killed after", Killed, ["ops"]),
    ],
)
def test_a_lost_reply_leaves_the_caller_in_doubt(kind: str, raised: type[BaseException], left: list[str]) -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault(kind, on="iam:CreateGroup"))  # type: ignore[arg-type]

    with pytest.raises(raised):
        sandbox.client("iam").create_group(GroupName="ops")
    assert groups(sandbox) == left
    assert sandbox.calls[0].error == (None if left else "lost")


def test_nobody_waits_for_a_call_that_is_slow_but_the_account_grows_older() -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault("slow"))
    began = sandbox.clock()
    with pytest.raises(ReadTimeoutError):
        sandbox.client("iam").create_group(GroupName="ops")
    assert sandbox.clock() - began >= timedelta(seconds=60)


def test_a_client_that_retries_meets_what_its_lost_call_did() -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault("reset after"))
    retrying = Config(retries={"mode": "standard", "total_max_attempts": 2})

    with pytest.raises(ClientError, match="EntityAlreadyExists"):
        sandbox.session().client("iam", config=retrying).create_group(GroupName="ops")
