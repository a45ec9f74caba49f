"""Devices are listed, resynchronized, removed and pruned."""

import json
from pathlib import Path

import pyotp
import pytest

from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.people import device_maintenance
from awsbase.people.codes import SpentCode
from awsbase.people.enrol import ShownSeed, enrol
from awsbase.people.secret import Secret
from awsbase.sandbox import Fault
from tests.people.scripted import ScriptedUser
from tests.sandbox.refused import refused


def yes(question: str) -> bool:
    return True


def no(question: str) -> bool:
    return False


def first(question: str, choices: object) -> int:
    return 0


@pytest.fixture
def user(tmp_path: Path) -> ScriptedUser:
    user = ScriptedUser(tmp_path)
    user.types(user.code(), user.code(1))
    enrol(user.prompts(), "alice", "alice")
    user.sandbox.clock.advance(90)
    user.asked.clear()
    return user


def test_devices_are_listed_with_owner_and_kind(user: ScriptedUser) -> None:
    user.sandbox.fido("alice", "yubikey")
    iam = user.sandbox.client("iam")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="bob")

    own = {(device.kind, device.owner) for device in device_maintenance.devices_of_user(user.prompts(), "alice")}
    assert own == {("virtual", "alice"), ("security key", "alice")}
    found = [(device.device.name, device.owner) for device in device_maintenance.devices_of_account(user.prompts())]
    assert found == [("alice", "alice"), ("bob", None)]


def test_device_with_a_slow_clock_is_resynchronized(user: ScriptedUser) -> None:
    # The phone's clock is four minutes slow, which AWS does not know yet.
    sts = user.sandbox.client("sts", caller="user/alice")
    device = {"SerialNumber": "arn:aws:iam::123456789012:mfa/alice"}
    slow = user.code(-8)
    assert refused(sts.get_session_token, TokenCode=slow(), **device) == "AccessDenied"
    user.sandbox.clock.advance(600)

    user.types(slow, user.code(-7))
    device_maintenance.resync(user.prompts(), "alice", None, first)
    assert refused(sts.get_session_token, TokenCode=user.code(-6)(), **device) is None


def test_refused_codes_are_asked_for_again(user: ScriptedUser) -> None:
    user.types("000000", "000001", user.code(), user.code(1))
    device_maintenance.resync(user.prompts(), "alice", "alice", first)
    assert "AWS did not accept these codes" in user.messages[-1]


def test_resync_gives_up_after_three_refused_pairs_of_codes(user: ScriptedUser) -> None:
    user.types(*(f"00000{number}" for number in range(6)))
    with pytest.raises(AwsbaseError, match="did not accept the codes of alice") as error:
        device_maintenance.resync(user.prompts(), "alice", "alice", first)
    assert "create a new one" in str(error.value.hint)


@pytest.mark.parametrize("kind", ["reset before", "reset after"])
def test_codes_are_never_sent_twice(user: ScriptedUser, kind: str) -> None:
    user.sandbox.faults.add(Fault(kind, on="iam:ResyncMFADevice"))  # type: ignore[arg-type]
    user.types(user.code(), user.code(1))
    with pytest.raises(AwsbaseError, match="AWS may have accepted the codes"):
        device_maintenance.resync(user.prompts(), "alice", "alice", first)
    assert [call.operation for call in user.sandbox.calls].count("ResyncMFADevice") == 1
    user.types(*[user.code(), user.code(1)] * 3)
    with pytest.raises(SpentCode):
        device_maintenance.resync(user.prompts(), "alice", "alice", first)


def administrator(user: ScriptedUser, document: dict[str, object] | None = None) -> None:
    iam = user.sandbox.client("iam")
    iam.create_group(GroupName="Administrators")
    iam.add_user_to_group(GroupName="Administrators", UserName="alice")
    if document is None:
        iam.attach_group_policy(GroupName="Administrators", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    else:
        whole = {"Version": "2012-10-17", "Statement": [{"Resource": "*", **document}]}
        iam.put_group_policy(GroupName="Administrators", PolicyName="all", PolicyDocument=json.dumps(whole))


ADMINISTRATIVE: list[tuple[dict[str, object], bool]] = [
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


@pytest.mark.parametrize(("document", "expected"), ADMINISTRATIVE)
def test_administrator_is_recognized_by_permissions(
    user: ScriptedUser, document: dict[str, object], expected: bool
) -> None:
    administrator(user, document)
    assert device_maintenance.is_administrator(user.prompts().account, "alice") is expected


def test_last_device_of_an_administrator_is_removed_by_force_only(user: ScriptedUser) -> None:
    administrator(user)
    with pytest.raises(Refused, match="administers this account") as error:
        device_maintenance.remove(user.prompts(), "alice", [], force=False, confirm=yes)
    assert "--force" in str(error.value.hint)
    assert user.devices() == ["alice"]

    device_maintenance.remove(user.prompts(), "alice", [], force=True, confirm=no)
    assert user.devices() == []


def test_missing_permission_to_check_for_administrators_is_reported(user: ScriptedUser) -> None:
    user.sandbox.faults.add(Fault("access denied", on="iam:ListAttachedUserPolicies", times=2))
    assert device_maintenance.is_administrator(user.prompts().account, "alice") is None
    with pytest.raises(Refused, match=r"alice may administer \(you are not allowed to check\) this account"):
        device_maintenance.remove(user.prompts(), "alice", [], force=False, confirm=yes)


def test_last_device_is_removed_after_confirmation(user: ScriptedUser) -> None:
    with pytest.raises(Refused, match="nothing was removed"):
        device_maintenance.remove(user.prompts(), "alice", [], force=False, confirm=no)
    assert user.devices() == ["alice"]
    device_maintenance.remove(user.prompts(), "alice", ["alice"], force=False, confirm=yes)
    assert user.devices() == []


def test_one_of_several_devices_must_be_named(user: ScriptedUser) -> None:
    key = user.sandbox.fido("alice", "yubikey")
    with pytest.raises(UsageError, match="which device"):
        device_maintenance.remove(user.prompts(), "alice", [], force=False, confirm=no)
    with pytest.raises(UsageError, match="no device called phone"):
        device_maintenance.remove(user.prompts(), "alice", ["phone"], force=False, confirm=no)

    device_maintenance.remove(user.prompts(), "alice", [key], force=False, confirm=no)
    assert [device.device.name for device in device_maintenance.devices_of_user(user.prompts(), "alice")] == ["alice"]
    assert user.devices() == ["alice"]


@pytest.mark.parametrize("operation", ["DeactivateMFADevice", "DeleteVirtualMFADevice"])
@pytest.mark.parametrize("kind", ["reset after", "500"])
def test_removal_succeeds_after_a_lost_response(user: ScriptedUser, operation: str, kind: str) -> None:
    user.sandbox.faults.add(Fault(kind, on=f"iam:{operation}"))  # type: ignore[arg-type]
    device_maintenance.remove(user.prompts(), "alice", [], force=True, confirm=no)
    assert user.devices() == []


def test_each_removed_device_is_reported(user: ScriptedUser) -> None:
    key = user.sandbox.fido("alice", "yubikey")
    user.sandbox.faults.add(Fault("access denied", on="iam:DeactivateMFADevice", at=2))
    removed: list[str] = []
    with pytest.raises(AwsbaseError, match="AccessDenied"):
        device_maintenance.remove(
            user.prompts(),
            "alice",
            ["alice", key],
            force=True,
            confirm=no,
            removed=lambda device: removed.append(device.name),
        )
    assert removed == ["alice"]


def test_leftovers_of_a_user_or_of_all_are_deleted(user: ScriptedUser) -> None:
    iam = user.sandbox.client("iam")
    iam.create_user(UserName="alice2")
    for path, name in (("/alice/", "backup"), ("/", "alice2"), ("/", "bob")):
        iam.create_virtual_mfa_device(Path=path, VirtualMFADeviceName=name)

    own = device_maintenance.leftovers(user.prompts(), "alice")
    assert [device.device.serial.partition(":mfa/")[2] for device in own] == ["alice/backup"]
    assert device_maintenance.prune(user.prompts(), own) == 1
    assert user.devices() == ["alice", "alice2 (left)", "bob (left)"]

    found = device_maintenance.leftovers(user.prompts(), None)
    assert len(found) == 2
    device_maintenance.prune(user.prompts(), found)
    assert user.devices() == ["alice"]


def test_leftover_with_a_new_owner_is_not_deleted(user: ScriptedUser) -> None:
    owned = [device for device in device_maintenance.devices_of_account(user.prompts()) if device.owner == "alice"]
    assert device_maintenance.prune(user.prompts(), owned) == 0
    assert "has an owner now" in user.messages[-1]
    assert user.devices() == ["alice"]


def test_app_has_the_seed_if_its_code_is_typed(user: ScriptedUser) -> None:
    seed = pyotp.random_base32(64)

    def code() -> str:
        return pyotp.TOTP(seed).at(int(user.sandbox.clock.time()))

    user.types("abc", "000000", code)
    shown = ShownSeed(Secret(f"otpauth://totp/x?secret={seed}"), Secret(seed))
    assert device_maintenance.app_has_seed(user.prompts(), "alice", shown)
    user.types(*["000000"] * 6)
    assert not device_maintenance.app_has_seed(user.prompts(), "alice", shown)
