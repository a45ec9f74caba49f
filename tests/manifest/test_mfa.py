"""`mfa: {provision: true}`: the device that it stands for, and what is wrong with it in lines."""

from __future__ import annotations

import pytest

from awsbase.ensure.mfa_device import MfaDevice
from awsbase.ensure.user import User
from tests.manifest.test_iam import resources_of, wrong

GROUPS = "iam: {groups: {Ops: {policies: []}}, users: "


def test_provisioned_user_gets_a_device_and_no_manual_action() -> None:
    found = resources_of(GROUPS + "{alice: {groups: [Ops], tags: {team: ops}, mfa: {provision: true}}}}")
    device, user = found["mfa-device/alice"], found["user/alice"]
    assert isinstance(device, MfaDevice)
    assert isinstance(user, User)
    assert (device.secret, device.key, device.tags["team"]) == ("awsbase/mfa/alice", None, "ops")
    assert list(device.needs()) == ["user/alice"]
    assert user.mfa is False


@pytest.mark.parametrize(
    ("seed_to", "secret"),
    [
        ("secret:mfa/{user}", "mfa/alice"),
        ("secret:{name}/{user}/mfa", "acme/alice/mfa"),
        ("secret:only-one", "only-one"),
    ],
)
def test_secret_name_comes_from_a_template(seed_to: str, secret: str) -> None:
    found = resources_of(f"iam: {{users: {{alice: {{mfa: {{provision: true, seed_to: '{seed_to}'}}}}}}}}")
    assert found["mfa-device/alice"].secret == secret


def test_device_depends_on_the_key_of_the_manifest() -> None:
    text = "state: {}\niam: {users: {alice: {mfa: {provision: true, key: 'alias/{name}-state'}}}}"
    device = resources_of(text)["mfa-device/alice"]
    assert device.key == "alias/acme-state"
    assert sorted(device.needs()) == ["key/acme-state", "user/alice"]


def test_absent_user_gets_no_device() -> None:
    assert "mfa-device/bob" not in resources_of("iam: {users: {bob: {state: absent}}}")


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ("{alice: {mfa: {provision: true, seed_to: 'file:x'}}}", "is no place for a seed"),
        ("{alice: {mfa: {provision: true, seed_to: 'secret:a b'}}}", "cannot be the name of a secret"),
        ("{alice: {mfa: {provision: true, seed_to: 'secret:mfa-abcdef'}}}", "cannot be the name of a secret"),
        ("{alice: {mfa: {provision: true, seed_to: 'secret:{usr}'}}}", "no placeholder {usr}"),
        ("{'a,b': {mfa: {provision: true}}}", "'awsbase/mfa/a,b' cannot be the name of a secret"),
        (
            "{al: {mfa: {provision: true, seed_to: 'secret:x'}}, bob: {mfa: {provision: true, seed_to: 'secret:x'}}}",
            "the seed of al is kept there, write {user} into it",
        ),
        ("{alice: {mfa: {provision: false}}}", "iam.users.alice.mfa.provision: must be "),
        ("{alice: {mfa: always}}", "iam.users.alice.mfa: must be required or optional, not 'always'"),
    ],
)
def test_each_mistake_in_mfa_is_one_line(users: str, expected: str) -> None:
    found = wrong(f"iam: {{users: {users}}}")
    assert len(found) == 1
    assert expected in found[0]
