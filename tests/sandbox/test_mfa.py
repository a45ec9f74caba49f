"""Devices, codes and sessions are as strict in the sandbox as in AWS, where moto takes anything."""

import json
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from awsbase.sandbox import Sandbox
from awsbase.sandbox.services.iam.mfa import totp
from tests.sandbox.refused import refused


class Phone:
    """An authenticator app with the seed of one device, showing codes by the sandbox's clock."""

    def __init__(self, sandbox: Sandbox, name: str = "alice", path: str = "/") -> None:
        made = sandbox.client("iam").create_virtual_mfa_device(VirtualMFADeviceName=name, Path=path)
        self.serial: str = made["VirtualMFADevice"]["SerialNumber"]
        self.app = pyotp.TOTP(made["VirtualMFADevice"]["Base32StringSeed"].decode())
        self.sandbox = sandbox

    def code(self, steps: int = 0) -> str:
        """Return the code that is shown some steps from now."""
        return self.app.at(int(self.sandbox.clock.time()) + 30 * steps)

    def pair(self, steps: int = 0) -> dict[str, str]:
        return {"AuthenticationCode1": self.code(steps - 1), "AuthenticationCode2": self.code(steps)}

    def enable(self, user: str = "alice") -> None:
        self.sandbox.client("iam").enable_mfa_device(UserName=user, SerialNumber=self.serial, **self.pair())


def account(*, strict: bool = True) -> Sandbox:
    sandbox = Sandbox(strict=strict)
    # At the beginning of a step: codes asked for one after the other belong to the steps that a test names.
    sandbox.clock.advance(31 - sandbox.clock.time() % 30)
    for name in ("alice", "bob"):
        sandbox.client("iam").create_user(UserName=name)
    return sandbox


def enrolled(*, strict: bool = True) -> tuple[Sandbox, Phone]:
    sandbox = account(strict=strict)
    phone = Phone(sandbox)
    phone.enable()
    sandbox.clock.advance(30)
    return sandbox, phone


def test_codes_are_those_of_rfc_6238() -> None:
    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # the RFC's secret, and its table without the first two digits
    assert [totp(seed, time // 30) for time in (59, 1111111109, 2000000000)] == ["287082", "081804", "279037"]


def enabling(sandbox: Sandbox, phone: Phone, user: str = "alice", **codes: str) -> str | None:
    enable = sandbox.client("iam").enable_mfa_device
    return refused(enable, UserName=user, SerialNumber=phone.serial, **{**phone.pair(), **codes})


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (lambda phone: phone.pair(), None),
        (lambda phone: phone.pair(1), None),
        (lambda phone: {"AuthenticationCode1": phone.code(), "AuthenticationCode2": phone.code()}, "same"),
        (lambda phone: {"AuthenticationCode1": phone.code(), "AuthenticationCode2": phone.code(-1)}, "backwards"),
        (lambda phone: {"AuthenticationCode1": phone.code(-2), "AuthenticationCode2": phone.code()}, "gap"),
        (lambda phone: {"AuthenticationCode1": "000000", "AuthenticationCode2": "000001"}, "made up"),
        (lambda phone: phone.pair(-20), "ten minutes old"),
    ],
    ids=["previous and present", "present and next", "same", "backwards", "gap", "made up", "ten minutes old"],
)
def test_a_device_is_enabled_by_two_consecutive_codes(
    codes: Callable[[Phone], dict[str, str]], said: str | None
) -> None:
    sandbox = account()
    phone = Phone(sandbox)
    assert enabling(sandbox, phone, **codes(phone)) == ("InvalidAuthenticationCode" if said else None)

    lenient = account(strict=False)
    assert enabling(lenient, Phone(lenient), **codes(phone)) is None


def test_a_device_has_one_owner_and_a_user_eight_devices() -> None:
    sandbox, phone = enrolled()
    assert enabling(sandbox, phone, "bob") == "EntityAlreadyExists"
    iam = sandbox.client("iam")
    elsewhere = phone.serial.replace("123456789012", "999999999999")
    assert refused(iam.enable_mfa_device, UserName="alice", SerialNumber=elsewhere, **phone.pair(1)) == "NoSuchEntity"
    sandbox.fido("alice")
    for number in range(6):
        Phone(sandbox, str(number), "/alice/").enable()
    assert enabling(sandbox, Phone(sandbox, "ninth")) == "LimitExceeded"
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=phone.serial) == "DeleteConflict"
    assert refused(iam.create_virtual_mfa_device, VirtualMFADeviceName="alice") == "EntityAlreadyExists"


def test_a_seed_is_told_once() -> None:
    sandbox, _ = enrolled()
    Phone(sandbox, "leftover")
    listed = sandbox.client("iam").list_virtual_mfa_devices()["VirtualMFADevices"]
    assert len(listed) == 2
    assert not any({"Base32StringSeed", "QRCodePNG"} & set(device) for device in listed)


def test_a_security_key_is_listed_with_the_devices() -> None:
    sandbox = account()
    serial = sandbox.fido("alice", "yubikey")
    assert serial.startswith("arn:aws:iam::123456789012:u2f/user/alice/yubikey-")
    iam = sandbox.client("iam")
    assert [device["SerialNumber"] for device in iam.list_mfa_devices(UserName="alice")["MFADevices"]] == [serial]
    assert iam.get_mfa_device(SerialNumber=serial)["UserName"] == "alice"


def session(sandbox: Sandbox, caller: str = "user/alice", **params: Any) -> dict[str, Any]:
    held: dict[str, Any] = sandbox.client("sts", caller=caller).get_session_token(**params)["Credentials"]
    return held


def as_session(sandbox: Sandbox, held: dict[str, Any], service: str) -> Any:
    make: Any = sandbox.session().client
    keys = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    return make(
        service,
        **dict(
            zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), map(held.get, keys), strict=True)
        ),
    )


def test_a_code_is_good_once_and_only_for_its_owner() -> None:
    sandbox, phone = enrolled()
    alice, bob = (sandbox.client("sts", caller=f"user/{name}").get_session_token for name in ("alice", "bob"))

    assert refused(alice, SerialNumber=phone.serial, TokenCode=phone.code(-1)) == "AccessDenied"  # used to enable
    assert refused(bob, SerialNumber=phone.serial, TokenCode=phone.code()) == "AccessDenied"
    assert refused(alice, SerialNumber=phone.serial, TokenCode=phone.code(5)) == "AccessDenied"
    assert refused(alice, SerialNumber=phone.serial) == "AccessDenied"
    assert refused(alice, SerialNumber=phone.serial, TokenCode=phone.code()) is None
    assert refused(alice, SerialNumber=phone.serial, TokenCode=phone.code()) == "AccessDenied"
    assert refused(alice, SerialNumber=phone.serial, TokenCode=phone.code(1)) is None

    lenient, phone = enrolled(strict=False)
    for caller in ("user/alice", "user/bob", "session/bob"):
        sts = lenient.client("sts", caller=caller)
        assert refused(sts.get_session_token, SerialNumber=phone.serial, TokenCode="000000") is None


def test_a_session_is_its_users_and_ends() -> None:
    sandbox, phone = enrolled()
    held = session(sandbox, SerialNumber=phone.serial, TokenCode=phone.code(), DurationSeconds=900)

    assert held["AccessKeyId"].startswith("ASIA")
    sts, iam = as_session(sandbox, held, "sts"), as_session(sandbox, held, "iam")
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/alice"
    assert refused(iam.list_users) is None
    assert refused(sts.get_session_token) == "AccessDenied"
    assert refused(sts.get_federation_token, Name="alice") == "AccessDenied"
    assert refused(as_session(sandbox, held | {"SessionToken": "other"}, "iam").list_users) == "InvalidClientTokenId"

    sandbox.clock.advance(901)
    assert refused(iam.list_users) == "ExpiredToken"
    assert refused(as_session(sandbox, held, "kms").list_keys) == "ExpiredTokenException"


def test_a_session_without_mfa_cannot_call_iam() -> None:
    sandbox, _ = enrolled()
    held = session(sandbox)
    assert refused(as_session(sandbox, held, "iam").list_users) == "InvalidClientTokenId"
    assert refused(as_session(sandbox, held, "s3").list_buckets) is None
    assert refused(sandbox.client("iam", caller="session/alice").list_users) == "InvalidClientTokenId"
    assert refused(sandbox.client("iam", caller="mfa/alice").list_users) is None
    assert refused(account(strict=False).client("iam", caller="session/alice").list_users) is None


@pytest.mark.parametrize(("seconds", "said"), [(899, "ParamValidation"), (129601, "ValidationError"), (129600, None)])
def test_a_session_lasts_as_long_as_allowed(seconds: int, said: str | None) -> None:
    sandbox, phone = enrolled()
    params: dict[str, Any] = {"SerialNumber": phone.serial, "TokenCode": phone.code(), "DurationSeconds": seconds}
    if said == "ParamValidation":  # botocore checks the minimum by itself
        pytest.importorskip("botocore")
        with pytest.raises(Exception, match="valid min value: 900"):
            session(sandbox, **params)
    else:
        assert refused(sandbox.client("sts", caller="user/alice").get_session_token, **params) == said


def role(sandbox: Sandbox, principal: Any, condition: dict[str, Any] | None = None, seconds: int = 3600) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition or {}}
    made = sandbox.client("iam").create_role(
        RoleName="admin",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        MaxSessionDuration=seconds,
    )
    return str(made["Role"]["Arn"])


ROOT = {"AWS": "arn:aws:iam::123456789012:root"}
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.mark.parametrize(
    ("principal", "condition", "said"),
    [
        (ROOT, None, None),
        (ROOT, WITH_MFA, "AccessDenied"),
        (ROOT, {"StringEquals": {"sts:ExternalId": "x"}}, "AccessDenied"),
        (ROOT, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/al*"}}, None),
        (ROOT, {"StringNotEquals": {"aws:username": "alice"}}, "AccessDenied"),
        ({"Service": "ec2.amazonaws.com"}, None, "AccessDenied"),
    ],
    ids=["anybody here", "with MFA", "external id", "by name", "not her", "a service"],
)
def test_a_role_is_assumed_by_whom_it_trusts(
    principal: Any, condition: dict[str, Any] | None, said: str | None
) -> None:
    sandbox, _ = enrolled()
    arn = role(sandbox, principal, condition)
    assume = sandbox.client("sts", caller="user/alice").assume_role
    assert refused(assume, RoleArn=arn, RoleSessionName="alice") == said
    assert refused(assume, RoleArn=arn.replace("admin", "absent"), RoleSessionName="alice") == "AccessDenied"

    lenient = account(strict=False).client("sts", caller="user/alice").assume_role
    assert refused(lenient, RoleArn=arn.replace("admin", "absent"), RoleSessionName="alice") is None


def test_a_role_is_assumed_with_a_code() -> None:
    sandbox, phone = enrolled()
    arn = role(sandbox, ROOT, WITH_MFA, 7200)
    assume = sandbox.client("sts", caller="user/alice").assume_role
    how = {"RoleArn": arn, "RoleSessionName": "alice", "SerialNumber": phone.serial}

    assert refused(assume, **how, TokenCode="000000") == "AccessDenied"
    assert refused(assume, **how, TokenCode=phone.code(), DurationSeconds=7201) == "ValidationError"
    sandbox.clock.advance(30)
    held = assume(**how, TokenCode=phone.code(), DurationSeconds=7200)["Credentials"]
    sts = as_session(sandbox, held, "sts")
    assert sts.get_caller_identity()["Arn"] == "arn:aws:sts::123456789012:assumed-role/admin/alice"
    assert refused(sts.get_session_token) == "AccessDenied"
    # A role that is assumed by a role lasts an hour at most, whatever it allows.
    chained = {"RoleArn": arn, "RoleSessionName": "again"}
    assert refused(sts.assume_role, **chained, DurationSeconds=3601) == "ValidationError"
    assert refused(sts.assume_role, **chained, DurationSeconds=3600) is None


def test_a_device_that_is_out_of_step_is_resynchronised() -> None:
    sandbox = account()
    phone = Phone(sandbox)
    late = phone.pair(-5)
    assert enabling(sandbox, phone, **late) is None
    alice = sandbox.client("sts", caller="user/alice").get_session_token
    resync = sandbox.client("iam").resync_mfa_device
    which = {"UserName": "alice", "SerialNumber": phone.serial}

    assert refused(alice, SerialNumber=phone.serial, TokenCode=phone.code()) == "AccessDenied"
    assert refused(resync, **which, AuthenticationCode1="000000", AuthenticationCode2="000001") == (
        "InvalidAuthenticationCode"
    )
    assert refused(resync, UserName="bob", SerialNumber=phone.serial, **phone.pair()) == "NoSuchEntity"
    assert refused(resync, **which, **phone.pair()) is None
    assert refused(alice, SerialNumber=phone.serial, TokenCode=phone.code(1)) is None
    assert refused(account(strict=False).client("iam").resync_mfa_device, **which, **late) is None


def test_devices_have_tags() -> None:
    sandbox = account()
    iam = sandbox.client("iam")
    tags = [{"Key": "team", "Value": "ops"}]
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice", Tags=tags)["VirtualMFADevice"]
    assert made["Tags"] == tags
    iam.tag_mfa_device(SerialNumber=made["SerialNumber"], Tags=[{"Key": "floor", "Value": "2"}])
    assert len(iam.list_mfa_device_tags(SerialNumber=made["SerialNumber"])["Tags"]) == 2
    iam.untag_mfa_device(SerialNumber=made["SerialNumber"], TagKeys=["floor"])
    assert iam.list_mfa_device_tags(SerialNumber=made["SerialNumber"])["Tags"] == tags
    assert refused(iam.list_mfa_device_tags, SerialNumber=made["SerialNumber"] + "x") == "NoSuchEntity"


def test_moto_alone_lets_all_of_it_through() -> None:
    sandbox, phone = enrolled(strict=False)
    for number in range(7):
        Phone(sandbox, str(number)).enable()
    assert enabling(sandbox, Phone(sandbox, "ninth")) is None
    assert enabling(sandbox, phone, "bob") is None

    alice = sandbox.client("sts", caller="user/alice")
    assert refused(alice.get_session_token, DurationSeconds=129601) is None
    arn = role(sandbox, {"Service": "ec2.amazonaws.com"})
    how = {"RoleArn": arn, "RoleSessionName": "alice", "SerialNumber": phone.serial, "TokenCode": "000000"}
    assert refused(alice.assume_role, **how, DurationSeconds=43200) is None
    sandbox.clock.advance(200000)
    assert refused(sandbox.client("iam", caller="session/alice").list_users) is None
