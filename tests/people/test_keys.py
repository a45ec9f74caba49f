"""Access keys: listed with their use, rotated under a policy that demands MFA, and moved into a keychain."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awsbase import policies
from awsbase.errors import AwsbaseError, Refused
from awsbase.people import file_writing, files, key_places, keys, profiles, rotation
from awsbase.people.keychain import Keychain, accepted
from awsbase.people.keys import AccessKey
from awsbase.people.locks import locked
from awsbase.sandbox import Fault
from awsbase.scripts.keys import document, table
from tests.conftest import needs
from tests.people.alice import ACCOUNT, Alice
from tests.people.keychains import Chain, Locked, Memory, Silent, backend_of, in_a_file
from tests.people.leaks import assert_no_secret
from tests.people.shell import AWS, ROOT, Shell, ended, served, shell_of, without_waiting_for_keys

PROGRAM = "/opt/our tools/awsbase"
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
OLD = AccessKey("AKIAOLD1", True, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 29, tzinfo=UTC), "s3", ("a", "b"))
NEW = AccessKey("AKIANEW2", False, datetime(2026, 6, 30, tzinfo=UTC), None, None)


def test_keys_are_a_table_without_their_ids() -> None:
    assert table([OLD, NEW], NOW) == (
        "KEY    STATUS    SINCE               LAST USED                PROFILES\n"
        "…OLD1  active    2026-01-01 (180 d)  2026-06-29 (1 d) for s3  a, b\n"
        "…NEW2  disabled  2026-06-30 (today)  never                    -\n"
    )


def test_keys_are_a_document_with_their_ids() -> None:
    assert document(OLD) == {
        "key": "AKIAOLD1",
        "status": "active",
        "created": "2026-01-01T00:00:00Z",
        "last_used": "2026-06-29T00:00:00Z",
        "service": "s3",
        "profiles": ["a", "b"],
    }
    assert (document(NEW)["last_used"], document(NEW)["profiles"]) == (None, [])


def test_a_key_is_rotated_with_one_code_under_the_policies_for_people(tmp_path: Path) -> None:
    alice = Alice(tmp_path, enforce=True)
    iam = alice.sandbox.client("iam")
    for name in ("self-service", "require-mfa"):
        text = json.dumps(policies.render(name, {"partition": "aws", "account": ACCOUNT, "region": "eu-west-1"}))
        made = iam.create_policy(PolicyName=name, PolicyDocument=text)["Policy"]["Arn"]
        iam.attach_user_policy(UserName="alice", PolicyArn=made)
    alice.types(alice.phone.code)
    person, source = alice.person(), profiles.find(alice.files, "acme", {})
    place = key_places.InFiles(alice.files, "acme")
    account = rotation.open_account(person, source, place, "eu-west-1")
    work = rotation.Rotation(person, account, source, place, alice.sandbox.clock, 0, lambda _: False)
    assert "is deleted" in rotation.rotate(work)
    assert len(alice.terminal.asked) == 1
    assert place.keys.key_id != alice.key_id


# The keychain.


def stored(alice: Alice, profile: str = "acme", keychain: Keychain | None = None) -> list[str]:
    return keys.move(alice.files, profile, lambda: keychain or Keychain(Memory()), PROGRAM)[1]


def test_a_key_moves_out_of_the_files(alice: Alice) -> None:
    held = files.read_credentials(alice.files)["acme"]
    file_writing.write_credentials(alice.files, "copy", {**held, "x_note": "mine"})
    keychain = Keychain(Memory())
    assert stored(alice, "copy", keychain) == ["acme", "copy"]

    assert files.read_credentials(alice.files) == {"acme": {}, "copy": {"x_note": "mine"}}
    process = f"'{PROGRAM}' keys credentials --key {alice.key_id}"
    config = files.read_config(alice.files)
    assert (config["acme"]["credential_process"], config["copy"]["credential_process"]) == (process, process)
    assert config["acme"]["region"] == "eu-west-1"
    assert keychain.get(alice.key_id) == alice.key
    assert keys.profiles_of(alice.files, alice.key_id) == ["acme", "copy"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"role_arn": "arn:aws:iam::1:role/R"}, "profile acme has role_arn beside the key"),
        ({"credential_process": "other"}, "profile acme has credential_process beside the key"),
        ({"sso_session": "x"}, "profile acme has sso_session beside the key"),
    ],
)
def test_a_profile_that_would_not_use_the_keychain_keeps_its_key(
    alice: Alice, settings: dict[str, str], message: str
) -> None:
    file_writing.write_config(alice.files, "acme", settings)
    before = alice.files.credentials.read_bytes()
    with pytest.raises(Refused, match=message):
        stored(alice)
    assert alice.files.credentials.read_bytes() == before


def test_what_is_no_key_in_a_file_is_not_moved(alice: Alice) -> None:
    keychain = Keychain(Memory())
    stored(alice, keychain=keychain)
    with pytest.raises(Refused, match="is in the keychain already"):
        stored(alice, keychain=keychain)
    file_writing.write_credentials(alice.files, "session", {"aws_access_key_id": "A", "aws_secret_access_key": "b",
                                                     "aws_session_token": "c"})  # fmt: skip
    with pytest.raises(Refused, match="profile session has no long-term access key"):
        stored(alice, "session")


@pytest.mark.parametrize(
    ("backend", "message"),
    [(Silent(), "the keychain did not keep the access key"), (Locked(), "does not answer: RuntimeError")],
    ids=["silent", "locked"],
)
def test_a_keychain_that_does_not_keep_a_key_costs_nobody_their_key(
    alice: Alice, backend: Memory, message: str
) -> None:
    before = alice.files.credentials.read_bytes(), alice.files.config.read_bytes()
    with pytest.raises(AwsbaseError, match=message) as caught:
        stored(alice, keychain=Keychain(backend))
    assert (alice.files.credentials.read_bytes(), alice.files.config.read_bytes()) == before
    assert_no_secret(alice, f"{caught.value} {caught.value.hint}")


PLAIN = backend_of("keyrings.alt.file", "PlaintextKeyring")
NULL, FAIL = backend_of("keyring.backends.null"), backend_of("keyring.backends.fail")
GOOD = backend_of("keyring.backends.SecretService")


@pytest.mark.parametrize(
    ("backend", "named"),
    [
        (PLAIN, r"keyrings\.alt\.file\.PlaintextKeyring keeps passwords in files of its own, most of them as plain"),
        (backend_of("keyrings.alt.Gnome"), r"keyrings\.alt\.Gnome\.Keyring keeps"),
        (NULL, r"keyring\.backends\.null\.Keyring keeps nothing"),
        (FAIL, r"keyring\.backends\.fail\.Keyring stands for no keychain"),
        (Chain(PLAIN, NULL), r"PlaintextKeyring .*; keyring\.backends\.null\.Keyring"),
    ],
    ids=["plain text", "other", "null", "fail", "several"],
)
def test_a_backend_that_keeps_plain_text_or_nothing_is_refused_by_name(backend: object, named: str) -> None:
    with pytest.raises(Refused, match=named):
        accepted(backend)


@pytest.mark.parametrize("backend", [GOOD, Chain(GOOD, PLAIN), Chain(PLAIN, GOOD)], ids=["one", "first", "last"])
def test_a_good_backend_is_used_and_never_one_with_plain_text_beside_it(backend: object) -> None:
    assert accepted(backend) is GOOD


# As processes. `keyring` is an extra.


@pytest.fixture
def keychain(alice: Alice) -> dict[str, str]:
    """Return the environment that selects a backend of keyring for tests."""
    pytest.importorskip("keyring", reason="keyring is not installed: it is in the extra `keychain`")
    folder = alice.home / "backend"
    folder.mkdir()
    return in_a_file(folder)


USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
LISTED = r"…{key}  active  \d{{4}}-\d\d-\d\d \(today\)  (never|\d{{4}}-\d\d-\d\d \(today\) for \w+)  {profiles}\n"


@pytest.mark.slow
def test_keys_are_listed_and_rotated_by_the_commands(alice: Alice) -> None:
    shell = shell_of(alice)
    without_waiting_for_keys(alice.sandbox)
    with served(alice):
        old = alice.key_id
        listed = shell.run("keys", "list", "--profile", "acme").stdout
        assert re.search(LISTED.format(key=old[-4:], profiles="acme"), listed), listed

        rotated = shell.run("keys", "rotate", "--profile", "acme", "--region", "eu-west-1", "--grace", "1h")
        new = files.read_credentials(alice.files)["acme"]["aws_access_key_id"]
        assert f"the old access key …{old[-4:]} is disabled" in rotated.stdout, rotated.stderr
        assert f"the new access key …{new[-4:]} works, and profile acme uses it\n" in rotated.stderr
        assert_no_secret(alice, rotated.stdout + rotated.stderr)
        assert shell.program(AWS, "--profile", "acme", "sts", "get-caller-identity").returncode == 0

        document = json.loads(shell.run("keys", "list", "--profile", "acme", "--json").stdout)
        assert [(key["key"], key["status"], key["profiles"]) for key in document["keys"]] == [
            (old, "disabled", []),
            (new, "active", ["acme"]),
        ]
        assert "is deleted" in shell.run("keys", "rotate", "--profile", "acme", "--grace", "0").stdout
        assert "keys come from the environment" not in rotated.stderr


@pytest.mark.slow
def test_a_second_rotation_waits_for_the_first_and_finds_what_it_has_done(alice: Alice) -> None:
    shell, old = shell_of(alice), alice.key_id
    first = ExitStack()
    first.enter_context(locked(alice.files.state / "keys.lock"))
    second = shell.spawn("keys", "rotate", "--profile", "acme")
    second.expect_exact("another awsbase is at work on the keys; waiting for it")
    source, place = profiles.find(alice.files, "acme", {}), key_places.InFiles(alice.files, "acme")
    account = rotation.open_account(alice.person(), source, place, "eu-west-1")
    clock = alice.sandbox.clock
    rotation.rotate(rotation.Rotation(alice.person(), account, source, place, clock, None, lambda _: False))
    new = place.keys.key_id
    with served(alice):
        first.close()
        shown = ended(second)
    assert f"the old access key …{old[-4:]} is disabled" in shown
    assert place.keys.key_id == new


@pytest.mark.slow
def test_keys_are_listed_with_a_code_if_a_policy_demands_one(alice: Alice) -> None:
    shell = shell_of(alice)
    with served(alice):
        alice.sandbox.faults.add(Fault("access denied", on="iam:ListAccessKeys"))
        run = shell.spawn("keys", "list", "--profile", "acme")
        run.expect_exact("MFA code of alice-0: ")
        run.sendline(alice.phone.code())
        assert f"…{alice.key_id[-4:]}  active" in ended(run)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["rotate", "store"])
def test_keys_in_the_environment_are_not_replaced(alice: Alice, command: str) -> None:
    environ = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x"}
    done = shell_of(alice).run("keys", command, **environ)
    assert done.returncode == 1
    assert done.stderr.startswith("awsbase: your access key comes from the environment")


@pytest.mark.slow
def test_without_the_extra_the_keychain_says_what_is_missing(alice: Alice) -> None:
    shell = shell_of(alice)
    (alice.home / "keyring.py").write_text("raise ModuleNotFoundError(name='keyring')\n")
    done = shell.run("keys", "store", "--profile", "acme", PYTHONPATH=f"{alice.home}:{ROOT}")
    what, hint = done.stderr.splitlines()
    assert what == "awsbase: the keychain needs the package keyring"
    assert re.fullmatch(r"  → install it with `.*pip install .*'?keyring.*`", hint)
    assert files.read_credentials(alice.files)["acme"]["aws_access_key_id"] == alice.key_id


def works_from_the_keychain(shell: Shell, **environ: str) -> None:
    """Store Alice's key, and do with it what she did with the key in her files."""
    alice = shell.alice
    without_waiting_for_keys(alice.sandbox)
    done = shell.run("keys", "store", "--profile", "acme", **environ)
    assert done.stdout == f"the access key …{alice.key_id[-4:]} is in the keychain; profile acme takes it from there\n"
    texts = alice.files.credentials.read_text() + alice.files.config.read_text()
    assert alice.key.reveal() not in texts

    identity = shell.program(AWS, "--profile", "acme", "sts", "get-caller-identity", "--query", "Arn", **environ)
    assert identity.stdout == f'"{USER}"\n', identity.stderr
    assert USER in shell.run("whoami", "--profile", "acme", **environ).stdout
    assert "acme" in shell.run("keys", "list", "--profile", "acme", **environ).stdout

    run = shell.spawn("exec", "--profile", "acme", "--", "sh", "-c", "echo as $AWSBASE_EXEC", **environ)
    run.expect_exact("MFA code of alice-0: ")
    run.sendline(alice.phone.code())
    assert "as acme-mfa" in ended(run)

    rotated = shell.run("keys", "rotate", "--profile", "acme", "--grace", "0", **environ)
    assert f"the old access key …{alice.key_id[-4:]} is deleted" in rotated.stdout, rotated.stderr
    identity = shell.program(AWS, "--profile", "acme", "sts", "get-caller-identity", "--query", "Arn", **environ)
    assert identity.stdout == f'"{USER}"\n', identity.stderr
    # The session belongs to the key that got it: the new key asks for a code.
    assert "no terminal" in shell.run("mfa", "refresh", "--profile", "acme", **environ).stderr
    shown = done.stdout + done.stderr + rotated.stdout + rotated.stderr
    assert_no_secret(alice, shown, but=[alice.home / "keychain.json"])
    alice.home.joinpath("keychain.json").unlink(missing_ok=True)


@pytest.mark.slow
def test_everything_works_from_a_keychain(alice: Alice, keychain: dict[str, str]) -> None:
    with served(alice):
        works_from_the_keychain(shell_of(alice), **keychain)


@pytest.fixture
def secret_service(alice: Alice, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Start a session bus with gnome-keyring on it, unlocked; yield the environment that leads there."""
    pytest.importorskip("keyring", reason="keyring is not installed: it is in the extra `keychain`")
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    script = (
        "printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null && "
        "echo $DBUS_SESSION_BUS_ADDRESS && exec cat"
    )
    environ = {"HOME": str(alice.home), "XDG_RUNTIME_DIR": str(runtime), "PATH": os.environ["PATH"]}
    command = ["dbus-run-session", "--", "sh", "-c", script]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environ, text=True, **pipes) as bus:  # type: ignore[call-overload]
        address = bus.stdout.readline().strip()
        assert address, "there is no session bus, or no keyring on it"
        yield {"DBUS_SESSION_BUS_ADDRESS": address, "XDG_RUNTIME_DIR": str(runtime)}
        bus.stdin.close()


@pytest.mark.slow
@needs("dbus-run-session")
@needs("gnome-keyring-daemon")
def test_everything_works_from_the_secret_service(alice: Alice, secret_service: dict[str, str]) -> None:
    with served(alice):
        works_from_the_keychain(shell_of(alice), **secret_service)
