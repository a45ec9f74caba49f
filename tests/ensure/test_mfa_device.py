"""A device that is made for a person: what is done in which order, and what nobody gets to see."""

import json
from dataclasses import replace

import pyotp
import pytest

from awsbase.ensure import totp
from awsbase.sandbox import Fault, Sandbox
from tests.contract.sample import HOME, go, problems, said
from tests.contract.samples.mfa import CARA, DEVICE


def account() -> Sandbox:
    sandbox = Sandbox()
    sandbox.client("iam").create_user(UserName="cara")
    sandbox.calls.clear()
    return sandbox


def stored(sandbox: Sandbox) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        sandbox.client("secretsmanager", HOME.region).get_secret_value(SecretId=DEVICE.secret)["SecretString"]
    )
    return found


def test_the_seed_is_stored_before_the_device_is_enabled_and_is_the_devices() -> None:
    sandbox = account()
    report = go(sandbox, "reconcile", [CARA, DEVICE])

    made = ["iam:CreateVirtualMFADevice", "secretsmanager:CreateSecret", "iam:EnableMFADevice"]
    assert [call.name for call in sandbox.calls if call.name in made] == made
    kept = stored(sandbox)
    assert (kept["user"], kept["device"]) == ("cara", DEVICE.serial)
    sandbox.clock.advance(30)
    code = pyotp.TOTP(kept["seed"]).at(int(sandbox.clock.time()))
    assert sandbox.client("sts", caller="user/cara").get_session_token(SerialNumber=DEVICE.serial, TokenCode=code)
    assert [ask.title for ask in report.needs_you] == ["cara has not taken over their MFA device"]


@pytest.mark.parametrize("fault", [None, "access denied", "500", "reset after"])
def test_neither_seed_nor_codes_are_told(fault: str | None) -> None:
    sandbox = account()
    if fault:
        sandbox.faults.add(Fault(fault, on="iam:EnableMFADevice", times=9))  # type: ignore[arg-type]
    reports = [go(sandbox, mode, [CARA, DEVICE]) for mode in ("plan", "reconcile")]

    seeds = [json.loads(call.params["SecretString"])["seed"] for call in sandbox.calls if "SecretString" in call.params]
    codes = [
        value for call in sandbox.calls for name, value in call.params.items() if name.startswith("Authentication")
    ]
    assert seeds
    assert len(codes) >= 2
    told = repr(reports)
    assert not [secret for secret in (*seeds, *codes) if secret in told]


def test_who_has_a_device_of_any_sort_gets_no_other() -> None:
    sandbox = account()
    sandbox.fido("cara")
    assert said(go(sandbox, "plan", [CARA, DEVICE])) == ["user/cara: update tags"]


def test_a_secret_of_somebody_else_is_not_overwritten() -> None:
    sandbox = account()
    sandbox.client("secretsmanager", HOME.region).create_secret(Name=DEVICE.secret, SecretString="theirs")
    sandbox.calls.clear()
    report = go(sandbox, "reconcile", [replace(DEVICE, made_here=())])

    assert "holds something else" in problems(report)[0]
    assert not [call for call in sandbox.calls if call.writes]


def test_the_secret_is_encrypted_with_the_key_that_is_named() -> None:
    sandbox = account()
    kms = sandbox.client("kms", HOME.region)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    go(sandbox, "reconcile", [replace(DEVICE, key=key, made_here=())])

    assert sandbox.client("secretsmanager", HOME.region).describe_secret(SecretId=DEVICE.secret)["KmsKeyId"] == key


def test_codes_are_found_whatever_the_clocks_say() -> None:
    seed = pyotp.random_base32(64)
    sandbox = Sandbox()
    now = sandbox.clock()
    present = totp.step(now)
    assert totp.pair(seed, now) == (totp.code(seed, present - 1), totp.code(seed, present))
    assert totp.found(seed, totp.code(seed, present + 5), now, apart=10) == present + 5
    assert totp.found(seed, totp.code(seed, present + 11), now, apart=10) is None
