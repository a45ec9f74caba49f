"""Credentials of users are read from the account."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pyotp import TOTP

from awsbase.aws import Aws
from awsbase.engine.facts import Facts
from awsbase.facts.credential_report import NO_REPORT, ReportedUser, credentials, login, report, virtual_devices
from awsbase.sandbox import Sandbox

MFA = "arn:aws:iam::123456789012:mfa"


@pytest.fixture
def sandbox() -> Sandbox:
    sandbox = Sandbox(pages=2)
    iam = sandbox.client("iam")
    for name in ("alice", "Bob"):
        iam.create_user(UserName=name, Path="/people/")
    iam.create_login_profile(UserName="alice", Password="correct-Horse-7-battery")
    iam.create_access_key(UserName="alice")
    for name in ("alice", "leftover", "spare"):
        iam.create_virtual_mfa_device(VirtualMFADeviceName=name)
    phone = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    codes, now = TOTP(phone["Base32StringSeed"].decode()), int(sandbox.clock.time())
    iam.enable_mfa_device(
        UserName="alice",
        SerialNumber=phone["SerialNumber"],
        AuthenticationCode1=codes.at(now - 30),
        AuthenticationCode2=codes.at(now),
    )
    return sandbox


@pytest.fixture
def facts(sandbox: Sandbox) -> Iterator[Facts]:
    with ThreadPoolExecutor(4) as pool:
        yield Facts(Aws(sandbox.session(), "eu-west-1"), pool)


def test_report_has_passwords_and_devices_of_all_users(facts: Facts) -> None:
    users = facts.read(report)
    assert users["alice"] == ReportedUser(password=True, mfa=True)
    assert users["bob"] == ReportedUser(password=False, mfa=False)


def test_virtual_devices_are_read_over_several_pages(facts: Facts) -> None:
    assert facts.read(virtual_devices) == {
        f"{MFA}/alice": None,
        f"{MFA}/leftover": None,
        f"{MFA}/spare": None,
        f"{MFA}/phone": "alice",
    }


def test_all_credentials_of_a_user_are_read(facts: Facts) -> None:
    alice, bob = facts.read(credentials, "alice"), facts.read(credentials, "Bob")
    assert (alice.login, len(alice.keys), alice.devices) == (True, 1, (f"{MFA}/phone",))
    assert (bob.login, bob.keys, bob.certificates, bob.ssh_keys, bob.services, bob.devices) == (
        False,
        *((),) * 5,
    )
    assert not facts.read(login, "Bob")


@pytest.mark.parametrize("code", sorted(NO_REPORT))
def test_report_is_empty_while_aws_makes_it(code: str) -> None:
    from botocore.exceptions import ClientError

    class Unready:
        """An IAM that has no report yet."""

        def generate_credential_report(self) -> dict[str, str]:
            return {"State": "STARTED"}

        def get_credential_report(self) -> Any:
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "GetCredentialReport")

    class Account:
        iam = Unready()

    with ThreadPoolExecutor(1) as pool:
        assert Facts(Account(), pool).read(report) == {}  # type: ignore[arg-type]
