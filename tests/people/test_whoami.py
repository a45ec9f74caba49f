"""The identity of a caller has what AWS reports, and marks everything else as unknown."""

from datetime import timedelta
from typing import Any

import boto3
import pytest

from awsbase.aws import Aws
from awsbase.people import file_writing
from awsbase.people.live_session import SessionRequest
from awsbase.people.session import refresh
from awsbase.people.whoami import Identity, whoami
from awsbase.sandbox import Fault
from awsbase.scripts.whoami import text
from tests.people.alice import ACCOUNT, Alice


def identity_of(alice: Alice, caller: str) -> Identity:
    return whoami(Aws(alice.sandbox.session(caller), "eu-west-1"), alice.files)


USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role"


@pytest.mark.parametrize(
    ("caller", "arn", "kind", "mfa"),
    [
        ("user/alice", USER, "long-term", False),
        ("session/alice", USER, "session", False),
        ("mfa/alice", USER, "session", True),
        ("role/Admin", f"{ROLE}/Admin/session", "role", None),
        ("role/AWSReservedSSO_Admin_0123", f"{ROLE}/AWSReservedSSO_Admin_0123/session", "sso", None),
        ("root", f"arn:aws:iam::{ACCOUNT}:root", "root", None),
    ],
)
def test_kind_of_credentials_is_recognized(alice: Alice, caller: str, arn: str, kind: str, mfa: bool | None) -> None:
    identity = identity_of(alice, caller)
    assert (identity.account, identity.arn, identity.kind, identity.mfa) == (ACCOUNT, arn, kind, mfa)
    assert identity.expires is None


def test_stored_session_has_device_and_expiry(alice: Alice) -> None:
    alice.types(alice.phone.code)
    kept = refresh(SessionRequest("acme"), alice.person())
    session: Any = boto3.Session(profile_name="acme-mfa")
    session.events.register("before-send", alice.sandbox.transport)

    identity = whoami(Aws(session, "eu-west-1"), alice.files)

    assert (identity.kind, identity.mfa, identity.serial) == ("session", True, alice.phone.serial)
    assert (identity.profile, identity.key) == ("acme-mfa", kept.session.key_id[-4:])
    assert identity.expires
    assert abs(identity.expires - kept.session.expires) < timedelta(seconds=1)
    assert kept.session.secret_key.reveal() not in repr(identity)


def test_role_session_was_obtained_with_mfa(alice: Alice) -> None:
    alice.role()
    alice.types(alice.phone.code)
    refresh(SessionRequest("acme", role="Admin"), alice.person())
    session: Any = boto3.Session(profile_name="acme-Admin-mfa")
    session.events.register("before-send", alice.sandbox.transport)

    identity = whoami(Aws(session, "eu-west-1"), alice.files)

    assert (identity.kind, identity.mfa) == ("role", True)
    assert f"mfa          obtained with MFA, {alice.phone.serial}\n" in text(identity, alice.sandbox.clock.now())


def test_alias_is_unknown_without_permission(alice: Alice) -> None:
    assert identity_of(alice, "user/alice").alias == ""
    alice.sandbox.client("iam").create_account_alias(AccountAlias="acme-prod")
    assert identity_of(alice, "user/alice").alias == "acme-prod"
    alice.sandbox.faults.add(Fault("access denied", on="iam:ListAccountAliases"))
    assert identity_of(alice, "user/alice").alias is None


def test_sessions_of_other_tools_are_ignored(alice: Alice) -> None:
    file_writing.write_credentials(
        alice.files, "old", {"x_security_token_expires": "soon", "aws_access_key_id": "AKIA"}
    )
    assert identity_of(alice, "user/alice").profile is None
