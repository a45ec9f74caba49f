"""An enrolment ends with a device that works, or with none."""

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
from tests.people.desk import Answer, Table


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path)


def test_two_codes_enable_the_device(table: Table) -> None:
    table.types(table.code(), table.code(1))
    device = enrol(table.desk(), "alice", "alice")

    assert device.serial == "arn:aws:iam::123456789012:mfa/alice"
    assert table.devices() == ["alice"]
    sts = table.sandbox.client("sts", caller="user/alice")
    table.sandbox.clock.advance(60)
    assert sts.get_session_token(SerialNumber=device.serial, TokenCode=table.code()())


def test_another_device_has_a_path_that_users_may_make_it_under(table: Table) -> None:
    table.types(table.code(), table.code(1), table.code(), table.code(1))
    enrol(table.desk(), "alice", "alice")
    assert enrol(table.desk(), "alice", "backup").serial.endswith(":mfa/alice/backup")


def test_the_wait_is_told_as_of_when_the_code_was_typed(table: Table) -> None:
    def slowly() -> str:
        table.sandbox.clock.advance(20)
        return table.code()()

    table.types(table.code(), slowly, table.code(1))
    enrol(table.desk(), "alice", "alice")
    assert int(re.findall(r"the next one comes in (\d+) s", table.told[0])[0]) < 10


def test_sent_codes_are_not_sent_again(table: Table) -> None:
    table.types(table.code(), table.code(1))
    device = enrol(table.desk(), "alice", "alice")
    with pytest.raises(SpentCode):
        claim(table.folder / "state", device.serial, Secret(table.code(1)()), table.sandbox.clock.now())


TYPED: list[tuple[str, list[str | int], str]] = [
    ("no code", ["abc", 0, 1], "six digits"),
    ("text instead", ["text", 0, 1], ""),
    ("mistyped", ["000000", 0, 1], "does not show that code"),
    ("the same again", [0, 0, 1], "the same code again"),
    ("one left out", [0, 2, 3], "do not follow each other"),
    ("a phone that is slow", [-8, -7], "4 min behind"),
]


@pytest.mark.parametrize(("typed", "told"), [row[1:] for row in TYPED], ids=[row[0] for row in TYPED])
def test_what_is_typed_wrong_is_said_and_asked_again(table: Table, typed: list[str | int], told: str) -> None:
    table.types(*(one if isinstance(one, str) else table.code(one) for one in typed))
    enrol(table.desk(), "alice", "alice")

    assert told in "".join(table.told)
    assert table.devices() == ["alice"]
    assert table.spelled == typed.count("text")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), NoAnswer("no answer")], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("after", [0, 1])
def test_stopping_at_a_question_leaves_nothing(table: Table, error: BaseException, after: int) -> None:
    answers: list[Answer] = [table.code()] * after
    table.types(*answers, error)
    with pytest.raises(type(error)):
        enrol(table.desk(), "alice", "alice")

    assert table.devices() == []
    assert "deleted again: nothing is left" in table.told[-1]


def test_what_cannot_be_taken_back_is_said(table: Table) -> None:
    table.types(KeyboardInterrupt())
    table.sandbox.faults.add(Fault("access denied", on="iam:DeleteVirtualMFADevice"))
    with pytest.raises(Stopped, match=r"is left over \(AccessDenied\), `awsbase mfa prune` deletes it"):
        enrol(table.desk(), "alice", "alice")


def test_an_enrolment_after_a_crash_clears_the_leftover(table: Table) -> None:
    table.sandbox.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="alice")
    table.types(table.code(), table.code(1))
    enrol(table.desk(), "alice", "alice")

    assert table.devices() == ["alice"]
    assert "left over from before" in table.told[0]


def test_a_device_in_use_is_not_touched(table: Table) -> None:
    table.types(table.code(), table.code(1))
    enrol(table.desk(), "alice", "alice")
    with pytest.raises(Refused, match="in use by alice since") as refused:
        enrol(table.desk(), "alice", "alice")
    assert "--device" in str(refused.value.hint)
    assert table.devices() == ["alice"]


def test_the_ninth_device_is_refused_before_it_is_made(table: Table) -> None:
    for number in range(8):
        table.sandbox.fido("alice", f"key{number}")
    table.sandbox.calls.clear()
    with pytest.raises(Refused, match="has 8 MFA devices, and AWS takes no more: key0-"):
        enrol(table.desk(), "alice", "alice")
    assert not [call for call in table.sandbox.calls if call.writes]


@pytest.mark.parametrize("operation", ["CreateVirtualMFADevice", "EnableMFADevice", "ListMFADevices"])
def test_without_the_right_it_is_said_and_nothing_is_left(table: Table, operation: str) -> None:
    table.types(table.code(), table.code(1))
    table.sandbox.faults.add(Fault("access denied", on=f"iam:{operation}", times=9))
    with pytest.raises(AwsbaseError, match="AccessDenied") as refused:
        enrol(table.desk(), "alice", "alice")
    assert f"needs iam:{operation}" in str(refused.value.hint)
    assert table.devices() == []


def test_nobody_is_no_user(table: Table) -> None:
    with pytest.raises(UsageError, match="no IAM user called bob"):
        enrol(table.desk(), "bob", "bob")


def test_a_session_without_mfa_gets_the_right_advice(tmp_path: Path) -> None:
    with pytest.raises(AwsbaseError, match="InvalidClientTokenId") as refused:
        enrol(Table(tmp_path, "session/alice").desk(), "alice", "alice")
    assert "long-term access key" in str(refused.value.hint)


@pytest.mark.parametrize("kind", ["reset before", "reset after", "500"])
@pytest.mark.parametrize("operation", ["CreateVirtualMFADevice", "EnableMFADevice"])
def test_a_lost_reply_is_looked_up(table: Table, kind: str, operation: str) -> None:
    table.types(table.code(), table.code(1), table.code(2), table.code(3))
    table.sandbox.faults.add(Fault(kind, on=f"iam:{operation}"))  # type: ignore[arg-type]
    enrol(table.desk(), "alice", "alice")

    assert table.devices() == ["alice"]
    sent = [call for call in table.sandbox.calls if call.operation == "EnableMFADevice"]
    assert len({call.params["AuthenticationCode1"] for call in sent}) == len(sent)


def test_codes_that_aws_refuses_are_asked_for_again_and_then_it_gives_up(table: Table) -> None:
    # Twenty minutes are too much for AWS, and no reason for awsbase not to ask it.
    table.types(*(table.code(-18 + number) for number in range(6)))
    with pytest.raises(NotEnabled, match="AWS did not take these codes") as refused:
        enrol(table.desk(), "alice", "alice")
    assert "clock" in str(refused.value.hint)
    assert table.devices() == []
    assert "clock" in table.told[0]


def test_whoever_types_nothing_right_is_let_go(table: Table) -> None:
    table.types(*["000000"] * 6)
    with pytest.raises(NotEnabled, match="no two codes that follow each other"):
        enrol(table.desk(), "alice", "alice")
    assert table.devices() == []


def test_a_kept_seed_gives_its_codes_itself(table: Table) -> None:
    path = table.folder / "seed"
    device = enrol(table.desk(), "alice", "alice", seeds.InFile(path))

    assert table.asked == []
    assert path.stat().st_mode & 0o777 == 0o600
    table.sandbox.clock.advance(30)
    code = pyotp.TOTP(path.read_text().strip()).at(int(table.sandbox.clock.time()))
    sts = table.sandbox.client("sts", caller="user/alice")
    assert sts.get_session_token(SerialNumber=device.serial, TokenCode=code)


@pytest.mark.parametrize("kind", ["access denied", "500"])
def test_a_kept_seed_goes_with_its_device(table: Table, kind: str) -> None:
    path = table.folder / "seed"
    table.sandbox.faults.add(Fault(kind, on="iam:EnableMFADevice", times=9))  # type: ignore[arg-type]
    with pytest.raises(AwsbaseError):
        enrol(table.desk(), "alice", "alice", seeds.InFile(path))
    assert not path.exists()
    assert table.devices() == []


@pytest.mark.parametrize("refused", ["secretsmanager:CreateSecret", "iam:EnableMFADevice"])
def test_a_kept_secret_goes_with_its_device(table: Table, refused: str) -> None:
    table.sandbox.faults.add(Fault("access denied", on=refused))
    desk = table.desk()
    keeper = seeds.keeper("secret:mfa/alice", desk.account.aws, "mfa-device/alice")
    with pytest.raises((AwsbaseError, ClientError), match="AccessDenied"):
        enrol(desk, "alice", "alice", keeper)

    assert table.devices() == []
    assert table.sandbox.snapshot()["secretsmanager"].get("eu-west-1", {}) == {}
    assert table.told == ["the new device was not enabled, and is deleted again: nothing is left of it\n"]


def test_no_secret_is_told(table: Table) -> None:
    table.types("000000", table.code(-18), table.code(-17), table.code(), table.code(1))
    enrol(table.desk(), "alice", "alice")
    told = "".join([*table.asked, *table.told])
    assert not re.search(r"\b\d{6}\b", told)
    assert not [seed for seed in table.seeds if seed in told]
