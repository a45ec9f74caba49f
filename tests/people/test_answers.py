"""Whatever comes back instead of an answer of AWS, people's commands say so in words, and lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from awsbase.aws import Aws
from awsbase.errors import AwsbaseError
from awsbase.people import device_maintenance
from awsbase.people.enrol import enrol
from awsbase.people.session import SessionRequest, refresh
from awsbase.people.whoami import whoami
from tests.hostile.wire import HOLLOW, INSTEAD, spoiled
from tests.people.alice import Alice
from tests.people.desk import Table
from tests.people.test_passwd import NEW, OLD, Passwords

ANYTHING = INSTEAD | HOLLOW
everything = pytest.mark.parametrize("instead", ANYTHING)


def endures(work: Callable[[], object]) -> str:
    """Do something that may fail, but only with advice; return what was said."""
    try:
        work()
    except AwsbaseError as error:
        return error.message
    return ""


@pytest.mark.sampled(8)
@everything
@pytest.mark.parametrize("name", ["sts:GetCallerIdentity", "iam:ListMFADevices", "sts:GetSessionToken"])
def test_a_session_is_got_or_the_file_stays_as_it_is(alice: Alice, name: str, instead: str) -> None:
    before = alice.files.credentials.read_bytes()
    alice.types(alice.phone.code, alice.phone.code, alice.phone.code)
    with spoiled(alice.sandbox, name, ANYTHING[instead]):
        said = endures(lambda: refresh(SessionRequest("acme"), alice.person()))
    assert bool(said) == (alice.files.credentials.read_bytes() == before)


@pytest.mark.sampled(6)
@everything
@pytest.mark.parametrize("name", ["sts:GetCallerIdentity", "iam:ListAccountAliases"])
def test_who_one_is_is_told_or_not(alice: Alice, name: str, instead: str) -> None:
    with spoiled(alice.sandbox, name, ANYTHING[instead]):
        endures(lambda: whoami(Aws(alice.sandbox.session("user/alice"), "eu-west-1", attempts=1), alice.files))


@pytest.mark.sampled(8)
@everything
@pytest.mark.parametrize(
    "name",
    ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "iam:ListVirtualMFADevices"],
)
def test_an_enrolment_ends_with_a_device_or_with_advice(tmp_path: Path, name: str, instead: str) -> None:
    table = Table(tmp_path)
    table.types(*(table.code(step) for step in range(8)))
    desk = table.desk()
    with spoiled(table.sandbox, name, ANYTHING[instead]):
        endures(lambda: enrol(desk, "alice", "alice"))
    assert not any(seed in "".join(table.told) for seed in table.seeds)


@pytest.mark.sampled(12)
@everything
@pytest.mark.parametrize("name", ["iam:ListVirtualMFADevices", "iam:ListMFADevices", "iam:DeactivateMFADevice"])
@pytest.mark.parametrize("work", ["of", "everybodys", "remove"])
def test_devices_are_listed_and_removed_or_not(tmp_path: Path, name: str, instead: str, work: str) -> None:
    table = Table(tmp_path)
    table.types(table.code(), table.code(1))
    enrol(table.desk(), "alice", "alice")
    desk = table.desk()
    does: dict[str, Callable[[], object]] = {
        "of": partial(device_maintenance.of, desk, "alice"),
        "everybodys": partial(device_maintenance.everybodys, desk),
        "remove": partial(
            device_maintenance.remove, desk, "alice", ["alice"], force=True, confirm=lambda question: True
        ),
    }
    with spoiled(table.sandbox, name, ANYTHING[instead]):
        endures(does[work])


@pytest.mark.sampled(8)
@everything
@pytest.mark.parametrize("name", ["iam:GetAccountPasswordPolicy", "iam:ChangePassword"])
def test_a_password_is_changed_or_it_is_said_that_nobody_knows(tmp_path: Path, name: str, instead: str) -> None:
    table = Passwords(tmp_path)
    table.types(OLD, NEW, NEW, NEW, NEW, NEW, NEW)
    with spoiled(table.sandbox, name, ANYTHING[instead]):
        said = endures(table.change)
    assert OLD not in said
    assert NEW not in said
