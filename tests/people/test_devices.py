"""Devices are listed, brought back in step, removed in the right order, and what is left over is cleared away."""

import json
from pathlib import Path

import pyotp
import pytest

from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.people import device_maintenance
from awsbase.people.codes import SpentCode
from awsbase.people.enrol import Shown, enrol
from awsbase.people.secret import Secret
from awsbase.sandbox import Fault
from tests.people.desk import Table
from tests.sandbox.refused import refused


def yes(question: str) -> bool:
    return True


def no(question: str) -> bool:
    return False


def first(question: str, choices: object) -> int:
    return 0


@pytest.fixture
def table(tmp_path: Path) -> Table:
    table = Table(tmp_path)
    table.types(table.code(), table.code(1))
    enrol(table.desk(), "alice", "alice")
    table.sandbox.clock.advance(90)
    table.asked.clear()
    return table


def test_devices_are_listed_with_owner_and_kind(table: Table) -> None:
    table.sandbox.fido("alice", "yubikey")
    iam = table.sandbox.client("iam")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="bob")

    own = {(one.kind, one.owner) for one in device_maintenance.of(table.desk(), "alice")}
    assert own == {("virtual", "alice"), ("security key", "alice")}
    everybodys = [(one.device.name, one.owner) for one in device_maintenance.everybodys(table.desk())]
    assert everybodys == [("alice", "alice"), ("bob", None)]


def test_a_device_that_lost_step_is_brought_back(table: Table) -> None:
    # The phone's clock is four minutes slow by now, and AWS still thinks it is right.
    sts = table.sandbox.client("sts", caller="user/alice")
    how = {"SerialNumber": "arn:aws:iam::123456789012:mfa/alice"}
    slow = table.code(-8)
    assert refused(sts.get_session_token, TokenCode=slow(), **how) == "AccessDenied"
    table.sandbox.clock.advance(600)

    table.types(slow, table.code(-7))
    device_maintenance.resync(table.desk(), "alice", None, first)
    assert refused(sts.get_session_token, TokenCode=table.code(-6)(), **how) is None


def test_codes_that_do_not_fit_are_asked_for_again(table: Table) -> None:
    table.types("000000", "000001", table.code(), table.code(1))
    device_maintenance.resync(table.desk(), "alice", "alice", first)
    assert "AWS did not take these codes" in table.told[-1]


def test_a_device_that_never_fits_is_given_up(table: Table) -> None:
    table.types(*(f"00000{number}" for number in range(6)))
    with pytest.raises(AwsbaseError, match="did not take the codes of alice") as problem:
        device_maintenance.resync(table.desk(), "alice", "alice", first)
    assert "made anew" in str(problem.value.hint)


@pytest.mark.parametrize("kind", ["reset before", "reset after"])
def test_codes_are_never_sent_twice(table: Table, kind: str) -> None:
    table.sandbox.faults.add(Fault(kind, on="iam:ResyncMFADevice"))  # type: ignore[arg-type]
    table.types(table.code(), table.code(1))
    with pytest.raises(AwsbaseError, match="AWS may have taken the codes"):
        device_maintenance.resync(table.desk(), "alice", "alice", first)
    assert [call.operation for call in table.sandbox.calls].count("ResyncMFADevice") == 1
    table.types(*[table.code(), table.code(1)] * 3)
    with pytest.raises(SpentCode):
        device_maintenance.resync(table.desk(), "alice", "alice", first)


def administrator(table: Table, document: dict[str, object] | None = None) -> None:
    iam = table.sandbox.client("iam")
    iam.create_group(GroupName="Administrators")
    iam.add_user_to_group(GroupName="Administrators", UserName="alice")
    if document is None:
        iam.attach_group_policy(GroupName="Administrators", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    else:
        whole = {"Version": "2012-10-17", "Statement": [{"Resource": "*", **document}]}
        iam.put_group_policy(GroupName="Administrators", PolicyName="all", PolicyDocument=json.dumps(whole))


MIGHTY: list[tuple[dict[str, object], bool]] = [
    ({"Effect": "Allow", "Action": "*"}, True),
    ({"Effect": "Allow", "Action": ["s3:*", "IAM:*"]}, True),
    ({"Effect": "Allow", "NotAction": "s3:*"}, True),
    ({"Effect": "Allow", "NotAction": ["iam:*"]}, False),
    ({"Effect": "Allow", "NotAction": ["iam:Attach*", "iam:Put*"]}, True),
    ({"Effect": "Allow", "Action": "s3:*"}, False),
    ({"Effect": "Allow", "Action": "iam:Attach*"}, True),
    ({"Effect": "Allow", "Action": ["iam:Get*", "iam:CreatePolicyVersion"]}, True),
    ({"Effect": "Allow", "Action": ["iam:Get*", "iam:CreateAccessKey"]}, False),
    ({"Effect": "Deny", "Action": "*"}, False),
]


@pytest.mark.parametrize(("document", "mighty"), MIGHTY)
def test_administrators_are_known_by_what_they_may_do(table: Table, document: dict[str, object], mighty: bool) -> None:
    administrator(table, document)
    assert device_maintenance.administers(table.desk().account, "alice") is mighty


def test_the_last_device_of_an_administrator_goes_by_force_only(table: Table) -> None:
    administrator(table)
    with pytest.raises(Refused, match="administers this account") as problem:
        device_maintenance.remove(table.desk(), "alice", [], force=False, confirm=yes)
    assert "--force" in str(problem.value.hint)
    assert table.devices() == ["alice"]

    device_maintenance.remove(table.desk(), "alice", [], force=True, confirm=no)
    assert table.devices() == []


def test_whoever_may_not_look_is_told_so(table: Table) -> None:
    table.sandbox.faults.add(Fault("access denied", on="iam:ListAttachedUserPolicies", times=2))
    assert device_maintenance.administers(table.desk().account, "alice") is None
    with pytest.raises(Refused, match=r"alice may administer \(you may not see whether\) this account"):
        device_maintenance.remove(table.desk(), "alice", [], force=False, confirm=yes)


def test_the_last_device_of_anybody_goes_after_a_question(table: Table) -> None:
    with pytest.raises(Refused, match="nothing was removed"):
        device_maintenance.remove(table.desk(), "alice", [], force=False, confirm=no)
    assert table.devices() == ["alice"]
    device_maintenance.remove(table.desk(), "alice", ["alice"], force=False, confirm=yes)
    assert table.devices() == []


def test_one_of_several_goes_without_a_question_and_must_be_named(table: Table) -> None:
    key = table.sandbox.fido("alice", "yubikey")
    with pytest.raises(UsageError, match="which device"):
        device_maintenance.remove(table.desk(), "alice", [], force=False, confirm=no)
    with pytest.raises(UsageError, match="no device called phone"):
        device_maintenance.remove(table.desk(), "alice", ["phone"], force=False, confirm=no)

    device_maintenance.remove(table.desk(), "alice", [key], force=False, confirm=no)
    assert [one.device.name for one in device_maintenance.of(table.desk(), "alice")] == ["alice"]
    assert table.devices() == ["alice"]


@pytest.mark.parametrize("operation", ["DeactivateMFADevice", "DeleteVirtualMFADevice"])
@pytest.mark.parametrize("kind", ["reset after", "500"])
def test_a_lost_answer_while_removing_does_no_harm(table: Table, operation: str, kind: str) -> None:
    table.sandbox.faults.add(Fault(kind, on=f"iam:{operation}"))  # type: ignore[arg-type]
    device_maintenance.remove(table.desk(), "alice", [], force=True, confirm=no)
    assert table.devices() == []


def test_each_device_is_told_as_it_goes(table: Table) -> None:
    key = table.sandbox.fido("alice", "yubikey")
    table.sandbox.faults.add(Fault("access denied", on="iam:DeactivateMFADevice", at=2))
    told: list[str] = []
    with pytest.raises(AwsbaseError, match="AccessDenied"):
        device_maintenance.remove(
            table.desk(), "alice", ["alice", key], force=True, confirm=no, gone=lambda device: told.append(device.name)
        )
    assert told == ["alice"]


def test_leftovers_are_told_apart_and_deleted(table: Table) -> None:
    iam = table.sandbox.client("iam")
    iam.create_user(UserName="alice2")
    for path, name in (("/alice/", "backup"), ("/", "alice2"), ("/", "bob")):
        iam.create_virtual_mfa_device(Path=path, VirtualMFADeviceName=name)

    own = device_maintenance.leftovers(table.desk(), "alice")
    assert [one.device.serial.partition(":mfa/")[2] for one in own] == ["alice/backup"]
    assert device_maintenance.prune(table.desk(), own) == 1
    assert table.devices() == ["alice", "alice2 (left)", "bob (left)"]

    everybodys = device_maintenance.leftovers(table.desk(), None)
    assert len(everybodys) == 2
    device_maintenance.prune(table.desk(), everybodys)
    assert table.devices() == ["alice"]


def test_what_got_an_owner_meanwhile_stays(table: Table) -> None:
    going = [one for one in device_maintenance.everybodys(table.desk()) if one.owner == "alice"]
    assert device_maintenance.prune(table.desk(), going) == 0
    assert "has an owner by now" in table.told[-1]
    assert table.devices() == ["alice"]


def test_a_seed_is_taken_over_once_a_code_of_it_is_typed(table: Table) -> None:
    seed = pyotp.random_base32(64)

    def code() -> str:
        return pyotp.TOTP(seed).at(int(table.sandbox.clock.time()))

    table.types("abc", "000000", code)
    shown = Shown(Secret(f"otpauth://totp/x?secret={seed}"), Secret(seed))
    assert device_maintenance.proven(table.desk(), "alice", shown)
    table.types(*["000000"] * 6)
    assert not device_maintenance.proven(table.desk(), "alice", shown)
