"""Who one is to AWS is told as far as AWS tells it, and no further."""

from datetime import timedelta
from typing import Any

import boto3
import pytest

from awsbase.aws import Aws
from awsbase.people import files
from awsbase.people.session import SessionRequest, refresh
from awsbase.people.whoami import Identity, whoami
from awsbase.sandbox import Fault
from awsbase.scripts.whoami import text
from tests.people.alice import ACCOUNT, Alice


def asked(alice: Alice, caller: str) -> Identity:
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
def test_the_kind_of_credentials_is_told(alice: Alice, caller: str, arn: str, kind: str, mfa: bool | None) -> None:
    identity = asked(alice, caller)
    assert (identity.account, identity.arn, identity.kind, identity.mfa) == (ACCOUNT, arn, kind, mfa)
    assert identity.expires is None


def test_a_session_of_ours_is_known_with_its_device_and_end(alice: Alice) -> None:
    alice.types(alice.phone.code)
    held = refresh(SessionRequest("acme"), alice.person())
    session: Any = boto3.Session(profile_name="acme-mfa")
    session.events.register("before-send", alice.sandbox.transport)

    identity = whoami(Aws(session, "eu-west-1"), alice.files)

    assert (identity.kind, identity.mfa, identity.serial) == ("session", True, alice.phone.serial)
    assert (identity.profile, identity.key) == ("acme-mfa", held.session.key_id[-4:])
    assert identity.expires
    assert abs(identity.expires - held.session.expires) < timedelta(seconds=1)
    assert held.session.secret_key.reveal() not in repr(identity)


def test_a_session_of_a_role_was_obtained_with_mfa(alice: Alice) -> None:
    alice.role()
    alice.types(alice.phone.code)
    refresh(SessionRequest("acme", role="Admin"), alice.person())
    session: Any = boto3.Session(profile_name="acme-Admin-mfa")
    session.events.register("before-send", alice.sandbox.transport)

    identity = whoami(Aws(session, "eu-west-1"), alice.files)

    assert (identity.kind, identity.mfa) == ("role", True)
    assert f"mfa          obtained with MFA, {alice.phone.serial}\n" in text(identity, alice.sandbox.clock.now())


def test_the_alias_is_told_where_it_may_be_read(alice: Alice) -> None:
    assert asked(alice, "user/alice").alias == ""
    alice.sandbox.client("iam").create_account_alias(AccountAlias="acme-prod")
    assert asked(alice, "user/alice").alias == "acme-prod"
    alice.sandbox.faults.add(Fault("access denied", on="iam:ListAccountAliases"))
    assert asked(alice, "user/alice").alias is None


def test_files_of_other_tools_do_not_matter(alice: Alice) -> None:
    files.write_credentials(alice.files, "old", {"x_security_token_expires": "soon", "aws_access_key_id": "AKIA"})
    assert asked(alice, "user/alice").profile is None
