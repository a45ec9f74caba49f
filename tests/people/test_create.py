"""An enrolment ends with a working device or with none."""

import re
from pathlib import Path

import pyotp
import pytest
from botocore.exceptions import ClientError

from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.people import seeds
from awsbase.people.codes import SpentCode, claim
from awsbase.people.enrol import NotEnabled, Stopped, enrol
from awsbase.people.secret import Secret
from awsbase.people.terminal import NoAnswer
from awsbase.sandbox import Fault
from tests.people.scripted import Answer, ScriptedUser


@pytest.fixture
def user(tmp_path: Path) -> ScriptedUser:
    return ScriptedUser(tmp_path)


def test_two_codes_enable_the_device(user: ScriptedUser) -> None:
    user.types(user.code(), user.code(1))
    device = enrol(user.prompts(), "alice", "alice")

    assert device.serial == "arn:aws:iam::123456789012:mfa/alice"
    assert user.devices() == ["alice"]
    sts = user.sandbox.client("sts", caller="user/alice")
    user.sandbox.clock.advance(60)
    assert sts.get_session_token(SerialNumber=device.serial, TokenCode=user.code()())


def test_second_device_has_the_path_that_users_may_use(user: ScriptedUser) -> None:
    user.types(user.code(), user.code(1), user.code(), user.code(1))
    enrol(user.prompts(), "alice", "alice")
    assert enrol(user.prompts(), "alice", "backup").serial.endswith(":mfa/alice/backup")


def test_wait_is_counted_from_when_the_code_was_typed(user: ScriptedUser) -> None:
    def slowly() -> str:
        user.sandbox.clock.advance(20)
        return user.code()()

    user.types(user.code(), slowly, user.code(1))
    enrol(user.prompts(), "alice", "alice")
    assert int(re.findall(r"the next one comes in (\d+) s", user.messages[0])[0]) < 10


def test_codes_of_an_enrolment_are_not_sent_again(user: ScriptedUser) -> None:
    user.types(user.code(), user.code(1))
    device = enrol(user.prompts(), "alice", "alice")
    with pytest.raises(SpentCode):
        claim(user.folder / "state", device.serial, Secret(user.code(1)()), user.sandbox.clock.now())


TYPED: list[tuple[str, list[str | int], str]] = [
    ("no code", ["abc", 0, 1], "six digits"),
    ("text instead", ["text", 0, 1], ""),
    ("mistyped", ["000000", 0, 1], "does not show that code"),
    ("the same again", [0, 0, 1], "the same code again"),
    ("one left out", [0, 2, 3], "not consecutive"),
    ("a phone that is slow", [-8, -7], "4 min behind"),
]


@pytest.mark.parametrize(("typed", "message"), [row[1:] for row in TYPED], ids=[row[0] for row in TYPED])
def test_wrong_code_is_explained_and_asked_again(user: ScriptedUser, typed: list[str | int], message: str) -> None:
    user.types(*(typed_code if isinstance(typed_code, str) else user.code(typed_code) for typed_code in typed))
    enrol(user.prompts(), "alice", "alice")

    assert message in "".join(user.messages)
    assert user.devices() == ["alice"]
    assert user.spelled == typed.count("text")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), NoAnswer("no answer")], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("after", [0, 1])
def test_stopping_at_a_question_leaves_no_device(user: ScriptedUser, error: BaseException, after: int) -> None:
    answers: list[Answer] = [user.code()] * after
    user.types(*answers, error)
    with pytest.raises(type(error)):
        enrol(user.prompts(), "alice", "alice")

    assert user.devices() == []
    assert "so it was deleted again" in user.messages[-1]


def test_device_that_cannot_be_deleted_is_reported(user: ScriptedUser) -> None:
    user.types(KeyboardInterrupt())
    user.sandbox.faults.add(Fault("access denied", on="iam:DeleteVirtualMFADevice"))
    with pytest.raises(Stopped, match=r"is left over \(AccessDenied\); `awsbase mfa prune` deletes it"):
        enrol(user.prompts(), "alice", "alice")


def test_enrolment_after_a_crash_deletes_the_leftover(user: ScriptedUser) -> None:
    user.sandbox.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="alice")
    user.types(user.code(), user.code(1))
    enrol(user.prompts(), "alice", "alice")

    assert user.devices() == ["alice"]
    assert "deleted a leftover device alice" in user.messages[0]


def test_device_in_use_is_not_replaced(user: ScriptedUser) -> None:
    user.types(user.code(), user.code(1))
    enrol(user.prompts(), "alice", "alice")
    with pytest.raises(Refused, match="has been in use by alice since") as error:
        enrol(user.prompts(), "alice", "alice")
    assert "--device" in str(error.value.hint)
    assert user.devices() == ["alice"]


def test_ninth_device_is_refused_before_any_write(user: ScriptedUser) -> None:
    for number in range(8):
        user.sandbox.fido("alice", f"key{number}")
    user.sandbox.calls.clear()
    with pytest.raises(Refused, match="has 8 MFA devices, the limit of AWS: key0-"):
        enrol(user.prompts(), "alice", "alice")
    assert not [call for call in user.sandbox.calls if call.writes]


@pytest.mark.parametrize("operation", ["CreateVirtualMFADevice", "EnableMFADevice", "ListMFADevices"])
def test_missing_permission_is_reported_and_leaves_no_device(user: ScriptedUser, operation: str) -> None:
    user.types(user.code(), user.code(1))
    user.sandbox.faults.add(Fault("access denied", on=f"iam:{operation}", times=9))
    with pytest.raises(AwsbaseError, match="AccessDenied") as error:
        enrol(user.prompts(), "alice", "alice")
    assert f"needs iam:{operation}" in str(error.value.hint)
    assert user.devices() == []


def test_unknown_user_is_refused(user: ScriptedUser) -> None:
    with pytest.raises(UsageError, match="no IAM user called bob"):
        enrol(user.prompts(), "bob", "bob")


def test_session_without_mfa_is_advised_to_use_the_access_key(tmp_path: Path) -> None:
    with pytest.raises(AwsbaseError, match="InvalidClientTokenId") as error:
        enrol(ScriptedUser(tmp_path, "session/alice").prompts(), "alice", "alice")
    assert "long-term access key" in str(error.value.hint)


@pytest.mark.parametrize("kind", ["reset before", "reset after", "500"])
@pytest.mark.parametrize("operation", ["CreateVirtualMFADevice", "EnableMFADevice"])
def test_enrolment_succeeds_after_a_lost_response(user: ScriptedUser, kind: str, operation: str) -> None:
    user.types(user.code(), user.code(1), user.code(2), user.code(3))
    user.sandbox.faults.add(Fault(kind, on=f"iam:{operation}"))  # type: ignore[arg-type]
    enrol(user.prompts(), "alice", "alice")

    assert user.devices() == ["alice"]
    sent = [call for call in user.sandbox.calls if call.operation == "EnableMFADevice"]
    assert len({call.params["AuthenticationCode1"] for call in sent}) == len(sent)


def test_enrolment_gives_up_after_three_refused_pairs_of_codes(user: ScriptedUser) -> None:
    # awsbase sends the codes of a clock that is 9 minutes off, but AWS refuses them.
    user.types(*(user.code(-18 + number) for number in range(6)))
    with pytest.raises(NotEnabled, match="AWS did not accept these codes") as error:
        enrol(user.prompts(), "alice", "alice")
    assert "clock" in str(error.value.hint)
    assert user.devices() == []
    assert "clock" in user.messages[0]


def test_enrolment_gives_up_after_six_wrong_codes(user: ScriptedUser) -> None:
    user.types(*["000000"] * 6)
    with pytest.raises(NotEnabled, match="no two consecutive codes"):
        enrol(user.prompts(), "alice", "alice")
    assert user.devices() == []


def test_stored_seed_needs_no_typed_codes(user: ScriptedUser) -> None:
    path = user.folder / "seed"
    device = enrol(user.prompts(), "alice", "alice", seeds.InFile(path))

    assert user.asked == []
    assert path.stat().st_mode & 0o777 == 0o600
    user.sandbox.clock.advance(30)
    code = pyotp.TOTP(path.read_text().strip()).at(int(user.sandbox.clock.time()))
    sts = user.sandbox.client("sts", caller="user/alice")
    assert sts.get_session_token(SerialNumber=device.serial, TokenCode=code)


@pytest.mark.parametrize("kind", ["access denied", "500"])
def test_stored_seed_is_deleted_with_its_device(user: ScriptedUser, kind: str) -> None:
    path = user.folder / "seed"
    user.sandbox.faults.add(Fault(kind, on="iam:EnableMFADevice", times=9))  # type: ignore[arg-type]
    with pytest.raises(AwsbaseError):
        enrol(user.prompts(), "alice", "alice", seeds.InFile(path))
    assert not path.exists()
    assert user.devices() == []


@pytest.mark.parametrize("denied", ["secretsmanager:CreateSecret", "iam:EnableMFADevice"])
def test_stored_secret_is_deleted_with_its_device(user: ScriptedUser, denied: str) -> None:
    user.sandbox.faults.add(Fault("access denied", on=denied))
    prompts = user.prompts()
    seed_store = seeds.seed_store("secret:mfa/alice", prompts.account.aws, "mfa-device/alice")
    with pytest.raises((AwsbaseError, ClientError), match="AccessDenied"):
        enrol(prompts, "alice", "alice", seed_store)

    assert user.devices() == []
    assert user.sandbox.snapshot()["secretsmanager"].get("eu-west-1", {}) == {}
    assert user.messages == ["the new device was not enabled, so it was deleted again\n"]


def test_messages_contain_no_secret(user: ScriptedUser) -> None:
    user.types("000000", user.code(-18), user.code(-17), user.code(), user.code(1))
    enrol(user.prompts(), "alice", "alice")
    message = "".join([*user.asked, *user.messages])
    assert not re.search(r"\b\d{6}\b", message)
    assert not [seed for seed in user.seeds if seed in message]
