"""A device that is made for a person: the order of the calls, and which secrets stay hidden."""

import json
from dataclasses import replace

import pyotp
import pytest

from awsbase import totp
from awsbase.samples.mfa import CARA, DEVICE
from awsbase.sandbox import Fault, Sandbox
from tests.contract.sample import HOME, go, problems, said


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


def test_seed_of_the_device_is_stored_before_it_is_enabled() -> None:
    sandbox = account()
    report = go(sandbox, "reconcile", [CARA, DEVICE])

    made = ["iam:CreateVirtualMFADevice", "secretsmanager:CreateSecret", "iam:EnableMFADevice"]
    assert [call.name for call in sandbox.calls if call.name in made] == made
    secret_value = stored(sandbox)
    assert (secret_value["user"], secret_value["device"]) == ("cara", DEVICE.serial)
    sandbox.clock.advance(30)
    code = pyotp.TOTP(secret_value["seed"]).at(int(sandbox.clock.time()))
    assert sandbox.client("sts", caller="user/cara").get_session_token(SerialNumber=DEVICE.serial, TokenCode=code)
    assert [ask.title for ask in report.manual_actions] == ["cara has not taken over their MFA device"]


@pytest.mark.parametrize("fault", [None, "access denied", "500", "reset after"])
def test_seed_and_codes_appear_in_no_output(fault: str | None) -> None:
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
    output = repr(reports)
    assert not [secret for secret in (*seeds, *codes) if secret in output]


def test_user_with_any_device_gets_no_other() -> None:
    sandbox = account()
    sandbox.fido("cara")
    assert said(go(sandbox, "plan", [CARA, DEVICE])) == ["user/cara: update tags"]


NOT_MADE_HERE = f"this manifest did not make the device {DEVICE.serial}"


@pytest.mark.parametrize(
    ("made_by", "reason"), [("acme", None), ("other", NOT_MADE_HERE), (None, NOT_MADE_HERE)], ids=str
)
def test_device_without_an_owner_that_was_made_elsewhere_needs_approval(
    made_by: str | None, reason: str | None
) -> None:
    sandbox = account()
    labels = [{"Key": "awsbase:created-by", "Value": made_by}] if made_by else []
    sandbox.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="cara", Tags=labels)
    planned = go(sandbox, "plan", [CARA, DEVICE]).changes
    [risk] = [change.risk for _, change in planned if change.action == "delete"]
    assert (risk and risk.reason) == reason


def test_foreign_secret_is_not_overwritten() -> None:
    sandbox = account()
    sandbox.client("secretsmanager", HOME.region).create_secret(Name=DEVICE.secret, SecretString="theirs")
    sandbox.calls.clear()
    report = go(sandbox, "reconcile", [replace(DEVICE, made_here=())])

    assert "holds something else" in problems(report)[0]
    assert not [call for call in sandbox.calls if call.writes]


def test_secret_is_encrypted_with_the_named_key() -> None:
    sandbox = account()
    kms = sandbox.client("kms", HOME.region)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    go(sandbox, "reconcile", [replace(DEVICE, key=key, made_here=())])

    assert sandbox.client("secretsmanager", HOME.region).describe_secret(SecretId=DEVICE.secret)["KmsKeyId"] == key


def test_existing_secret_gets_the_named_key() -> None:
    sandbox = account()
    kms = sandbox.client("kms", HOME.region)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/seeds", TargetKeyId=key)
    go(sandbox, "reconcile", [replace(DEVICE, made_here=())])
    secret_value = stored(sandbox)
    under = [replace(DEVICE, key="alias/seeds", made_here=())]

    assert said(go(sandbox, "plan", under)) == [f"{DEVICE.address}: update key of the secret"]
    report = go(sandbox, "reconcile", under)

    assert [ask.title for ask in report.manual_actions] == ["cara has not taken over their MFA device"]
    described = sandbox.client("secretsmanager", HOME.region).describe_secret(SecretId=DEVICE.secret)
    assert described["KmsKeyId"] in (key, "alias/seeds")
    assert stored(sandbox) == secret_value
    by_id, by_alias = key.rpartition("/")[2], key.partition(":key/")[0] + ":alias/seeds"
    for same in ("alias/seeds", key, by_id, by_alias):
        assert said(go(sandbox, "plan", [replace(DEVICE, key=same, made_here=())])) == []


def test_new_seed_is_stored_under_the_named_key() -> None:
    sandbox = account()
    go(sandbox, "reconcile", [replace(DEVICE, made_here=())])
    iam, key = sandbox.client("iam"), sandbox.client("kms", HOME.region).create_key()["KeyMetadata"]["Arn"]
    iam.deactivate_mfa_device(UserName="cara", SerialNumber=DEVICE.serial)
    sandbox.calls.clear()
    under = [replace(DEVICE, key=key, made_here=())]
    report = go(sandbox, "reconcile", under)

    assert problems(report) == []
    assert "secretsmanager:UpdateSecret" in [call.name for call in sandbox.calls]
    assert sandbox.client("secretsmanager", HOME.region).describe_secret(SecretId=DEVICE.secret)["KmsKeyId"] == key
    assert said(go(sandbox, "plan", under)) == []


def test_codes_are_accepted_with_clocks_that_differ() -> None:
    seed = pyotp.random_base32(64)
    sandbox = Sandbox()
    now = sandbox.clock()
    present = totp.step(now)
    assert totp.pair(seed, now) == (totp.code(seed, present - 1), totp.code(seed, present))
    assert totp.matching_step(seed, totp.code(seed, present + 5), now, apart=10) == present + 5
    assert totp.matching_step(seed, totp.code(seed, present + 11), now, apart=10) is None
