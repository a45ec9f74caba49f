"""A user is deleted with all credentials and memberships, in the order that IAM requires."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.ensure.absent_user import AbsentUser
from awsbase.facts.authorization import UserFacts, users
from awsbase.facts.credential_report import Credentials, credentials, virtual_devices
from tests.ensure.planned import HOME, described, planned

BOB = AbsentUser(scope=HOME, name="bob")
MFA = "arn:aws:iam::123456789012:mfa"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
NOTHING = Credentials(login=False, keys=(), certificates=(), ssh_keys=(), services=(), devices=())
FULL = Credentials(
    login=True,
    keys=("AKIAEXAMPLE000001111", "AKIAEXAMPLE000002222"),
    certificates=("CERTIFICATE00000000000003333",),
    ssh_keys=("APKAEXAMPLE000004444",),
    services=("ACCAEXAMPLE000005555",),
    devices=(f"{MFA}/phone", "GAHT12345678"),
)


@pytest.mark.parametrize(
    ("facts", "changes"),
    [
        ({users: {}}, []),
        (
            {users: {"bob": UserFacts("bob", "/")}, (credentials, "bob"): NOTHING, virtual_devices: {}},
            ["delete user"],
        ),
        (
            {
                users: {"bob": UserFacts("Bob", "/", None, frozenset({"Old"}), frozenset({READ}), {"own": {}})},
                (credentials, "Bob"): FULL,
                virtual_devices: {f"{MFA}/phone": "Bob", f"{MFA}/Bob": None, f"{MFA}/Bobby": None, f"{MFA}/x": "eve"},
            },
            [
                "delete login profile",
                "delete access key …1111",
                "delete access key …2222",
                "delete signing certificate …3333",
                "delete SSH key …4444",
                "delete service credential …5555",
                f"delete activation of MFA device {MFA}/phone",
                f"delete MFA device {MFA}/phone",
                "delete activation of MFA device GAHT12345678",
                f"delete MFA device {MFA}/Bob",
                "delete inline policy own",
                f"delete attachment {READ}",
                "delete membership in Old",
                "delete user",
            ],
        ),
    ],
    ids=["not there", "with nothing", "with everything"],
)
def test_absent_user_is_deleted(facts: dict[Any, Any], changes: list[str]) -> None:
    assert described(planned(BOB, facts)) == changes
