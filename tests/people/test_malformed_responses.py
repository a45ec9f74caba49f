"""Commands for people report malformed responses of AWS, and lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from awsbase.aws import Aws
from awsbase.errors import AwsbaseError
from awsbase.people import device_maintenance
from awsbase.people.enrol import enrol
from awsbase.people.live_session import SessionRequest
from awsbase.people.session import refresh
from awsbase.people.whoami import whoami
from tests.hostile.wire import HOLLOW, INSTEAD, spoiled
from tests.people.alice import Alice
from tests.people.scripted import ScriptedUser
from tests.people.test_passwd import NEW, OLD, PasswordUser

ANYTHING = INSTEAD | HOLLOW
everything = pytest.mark.parametrize("instead", ANYTHING)


def message_of(work: Callable[[], object]) -> str:
    """Run something that may fail with an AwsbaseError only; return its message."""
    try:
        work()
    except AwsbaseError as error:
        return error.message
    return ""


@pytest.mark.sampled(8)
@everything
@pytest.mark.parametrize("name", ["sts:GetCallerIdentity", "iam:ListMFADevices", "sts:GetSessionToken"])
def test_malformed_response_gives_an_error_and_no_changed_file(alice: Alice, name: str, instead: str) -> None:
    before = alice.files.credentials.read_bytes()
    alice.types(alice.phone.code, alice.phone.code, alice.phone.code)
    with spoiled(alice.sandbox, name, ANYTHING[instead]):
        message = message_of(lambda: refresh(SessionRequest("acme"), alice.person()))
    assert bool(message) == (alice.files.credentials.read_bytes() == before)


@pytest.mark.sampled(6)
@everything
@pytest.mark.parametrize("name", ["sts:GetCallerIdentity", "iam:ListAccountAliases"])
def test_malformed_response_to_whoami_gives_an_identity_or_an_error(alice: Alice, name: str, instead: str) -> None:
    with spoiled(alice.sandbox, name, ANYTHING[instead]):
        message_of(lambda: whoami(Aws(alice.sandbox.session("user/alice"), "eu-west-1", attempts=1), alice.files))


@pytest.mark.sampled(8)
@everything
@pytest.mark.parametrize(
    "name",
    ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "iam:ListVirtualMFADevices"],
)
def test_malformed_response_to_an_enrolment_shows_no_seed(tmp_path: Path, name: str, instead: str) -> None:
    user = ScriptedUser(tmp_path)
    user.types(*(user.code(step) for step in range(8)))
    prompts = user.prompts()
    with spoiled(user.sandbox, name, ANYTHING[instead]):
        message_of(lambda: enrol(prompts, "alice", "alice"))
    assert not any(seed in "".join(user.messages) for seed in user.seeds)


@pytest.mark.sampled(12)
@everything
@pytest.mark.parametrize("name", ["iam:ListVirtualMFADevices", "iam:ListMFADevices", "iam:DeactivateMFADevice"])
@pytest.mark.parametrize("work", ["of", "everybodys", "remove"])
def test_malformed_response_to_device_commands_gives_at_most_an_error(
    tmp_path: Path, name: str, instead: str, work: str
) -> None:
    user = ScriptedUser(tmp_path)
    user.types(user.code(), user.code(1))
    enrol(user.prompts(), "alice", "alice")
    prompts = user.prompts()
    actions: dict[str, Callable[[], object]] = {
        "of": partial(device_maintenance.devices_of_user, prompts, "alice"),
        "everybodys": partial(device_maintenance.devices_of_account, prompts),
        "remove": partial(
            device_maintenance.remove, prompts, "alice", ["alice"], force=True, confirm=lambda question: True
        ),
    }
    with spoiled(user.sandbox, name, ANYTHING[instead]):
        message_of(actions[work])


@pytest.mark.sampled(8)
@everything
@pytest.mark.parametrize("name", ["iam:GetAccountPasswordPolicy", "iam:ChangePassword"])
def test_malformed_response_to_a_password_change_shows_no_password(tmp_path: Path, name: str, instead: str) -> None:
    user = PasswordUser(tmp_path)
    user.types(OLD, NEW, NEW, NEW, NEW, NEW, NEW)
    with spoiled(user.sandbox, name, ANYTHING[instead]):
        message = message_of(user.change)
    assert OLD not in message
    assert NEW not in message
