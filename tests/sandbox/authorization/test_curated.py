"""The curated policies, lived with: real calls of people who have them, in a sandbox that enforces."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from awsbase import policies
from awsbase.sandbox import Sandbox
from tests.sandbox.principals import ACCOUNT
from tests.sandbox.refused import refused

PASSWORD = "correct-Horse-battery-1"
STATE, KEY = "acme-state", "a"


class Account:
    """An account with a state bucket under a key of its own, and Ann, who is in a group with curated policies."""

    def __init__(self, names: str, *, enforce: bool = True, strict: bool = True) -> None:
        self.sandbox = Sandbox(enforce=enforce, strict=strict)
        self.sandbox.clock.advance(31 - self.sandbox.clock.time() % 30)
        ours = [{"TagKey": "awsbase:address", "TagValue": "key/state"}]
        self.key = self.sandbox.client("kms").create_key(Tags=ours)["KeyMetadata"]["Arn"]
        s3 = self.sandbox.client("s3")
        s3.create_bucket(Bucket=STATE)
        default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.key}}
        s3.put_bucket_encryption(Bucket=STATE, ServerSideEncryptionConfiguration={"Rules": [default]})
        s3.put_object(Bucket=STATE, Key=KEY)
        self._ann(names)

    def _ann(self, names: str) -> None:
        iam = self.sandbox.client("iam")
        iam.create_group(GroupName="people")
        values = {
            "partition": "aws", "account": ACCOUNT, "region": "us-east-1", "name": "acme", "state_bucket": STATE,
            "state_key": self.key, "audit_bucket": "acme-audit", "trail": "acme-trail", "volume_key": "acme-ebs",
        }  # fmt: skip
        for name in names.split():
            text = policies.minified(policies.render(name, values))
            made = iam.create_policy(PolicyName=name, PolicyDocument=text)["Policy"]["Arn"]
            iam.attach_group_policy(GroupName="people", PolicyArn=made)
        for name in ("ann", "bob"):
            iam.create_user(UserName=name)
        iam.add_user_to_group(GroupName="people", UserName="ann")
        iam.create_login_profile(UserName="ann", Password=PASSWORD, PasswordResetRequired=True)
        self.sandbox.clock.advance(60)

    def ann(self, service: str, *, mfa: bool = False) -> Any:
        return self.sandbox.client(service, caller="mfa/ann" if mfa else "user/ann")


def enrol(account: Account) -> None:
    """Enrol a device as Ann does on her first day, with the password changed and the codes of her phone."""
    iam = account.ann("iam")
    iam.change_password(OldPassword=PASSWORD, NewPassword=PASSWORD + "2")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="ann")["VirtualMFADevice"]
    app, now = pyotp.TOTP(device["Base32StringSeed"].decode()), int(account.sandbox.clock.time())
    codes = {"AuthenticationCode1": app.at(now - 30), "AuthenticationCode2": app.at(now)}
    iam.enable_mfa_device(UserName="ann", SerialNumber=device["SerialNumber"], **codes)
    assert iam.list_mfa_devices(UserName="ann")["MFADevices"]
    account.sandbox.clock.advance(30)
    code = app.at(int(account.sandbox.clock.time()))
    assert account.ann("sts").get_session_token(SerialNumber=device["SerialNumber"], TokenCode=code)


MAKE_ROLE = {
    "RoleName": "x",
    "AssumeRolePolicyDocument": json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }),
}  # fmt: skip


def attempt(service: str, method: str, **params: Any) -> Callable[[Account, bool], str | None]:
    return lambda account, mfa: refused(getattr(account.ann(service, mfa=mfa), method), **params)


WORK = {
    "list users": attempt("iam", "list_users"),
    "list buckets": attempt("s3", "list_buckets"),
    "create a key for oneself": attempt("iam", "create_access_key", UserName="ann"),
    "create a user": attempt("iam", "create_user", UserName="eve"),
    "a device for somebody else": attempt("iam", "create_virtual_mfa_device", VirtualMFADeviceName="bob"),
    "describe instances": attempt("ec2", "describe_instances"),
    "create a topic": attempt("sns", "create_topic", Name="x"),
}
DENIED = ("AccessDenied", "UnauthorizedOperation", "AuthorizationError", "AccessDeniedException")


@pytest.mark.parametrize("names", ["administrator self-service require-mfa", "self-service require-mfa"])
def test_a_new_user_enrols_a_device_by_themselves(names: str) -> None:
    enrol(Account(names))


@pytest.mark.parametrize("what", WORK)
def test_without_mfa_even_an_administrator_can_do_nothing_else(what: str) -> None:
    account = Account("administrator self-service require-mfa")
    assert WORK[what](account, False) in DENIED
    assert WORK[what](account, True) is None


def test_without_the_sandbox_enforcing_nobody_would_notice() -> None:
    for lenient in (Account("require-mfa", enforce=False), Account("require-mfa", enforce=False, strict=False)):
        assert {what: WORK[what](lenient, False) for what in WORK} == dict.fromkeys(WORK)


def test_a_session_without_mfa_is_no_way_round() -> None:
    account = Account("administrator self-service require-mfa")
    session = account.sandbox.client("s3", caller="session/ann")
    assert refused(session.list_buckets) == "AccessDenied"


LOOK = {
    "list the state": ("s3", "list_objects_v2", {"Bucket": STATE}),
    "read the state": ("s3", "get_object", {"Bucket": STATE, "Key": KEY}),
    "write the state": ("s3", "put_object", {"Bucket": STATE, "Key": "b"}),
    "see the key": ("kms", "list_keys", {}),
    "see roles": ("iam", "list_roles", {}),
    "make a role": ("iam", "create_role", MAKE_ROLE),
    "make a bucket": ("s3", "create_bucket", {"Bucket": "acme-web"}),
    "make a network": ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}),
    "make a key": ("kms", "create_key", {}),
}


@pytest.mark.parametrize(
    ("names", "possible"),
    [
        ("administrator", set(LOOK)),
        ("power-user", {"see the key", "see roles", "make a bucket", "make a network"}),
        ("read-only", {"see the key", "see roles"}),
        ("state-writer", {"list the state", "read the state", "write the state"}),
        ("self-service", set()),
    ],
)
def test_what_each_policy_lets_people_do(names: str, possible: set[str]) -> None:
    account = Account(f"{names} require-mfa")
    codes = {
        what: attempt(service, method, **params)(account, True) for what, (service, method, params) in LOOK.items()
    }
    assert {what for what, code in codes.items() if code is None} == possible
    assert set(codes.values()) <= {None, *DENIED}
