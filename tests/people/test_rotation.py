"""A rotation goes on wherever it was interrupted, and leaves its person a working key at each moment."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from awsbase.errors import AwsbaseError, Refused
from awsbase.people import file_writing, files, key_places, keys, profiles, rotation
from awsbase.people.key_places import Place
from awsbase.people.keychain import Keychain
from awsbase.sandbox import Fault
from awsbase.sandbox.faults import Killed
from tests.people.alice import Alice
from tests.people.keychains import Memory

DAY = 24 * 3600
PROGRAM = "/opt/our tools/awsbase"


class Person:
    """Alice with her keychain, who starts rotations."""

    def __init__(self, alice: Alice, place: str) -> None:
        self.alice, self.memory = alice, Memory()
        self.keychain = Keychain(self.memory)
        self.iam = alice.sandbox.client("iam")
        if place == "keychain":
            keys.move(alice.files, "acme", lambda: self.keychain, PROGRAM)
        elif place == "config":
            held = files.read_credentials(alice.files)["acme"]
            key_places.CONFIG.write(alice.files, "acme", dict(held))
            alice.files.credentials.unlink()

    def place(self, profile: str = "acme") -> Place:
        found = key_places.place_of(self.alice.files, profile, lambda: self.keychain)
        assert found
        return found

    def rotate(self, grace: int | None = None, *, yes: bool = False) -> str:
        person = self.alice.person()
        source = profiles.find(self.alice.files, "acme", {})
        place = self.place()
        account = rotation.open_account(person, source, place, "eu-west-1")
        clock = self.alice.sandbox.clock
        return rotation.rotate(rotation.Rotation(person, account, source, place, clock, grace, lambda _: yes))

    def keys(self) -> dict[str, str]:
        listed = self.iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in listed}

    def holds(self, profile: str = "acme") -> str:
        """Return the id of the key that a profile of hers has; AWS must accept that key."""
        held = self.place(profile).keys
        assert self.keys()[held.key_id] == "Active"
        assert held.secret_key.reveal() == self.secret(held.key_id)
        return held.key_id

    def copy(self) -> Person:
        """Let another profile of hers have the same key."""
        file, option = (key_places.CREDENTIALS, "aws_access_key_id")
        if option not in files.read_credentials(self.alice.files).get("acme", {}):
            file = key_places.CONFIG
        held = file.read(self.alice.files)["acme"]
        file.write(self.alice.files, "copy", {key: held[key] for key in held if key.startswith(("aws", "cred"))})
        return self

    def secret(self, key_id: str) -> str:
        backend: Any = self.alice.sandbox.backend("iam", "aws")
        return str(backend.access_keys[key_id].secret_access_key)


@pytest.fixture(params=["credentials", "config", "keychain"])
def everywhere(alice: Alice, request: pytest.FixtureRequest) -> Person:
    """Return a person for each place of a key."""
    return Person(alice, request.param)


@pytest.fixture
def person(alice: Alice) -> Person:
    return Person(alice, "credentials")


def test_the_new_key_is_in_use_and_the_old_one_disabled_and_a_day_later_deleted(everywhere: Person) -> None:
    person, old = everywhere, everywhere.alice.key_id
    comes_next = person.rotate()

    new = person.holds()
    assert new != old
    assert person.keys() == {old: "Inactive", new: "Active"}
    assert comes_next == (
        f"the old access key …{old[-4:]} is disabled; `awsbase keys rotate` deletes it in 24 h or later\n"
        f"if something still needs it: aws iam update-access-key --access-key-id {old} --status Active"
    )

    person.alice.sandbox.clock.advance(3600)
    assert "deletes it in 22 h" in person.rotate() or "deletes it in 23 h" in person.rotate()
    assert person.keys() == {old: "Inactive", new: "Active"}

    person.alice.sandbox.clock.advance(DAY)
    assert person.rotate() == f"the old access key …{old[-4:]} is deleted"
    assert person.keys() == {new: "Active"}
    assert person.holds() == new
    assert person.keychain.get(old) is None
    person.rotate()
    assert person.holds() != new


def test_without_a_grace_period_the_old_key_is_deleted_at_once(everywhere: Person) -> None:
    assert "is deleted" in everywhere.rotate(0)
    assert everywhere.keys() == {everywhere.holds(): "Active"}


def test_a_grace_period_holds_until_another_one_is_named(person: Person) -> None:
    person.rotate(3 * DAY)
    person.alice.sandbox.clock.advance(2 * DAY)
    assert "is disabled" in person.rotate()
    assert "is deleted" in person.rotate(0)


def test_an_old_key_that_was_enabled_again_gets_the_whole_time_once_more(person: Person) -> None:
    old = person.alice.key_id
    person.rotate()
    person.iam.update_access_key(UserName="alice", AccessKeyId=old, Status="Active")
    person.alice.sandbox.clock.advance(2 * DAY)
    assert "deletes it in 24 h" in person.rotate()
    assert person.keys()[old] == "Inactive"


def test_every_profile_with_the_key_gets_the_new_one(person: Person) -> None:
    held = files.read_credentials(person.alice.files)["acme"]
    file_writing.write_credentials(person.alice.files, "copy", dict(held))
    key_places.CONFIG.write(person.alice.files, "third", {**held, "region": "eu-west-1"})
    person.rotate()
    assert {person.place(name).keys.key_id for name in ("acme", "copy", "third")} == {person.holds()}
    assert "profile acme, copy, third uses it" in "".join(person.alice.terminal.messages)


def test_only_the_key_changes_in_the_files(everywhere: Person) -> None:
    def texts() -> str:
        found = (everywhere.alice.files.credentials, everywhere.alice.files.config)
        return "".join(path.read_text() for path in found if path.exists())

    old = everywhere.place().keys
    before = texts()
    everywhere.rotate(0)
    new = everywhere.place().keys
    expected = before.replace(old.key_id, new.key_id).replace(old.secret_key.reveal(), new.secret_key.reveal())
    assert texts() == expected


# Refusals.


def test_another_active_key_is_never_touched(person: Person) -> None:
    other = person.iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    before = person.keys()
    with pytest.raises(Refused, match=f"alice has another active key, …{other[-4:]}, never used; AWS allows 2"):
        person.rotate(yes=True)
    assert person.keys() == before


def test_a_rotation_that_somebody_ended_by_hand_disables_nothing(person: Person) -> None:
    old = person.alice.key_id
    person.alice.sandbox.faults.add(Fault("killed before", on="iam:CreateAccessKey"))
    with pytest.raises(Killed):
        person.rotate()
    mine = person.iam.create_access_key(UserName="alice")["AccessKey"]
    person.alice.sandbox.clock.advance(60)
    values = {"aws_access_key_id": mine["AccessKeyId"], "aws_secret_access_key": mine["SecretAccessKey"]}
    file_writing.write_credentials(person.alice.files, "acme", values)
    with pytest.raises(Refused, match=f"alice has another active key, …{old[-4:]}"):
        person.rotate()
    assert set(person.keys().values()) == {"Active"}


@pytest.mark.parametrize("yes", [True, False])
def test_a_disabled_key_is_deleted_if_the_person_agrees(person: Person, yes: bool) -> None:
    other = person.iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    person.iam.update_access_key(UserName="alice", AccessKeyId=other, Status="Inactive")
    if not yes:
        with pytest.raises(Refused, match="nothing was changed"):
            person.rotate(yes=False)
        assert person.keys() == {person.alice.key_id: "Active", other: "Inactive"}
        return
    person.rotate(yes=True)
    assert set(person.keys()).isdisjoint({other})


def test_a_key_that_somebody_makes_meanwhile_is_never_deleted(person: Person) -> None:
    person.alice.sandbox.faults.add(Fault("killed before", on="iam:CreateAccessKey"))
    with pytest.raises(Killed):
        person.rotate()
    person.alice.sandbox.clock.advance(600)
    other = person.iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    with pytest.raises(Refused, match=f"another key meanwhile, …{other[-4:]}, which this rotation did not make"):
        person.rotate()
    assert person.keys()[other] == "Active"


def test_a_key_that_is_not_the_users_is_not_rotated(person: Person) -> None:
    alice, place = person.alice, person.place()
    source = profiles.find(alice.files, "acme", {})
    account = rotation.open_account(alice.person(), source, place, "eu-west-1")
    person.iam.create_user(UserName="bob")
    bob = person.iam.create_access_key(UserName="bob")["AccessKey"]
    values = {"aws_access_key_id": bob["AccessKeyId"], "aws_secret_access_key": bob["SecretAccessKey"]}
    file_writing.write_credentials(alice.files, "acme", values)
    work = rotation.Rotation(alice.person(), account, source, place, alice.sandbox.clock, 0, lambda _: True)
    with pytest.raises(Refused, match=f"alice has no access key …{bob['AccessKeyId'][-4:]}, which profile acme holds"):
        rotation.rotate(work)


def test_a_code_is_asked_for_at_whichever_call_a_policy_demands_it(person: Person) -> None:
    person.alice.types(person.alice.phone.code)
    person.alice.sandbox.faults.add(Fault("access denied", on="iam:UpdateAccessKey"))
    assert "is disabled" in person.rotate()
    assert len(person.alice.terminal.asked) == 1


# Interruptions.


class Killer:
    """Ends the process, as `kill -9` would, before the n-th write to a file or to the keychain."""

    WRITES = ("os.rename", "os.remove", "os.mkdir", "os.truncate")

    def __init__(self, folder: str, at: int) -> None:
        self.folder, self.at, self.seen = folder, at, 0

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if (opened or event in self.WRITES) and str(arguments[0]).startswith(self.folder):
            self.count(event)

    def count(self, what: str) -> None:
        self.seen += 1
        if self.seen == self.at:
            raise Killed(what)


WRITING = os.O_WRONLY | os.O_RDWR
KILLERS: list[Killer] = []


def hear(event: str, arguments: tuple[Any, ...]) -> None:
    for killer in KILLERS:
        killer.hear(event, arguments)


sys.addaudithook(hear)  # it cannot be removed, and does nothing while there is no killer


@contextmanager
def killed_at(person: Person, at: int) -> Iterator[Killer]:
    """Kill what runs in the block at its n-th write; count the writes."""
    killer = Killer(str(person.alice.home), at)
    KILLERS.append(killer)
    person.memory.before_write = killer.count
    try:
        yield killer
    except Killed:
        pass
    finally:
        KILLERS.remove(killer)
        person.memory.before_write = lambda what: None


def goes_on(person: Person, *, finished: bool) -> None:
    """Check that a person has a working key after whatever happened, and that the next runs finish the rotation."""
    old = person.alice.key_id
    person.alice.sandbox.faults.clear()
    assert {person.holds("acme"), person.holds("copy")} <= person.keys().keys()
    assert len(person.keys()) <= 2

    # If all but the last step was done, the next run is the last one.
    if not finished and "is disabled" in person.rotate(DAY):
        assert person.keys() == {old: "Inactive", person.holds(): "Active"}
        person.alice.sandbox.clock.advance(DAY + 1)
        assert "is deleted" in person.rotate()
    new = person.holds()
    assert new != old
    assert person.holds("copy") == new
    assert person.keys() == {new: "Active"}
    assert not list(person.alice.files.state.glob("rotation-*.json"))
    assert key_places.NEW_ID not in str(files.read_credentials(person.alice.files))
    assert set(person.memory.kept) <= {("awsbase", new)}


def begun(person: Person) -> None:
    """Rotate, and when the old key's time is over, rotate again: all that a rotation does."""
    person.rotate(DAY)
    person.alice.sandbox.clock.advance(DAY + 1)
    person.rotate()


PLACES = ("credentials", "config", "keychain")
WRITES = 30


@pytest.mark.sampled(6)
@pytest.mark.parametrize("at", range(1, WRITES + 1))
@pytest.mark.parametrize("place", PLACES)
def test_killed_at_any_write_to_files_or_keychain_it_goes_on(alice: Alice, place: str, at: int) -> None:
    person = Person(alice, place).copy()
    with killed_at(person, at) as killer:
        begun(person)
    assert killer.seen < WRITES, "raise WRITES: there are more writes than this test tries"
    goes_on(person, finished=killer.seen < at)


CALLS = {"CreateAccessKey": 1, "UpdateAccessKey": 1, "DeleteAccessKey": 1, "ListAccessKeys": 8, "GetCallerIdentity": 5}
KINDS = ("killed before", "killed after", "reset before", "reset after", "500", "throttle", "stale", "access denied")


@pytest.mark.sampled(8)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("call", "at"), [(call, at) for call, most in CALLS.items() for at in range(1, most + 1)])
@pytest.mark.parametrize("place", PLACES)
def test_whatever_becomes_of_a_call_it_goes_on(alice: Alice, place: str, call: str, at: int, kind: Any) -> None:
    person = Person(alice, place).copy()
    service = "sts" if call == "GetCallerIdentity" else "iam"
    alice.sandbox.faults.add(Fault(kind, at=at, on=f"{service}:{call}"))
    # Without a permission of IAM's, a code is asked for.
    alice.types(*[alice.phone.code] * 3)
    finished = False
    with suppress(Killed, AwsbaseError, ClientError, BotoCoreError):
        begun(person)
        finished = True
    goes_on(person, finished=finished)
