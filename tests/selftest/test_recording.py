"""Nothing that an account handed out is in what a selftest records of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awsbase.errors import UsageError
from awsbase.samples.sample import HOME
from awsbase.sandbox import Sandbox
from awsbase.selftest.naming import Naming
from awsbase.selftest.recording import prepared
from awsbase.selftest.run import attempt
from awsbase.selftest.scrubbing import GONE, Scrubber
from tests.selftest.account import ACCOUNT, account, place, sample

NAMING = Naming("selftest-0abc1234", ACCOUNT)
# A caller, and what else of a person an account tells.
CALLER = "jane.roe"


def handed_out(played: Sandbox) -> Iterator[str]:
    """Yield the secrets, keys and ids that an account has given away, by what it remembers of them."""
    iam = played.backend("iam", "aws")
    for user in iam.users.values():
        yield user.id
        yield from (text for key in user.access_keys for text in (key.access_key_id, key.secret_access_key))
    yield from (role.id for role in iam.roles.values())
    yield from (group.id for group in iam.groups.values())
    yield from (policy.id for policy in iam.managed_policies.values() if ACCOUNT in policy.arn)
    for backend in played.backends("secretsmanager").values():
        for secret in backend.secrets.values():
            yield secret.arn.rpartition("-")[2]
            yield from (each["secret_string"] for each in secret.versions.values() if each.get("secret_string"))
    for backend in played.backends("kms").values():
        yield from backend.keys
    for backend in played.backends("ec2").values():
        yield from backend.vpcs


GIVEN = ("SecretAccessKey", "AccessKeyId", "ServicePassword", "ServiceUserName", "Base32StringSeed")


def given_in(answer: object) -> Iterator[str]:
    """Yield the credentials in an answer."""
    if isinstance(answer, dict):
        for name, each in answer.items():
            if name in GIVEN:
                yield each.decode() if isinstance(each, bytes) else each
            yield from given_in(each)


def recorded(tmp_path: Path, *names: str) -> tuple[str, set[str]]:
    """Return what is recorded of samples, and what the account handed out meanwhile."""
    played, given = account(), set[str]()
    here = place(played, tmp_path)
    assert here.recorder
    here.recorder.hide([CALLER])
    here.tell = lambda text: given.update(handed_out(played))
    connect = here.connect

    def listening(client: Any) -> None:
        client.meta.events.register("after-call.*", lambda parsed, **_: given.update(given_in(parsed)))

    here.connect = lambda attach: connect([*attach, listening])
    for name in names:
        results: list[Any] = []
        attempt(here, replace(sample(name), tamperings={}), "0abc", results)
        assert not results[0].failed, results[0].steps
    return "".join(file.read_text() for file in tmp_path.glob("*.jsonl")), given


def test_nothing_that_an_account_handed_out_is_recorded(tmp_path: Path) -> None:
    text, given = recorded(tmp_path, "absent user", "parameter", "topic with a key", "role")
    assert len(given) > 10
    assert [each for each in given if each in text] == []
    assert [each for each in (ACCOUNT, "selftest-", "correct-Horse") if each in text] == []
    # It is still the answers of AWS.
    asked = {json.loads(line)["operation"] for line in text.splitlines()}
    assert {"CreateKey", "GetAccountAuthorizationDetails", "GetParametersByPath"} <= asked
    assert "policy/deploy" in text
    assert HOME.account in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/{CALLER}", f"arn:aws:iam::{HOME.account}:user/name-1"),
        ("i-0abcdef1234567890", "i-00000000000000001"),
        ("mail jane@roe.org", "mail mail-1@elsewhere.example"),
        ("from 8.8.4.4 to 10.42.0.0/24", "from 198.51.100.1 to 10.42.0.0/24"),
        ("2a05:d018:abc::1", "2001:db8:1::"),
        ("12:30:45 from ::/0", "12:30:45 from ::/0"),
        ("AKIAIOSFODNN7QWERTYU", "AKIAEXAMPLE000000001"),
        ("https://x?X-Amz-Signature=abcdef&a=1", "https://x?signature-1&a=1"),
        ("444455556666", "999999999998"),
        ("selftest-0abc1234-x-Ops", "Ops"),
        ('{"Resource": "arn:aws:s3:::selftest-0abc1234-state"}', '{"Resource": "arn:aws:s3:::acme-state"}'),
        ("Enabled in eu-west-1 by ec2.amazonaws.com", "Enabled in eu-west-1 by ec2.amazonaws.com"),
    ],
    ids=lambda text: str(text)[:24],
)
def test_whose_something_is_gets_a_stand_in_of_its_shape(text: str, shown: str) -> None:
    scrubber = Scrubber()
    scrubber.hide([CALLER])
    assert scrubber.text(text, NAMING) == shown
    assert scrubber.text(text, NAMING) == shown


def test_what_lets_somebody_in_is_left_out() -> None:
    scrubber = Scrubber()
    told = {"SecretAccessKey": "a", "Nested": [{"SecretString": "b", "Name": "c"}], "Plaintext": b"d"}
    assert scrubber.scrub(told, None, NAMING) == {
        "SecretAccessKey": GONE,
        "Nested": [{"SecretString": GONE, "Name": "c"}],
        "Plaintext": GONE,
    }
    lock = {"Name": "/locks/awsbase/00000001", "Type": "String", "Value": "jane"}
    plain = {"Name": "/acme/base/x", "Type": "String", "Value": "arn"}
    hidden = {"Name": "/acme/base/x", "Type": "SecureString", "Value": "arn"}
    model = Sandbox().client("ssm", HOME.region).meta.service_model.shape_for("Parameter")
    shown = [scrubber.scrub(each, model, NAMING)["Value"] for each in (lock, plain, hidden)]
    assert shown == [GONE, "arn", GONE]


def test_recordings_go_into_a_folder_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "records"
    assert prepared(folder) == folder
    (folder / "theirs").touch()
    with pytest.raises(UsageError, match="holds something already"):
        prepared(folder)
