"""Rotation of a person's access key: a new one is made, kept, proven and taken, the old one disabled, later deleted.

AWS allows two keys a user, so there is one old and one new key at most. A note beside the AWS files, without secrets,
says which is the old one. Each step finds out whether it is done already, so an interrupted rotation goes on when it is
started again. At each moment the profile holds a whole key that AWS accepts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from awsbase import disk
from awsbase.aws import response_time
from awsbase.engine.account import Account, identify
from awsbase.engine.clock import Clock
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError, LostReply, Refused
from awsbase.people import durations, file_writing, keys
from awsbase.people.files import FileError
from awsbase.people.key_places import Place
from awsbase.people.keys import MAX_KEYS, masked
from awsbase.people.locks import private_folder
from awsbase.people.patience import UNKNOWN_KEYS, retry_while, wait_until
from awsbase.people.profiles import Source
from awsbase.people.resolver import Keys
from awsbase.people.secret import Secret
from awsbase.people.session import Person
from awsbase.records import record

ATTEMPTS = 3
# In seconds: how long the old key stays, disabled.
GRACE = 24 * durations.HOUR
# How far a key's CreateDate may be from the answer of AWS before its creation: the call, and botocore's retries.
AROUND = timedelta(minutes=2)


@record
class Note:
    """What a rotation has to remember: the old key, when a new one was asked for, and how long the old one stays."""

    old: str
    asked: datetime | None = None
    """When a key was last asked for, by AWS's clock: a key of that time whose secret is nowhere is ours, and lost."""
    new: str | None = None
    """The new key, once it is proven."""
    disabled: datetime | None = None
    grace: int | None = None


@record
class Rotation:
    """What a rotation works with: the person, their account, where their key is kept, and the ways to act."""

    person: Person
    account: Account
    source: Source
    place: Place
    clock: Clock
    grace: int | None
    """How many seconds the old key stays, disabled, before it is deleted; None is what was said before, or a day."""
    confirm: Callable[[str], bool]

    @property
    def user(self) -> str:
        assert self.account.user
        return self.account.user

    @property
    def note(self) -> Path:
        return self.person.files.state / f"rotation-{self.account.id}-{self.user}.json"

    def tell(self, text: str) -> None:
        self.person.tell(f"{text}\n")


def rotate(rotation: Rotation) -> str:
    """Go on with a rotation as far as it gets now, with MFA if a policy demands that; return what comes next."""

    def act(account: Account) -> str:
        return go_on(replace(rotation, account=account))

    return keys.with_mfa(rotation.account, rotation.source, rotation.person, act)


def go_on(rotation: Rotation) -> str:
    """Go on with a rotation as far as it gets now, and return a sentence about what comes next.

    Raises Refused when the profile's key is not one of the user's, or there is no room for another key.
    """
    note, current = read(rotation.note), rotation.place.keys
    have = wait_until(rotation.clock, lambda: statuses(rotation), lambda seen: current.key_id in seen)
    if current.key_id not in have:
        raise Refused(
            f"{rotation.user} has no access key {masked(current.key_id)}, which profile "
            f"{rotation.source.keys_profile} holds",
            hint="`awsbase keys list` shows which keys there are",
        )
    # With any other key in the profile, somebody has ended that rotation by hand.
    if note is None or current.key_id not in (note.old, note.new):
        note = begin(rotation, current.key_id, have)
    if note.old == current.key_id:
        note = take(rotation, note, have)
    else:
        rotation.place.take(note.old, current)
        if note.old not in have:
            return finish(rotation, note)
    return retire(rotation, note, active=have[note.old] == "Active")


def begin(rotation: Rotation, current: str, have: Mapping[str, str]) -> Note:
    """Make room for a new key, and note which is the old one.

    Raises Refused when there is another key that may be in use.
    """
    for line in file_writing.check_writable(rotation.person.files):
        rotation.tell(line)
    for other in have.keys() - {current}:
        used = keys.last_use(rotation.account.aws, other).get("LastUsedDate")
        last = f"last used on {used:%Y-%m-%d}" if used else "never used"
        if have[other] == "Active":
            raise Refused(
                f"{rotation.user} has another active key, {masked(other)}, {last}; AWS allows {MAX_KEYS}",
                hint=f"disable it if nothing needs it: aws iam update-access-key --access-key-id {other} "
                "--status Inactive",
            )
        if not rotation.confirm(f"{rotation.user} has a disabled key, {masked(other)}, {last}. Delete it?"):
            raise Refused("nothing was changed")
        delete(rotation, other)
    note = Note(current)
    write(rotation.note, note)
    return note


# The new key.


def take(rotation: Rotation, note: Note, have: Mapping[str, str]) -> Note:
    """Make a new key, keep it, prove it, and let the profiles use it; steps that are done are found, not repeated."""
    new = kept(rotation, note, have) or make(rotation, note)
    prove(rotation, new)
    note = replace(note, new=new.key_id)
    write(rotation.note, note)
    names = rotation.place.take(note.old, new)
    rotation.tell(f"the new access key {masked(new.key_id)} works, and profile {', '.join(names)} uses it")
    return note


def kept(rotation: Rotation, note: Note, have: Mapping[str, str]) -> Keys | None:
    """Return the new key if an earlier run has kept it."""
    active = [key for key, status in have.items() if key != note.old and status == "Active"]
    return next((found for key in active if (found := rotation.place.find(key))), None)


def make(rotation: Rotation, note: Note) -> Keys:
    """Make a new key and keep it beside the old one; delete one whose secret was lost on the way.

    Raises Refused for a key that somebody else made meanwhile.
    """
    iam = rotation.account.aws.iam
    for _ in range(ATTEMPTS):
        note = replace(note, asked=delete_lost(rotation, note))
        write(rotation.note, note)
        try:
            made = iam.create_access_key(UserName=rotation.user)["AccessKey"]
        except LostReply:
            # The answer had the secret. If AWS made the key, the next attempt deletes it.
            wait_until(rotation.clock, lambda: statuses(rotation), lambda seen: len(seen) >= MAX_KEYS)
            continue
        except iam.exceptions.LimitExceededException:
            # A key of an earlier run, which AWS did not list yet.
            have = wait_until(rotation.clock, lambda: statuses(rotation), lambda seen: len(seen) >= MAX_KEYS)
            if found := kept(rotation, note, have):
                return found
            continue
        new = Keys(made["AccessKeyId"], Secret(made["SecretAccessKey"]))
        rotation.place.keep(new)
        return new
    raise AwsbaseError("AWS's answer with the new key was lost again and again", hint="check the network, run it again")


def delete_lost(rotation: Rotation, note: Note) -> datetime:
    """Delete a key that an earlier attempt made and could not keep; return the time, by AWS's clock.

    Raises Refused for any other key beside the old one.
    """
    answer = rotation.account.aws.iam.list_access_keys(UserName=rotation.user)
    for key in answer["AccessKeyMetadata"]:
        name = key["AccessKeyId"]
        if name == note.old:
            continue
        ours = note.asked and abs(key["CreateDate"] - note.asked) < AROUND
        if not ours or "LastUsedDate" in keys.last_use(rotation.account.aws, name):
            raise Refused(
                f"{rotation.user} has another key meanwhile, {masked(name)}, which this rotation did not make",
                hint="delete it if nothing needs it, then run it again",
            )
        delete(rotation, name)
    return response_time(answer) or rotation.clock.now()


def prove(rotation: Rotation, new: Keys) -> None:
    """Wait until STS and IAM know the new key; raises AwsbaseError if they do not, or if it is somebody else's."""
    from botocore.exceptions import ClientError

    # Each service learns of a new key by itself: an answer of STS says nothing about IAM.
    aws = rotation.person.connect(replace(rotation.source, keys=new), rotation.account.aws.region)
    try:
        caller = retry_while(rotation.clock, aws.sts.get_caller_identity, transient=UNKNOWN_KEYS)["Arn"]
        # IAM knows whom it refuses for want of MFA.
        retry_while(rotation.clock, lambda: keys.is_allowed(aws, rotation.user), transient=UNKNOWN_KEYS)
    except ClientError as error:
        raise AwsbaseError(
            f"AWS does not accept the new access key {masked(new.key_id)} yet: {keys.code_of(error)}",
            hint="the old key is as it was; run it again in a minute",
        ) from error
    if caller != rotation.account.caller:
        raise AwsbaseError(f"the new access key {masked(new.key_id)} is that of {caller}")


# The old key.


def retire(rotation: Rotation, note: Note, *, active: bool) -> str:
    """Disable the old key, delete it when its time is over, and return what comes next.

    Raises Refused while a profile of this machine uses the old key in another way.
    """
    if left := keys.profiles_of(rotation.person.files, note.old):
        raise Refused(
            f"profile {', '.join(left)} uses the old access key {masked(note.old)} still",
            hint="correct that profile, then run it again",
        )
    now = rotation.clock.now()
    grace = next(seconds for seconds in (rotation.grace, note.grace, GRACE) if seconds is not None)
    # Somebody may have enabled it again: then it has been in use, and gets the whole time once more.
    if grace and (active or not note.disabled):
        set_status(rotation, note.old, "Inactive")
        note = replace(note, disabled=now, grace=grace)
        write(rotation.note, note)
    deadline = (note.disabled or now) + timedelta(seconds=grace)
    if now < deadline:
        return (
            f"the old access key {masked(note.old)} is disabled; "
            f"`awsbase keys rotate` deletes it in {durations.words((deadline - now).total_seconds())} or later\n"
            f"if something still needs it: aws iam update-access-key --access-key-id {note.old} --status Active"
        )
    delete(rotation, note.old)
    return finish(rotation, note)


def finish(rotation: Rotation, note: Note) -> str:
    """Forget a key that is deleted, and the note about it."""
    rotation.place.forget(note.old)
    rotation.note.unlink(missing_ok=True)
    return f"the old access key {masked(note.old)} is deleted"


def set_status(rotation: Rotation, key_id: str, status: Any) -> None:
    """Enable or disable a key; do nothing to one that is gone."""
    iam = rotation.account.aws.iam
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.update_access_key(UserName=rotation.user, AccessKeyId=key_id, Status=status)


def delete(rotation: Rotation, key_id: str) -> None:
    """Delete a key; one that is gone already, after a lost answer, is as good."""
    iam = rotation.account.aws.iam
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_access_key(UserName=rotation.user, AccessKeyId=key_id)


def statuses(rotation: Rotation) -> dict[str, str]:
    """Return the keys of the user with their status."""
    return {key["AccessKeyId"]: key["Status"] for key in keys.of_user(rotation.account.aws, rotation.user)}


# The connection.


def open_account(person: Person, source: Source, place: Place, region: str) -> Account:
    """Return the account of an IAM user, with their key; raises Refused for anybody else."""
    account = identify(person.connect(replace(source, keys=place.keys), region), Wire())
    if account.user is None:
        raise Refused(
            f"{account.caller} is not an IAM user, and only those have access keys to rotate",
            hint="name the profile of an IAM user's access key with --profile",
        )
    return account


# The note.


def read(path: Path) -> Note | None:
    """Return the note of a rotation that has begun, or None."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        times = {name: datetime.fromisoformat(kept[name]) for name in ("asked", "disabled") if kept.get(name)}
        return Note(str(kept["old"]), times.get("asked"), kept.get("new"), times.get("disabled"), kept.get("grace"))
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write(path: Path, note: Note) -> None:
    """Keep a note; raises FileError when that fails."""
    times = {"asked": note.asked, "disabled": note.disabled}
    content: dict[str, Any] = {"old": note.old, "new": note.new, "grace": note.grace}
    content |= {name: time.isoformat() for name, time in times.items() if time}
    try:
        private_folder(path.parent)
        disk.replace(path, json.dumps(content).encode(), private=True)
    except OSError as error:
        hint = "check that its folder belongs to you and has room, then run it again"
        raise FileError(f"{path}: {error.strerror or error}", hint=hint) from error
