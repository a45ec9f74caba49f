"""The password by which programs send mail over SMTP: an access key of an IAM user, kept as a secret.

AWS tells the secret key once, in the answer that makes the access key. The password is derived from it in memory, and
Secrets Manager alone gets it. The version of the secret is named after the access key, so that nobody has to read the
value to know which key it is of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from awsbase import smtp
from awsbase.engine.changes import Deferred, Drift, Unknown
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import deletion, outage
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.ensure.secret import SECRETS, HeldSecret, held_secret, held_secrets, sealing, secret_arns, value_since
from awsbase.ensure.user import User
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.authorization import ALL_OF_IAM, UserFacts, authorization, iam_arns, users
from awsbase.records import record

# Which key a version of the secret is of: Secrets Manager takes names of 32 to 64 characters.
VERSION = "smtp-of-access-key-"
CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
# Tags of the user. Beside which keys a new one is being made: any other one that no value names was lost on the way.
BEGUN, ALONE = "awsbase:new-key-beside", "none"
# Which key was switched off, and when: AWS tells no time.
SWITCHED_OFF = "awsbase:key-off"
# What AWS allows a user, and nobody can raise.
MOST_KEYS = 2
ROTATE = "`awsbase mail rotate`"


class NoRoom(AwsbaseError):
    """The user has other access keys, and AWS allows no more."""


@record(kw_only=True)
class SmtpPassword(Resource):
    """The SMTP password of a user in a secret, with host, port and user name; both are other resources.

    `max_days` is how old its key may become before somebody is reminded. With `after` it is replaced by a new one:
    the old key is switched off so long after the new value was stored, and deleted as long after that.
    """

    user: str
    secret: str
    key: str | None = None
    max_days: int = 90
    after: timedelta | None = None

    @property
    def address(self) -> str:
        return self.scope.address("smtp-password", self.user)

    def needs(self) -> Iterator[str]:
        yield f"user/{self.user}"
        yield self.scope.address("secret", self.secret)


@record
class AccessKey:
    """An access key of a user."""

    id: str
    active: bool
    created: datetime

    @property
    def short(self) -> str:
        return f"…{self.id[-4:]}"


@record
class Stored:
    """Which access keys the current and the previous value of a secret are of; an `other` value is somebody's own."""

    current: str = ""
    previous: str = ""
    other: bool = False


def access_keys(facts: Facts, user: str) -> tuple[AccessKey, ...]:
    """Return the access keys of a user, the oldest first."""
    pages = facts.aws.iam.get_paginator("list_access_keys").paginate(UserName=user)
    found = [
        AccessKey(key["AccessKeyId"], key["Status"] == "Active", key["CreateDate"])
        for page in pages
        for key in page["AccessKeyMetadata"]
    ]
    return tuple(sorted(found, key=lambda each: each.created))


def last_use(facts: Facts, key: str) -> datetime | None:
    """Return when a key was last used, as AWS tells it some hours late; None when it never was."""
    used: datetime | None = facts.aws.iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"].get(
        "LastUsedDate"
    )
    return used


def owner(facts: Facts, key: str) -> str:
    """Return the user of an access key; empty when there is none any more."""
    from botocore.exceptions import ClientError

    try:
        return facts.aws.iam.get_access_key_last_used(AccessKeyId=key).get("UserName", "")
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return ""


def stored(have: HeldSecret | None) -> Stored:
    """Return which keys the values of a secret are of."""
    if have is None:
        return Stored()
    current, previous = (have.stages.get(stage, "") for stage in (CURRENT, PREVIOUS))
    return Stored(key_of(current), key_of(previous), other=bool(current) and not key_of(current))


def key_of(version: str) -> str:
    """Return the access key that a version of a secret is of; empty for a version that awsbase did not store."""
    return version.removeprefix(VERSION) if version.startswith(VERSION) else ""


def smtp_password_reads(want: SmtpPassword) -> Iterator[Read]:
    """Yield the facts that the recipe of a password reads, to prefetch them."""
    yield (authorization,)
    yield held_secrets, want.scope.region


def ensure_smtp_password(run: Run, want: SmtpPassword) -> None:
    """Keep the password of one access key of the user in the secret; replace it where that was asked for.

    Raises NoRoom when the user has other keys that awsbase did not make.
    """
    have = run.read(users).get(want.user.casefold()) or UserFacts(want.user, "/", new=True)
    keys = () if have.new else run.read(access_keys, have.name)
    kept = look(run, want, keys)
    lost = [each for each in keys if is_lost(run, have, each, kept)]
    held = [each for each in keys if each not in lost]
    known = any(each.id == kept.current for each in held)
    since = run.read(value_since, want.scope.region, want.secret) if known and want.after is not None else None
    if not known:
        check_room(want, held)

    for key in lost:
        what = "access key whose secret nobody has"
        run.delete(what, run.aws.iam.delete_access_key, UserName=want.user, AccessKeyId=key.id)

    if not known:
        store_new(run, want, have, held, kept)
        return
    forget(run, want, have, BEGUN)
    if since is None:
        remind(run, want, held, kept)
    else:
        rotate(run, want, have, held, kept, since)


def look(run: Run, want: SmtpPassword, keys: Sequence[AccessKey]) -> Stored:
    """Return which keys the values are of; the list lags, so what it misses is asked of the secret itself."""
    region, ids = want.scope.region, {each.id for each in keys}
    known = stored(run.read(held_secrets, region).get(want.secret))
    if known.current in ids and ids <= {known.current, known.previous}:
        return known
    return stored(run.read(held_secret, region, want.secret))


def is_lost(run: Run, user: UserFacts, key: AccessKey, kept: Stored) -> bool:
    """Tell whether a run that was interrupted made a key and could not store it.

    What it noted before it made the key proves that, and a use disproves it.
    """
    if key.id in (kept.current, kept.previous) or key.id in user.tags.get(BEGUN, key.id).split():
        return False
    return run.read(last_use, key.id) is None


def check_room(want: SmtpPassword, held: Sequence[AccessKey]) -> None:
    """Raise NoRoom when there is no room for another key."""
    if len(held) >= MOST_KEYS:
        names = " and ".join(each.short for each in held)
        raise NoRoom(
            f"{want.user} has the access keys {names}, and AWS allows {MOST_KEYS}",
            hint="delete one that nobody uses: aws iam delete-access-key --user-name "
            f"{want.user} --access-key-id {held[0].id}",
        )


def store_new(run: Run, want: SmtpPassword, have: UserFacts, held: Sequence[AccessKey], kept: Stored) -> None:
    """Make an access key, and put the password that follows from it into the secret.

    A note at the user says so before; it goes once the value is stored.
    """
    beside = " ".join(each.id for each in held) or ALONE
    if have.tags.get(BEGUN) != beside:
        note(run, want, BEGUN, beside, " ".join(each.short for each in held) or ALONE)
    made = run.create("access key", run.aws.iam.create_access_key, UserName=want.user)["AccessKey"]
    key = made["AccessKeyId"]
    call: dict[str, Any] = {
        "SecretId": want.secret,
        "SecretString": Deferred(f"SMTP password of {want.user}", lambda: content(want, made)),
        # A second call with the same token is the same value: a lost answer makes no second version.
        "ClientRequestToken": key if isinstance(key, Unknown) else f"{VERSION}{key}",
    }
    put = run.aws.at(want.scope.region).secretsmanager.put_secret_value
    if kept.current:
        run.update("SMTP password", [Drift("access key", f"…{kept.current[-4:]}", "a new one")], put, **call)
    else:
        theirs = "the value that is there now is not one of awsbase's" if kept.other else ""
        run.create("SMTP password", put, risk=deletion(theirs), **call)
    forget(run, want, replace(have, tags={**have.tags, BEGUN: beside}), BEGUN)


def note(run: Run, want: SmtpPassword, tag: str, value: object, told: str) -> None:
    """Note something at the user, in a tag; it is `told` in a plan."""
    drift = [Drift(tag, None, told)]
    run.update("note at the user", drift, run.aws.iam.tag_user, UserName=want.user, Tags=[{"Key": tag, "Value": value}])


def forget(run: Run, want: SmtpPassword, have: UserFacts, tag: str) -> None:
    """Take away a note at the user that has served its purpose."""
    if tag in have.tags:
        drift = [Drift(tag, "a note", None)]
        run.update("note at the user, which goes", drift, run.aws.iam.untag_user, UserName=want.user, TagKeys=[tag])


def content(want: SmtpPassword, made: Mapping[str, Any]) -> str:
    """Return the value of the secret, as programs read it."""
    region = want.scope.region
    value = {
        "host": smtp.host(region),
        "port": smtp.PORT,
        "username": made["AccessKeyId"],
        "password": smtp.password(made["SecretAccessKey"], region),
    }
    return json.dumps(value)


def remind(run: Run, want: SmtpPassword, held: Sequence[AccessKey], kept: Stored) -> None:
    """Say what is left to do about the keys: one that is off, one that is old, one that nobody knows."""
    for key in held:
        if key.id == kept.current and not key.active:
            run.manual_action(
                f"the access key {key.short} of {want.user} is switched off: nothing sends mail with it",
                f"if somebody else may have it: {ROTATE}",
                f"else: aws iam update-access-key --user-name {want.user} --access-key-id {key.id} --status Active",
                probe=f"iam ListAccessKeys shows {key.short} active, or another key",
            )
        elif key.id == kept.current and run.now() - key.created > timedelta(days=want.max_days):
            run.manual_action(
                f"the SMTP password of {want.user} is of {key.created:%Y-%m-%d}, older than {want.max_days} days",
                ROTATE,
                probe=f"iam ListAccessKeys of {want.user} shows a younger key",
            )
        elif key.id == kept.previous:
            run.manual_action(
                f"the old access key {key.short} of {want.user} is there still",
                f"{ROTATE}, which switches it off and then deletes it",
                probe=f"iam ListAccessKeys of {want.user} shows one key",
            )
        elif key.id != kept.current:
            run.note(f"kept: the access key {key.short}, which awsbase did not make or cannot prove to have made")


def rotate(
    run: Run, want: SmtpPassword, have: UserFacts, held: Sequence[AccessKey], kept: Stored, since: datetime
) -> None:
    """Replace the password, or go on with that: one step a run, and none before its time.

    Raises NoRoom when another key is in the way.
    """
    old = [each for each in held if each.id != kept.current]
    if any(each.id != kept.previous for each in old):
        check_room(want, held)
    elif old:
        retire(run, want, have, old[0], since)
        return
    forget(run, want, have, SWITCHED_OFF)
    store_new(run, want, have, held, kept)
    assert want.after is not None
    run.note(works_until(f"…{kept.current[-4:]}", run.now() + want.after))


def retire(run: Run, want: SmtpPassword, have: UserFacts, old: AccessKey, since: datetime) -> None:
    """Switch the old key off once its time is over, and delete it as long after that."""
    iam = run.aws.iam
    assert want.after is not None
    off = switched_off(have, old)
    used = run.read(last_use, old.id) if old.active else None
    if run.now() < since + want.after:
        run.note(works_until(old.short, since + want.after))
    elif old.active:
        why = f"something used {old.short} on {used:%Y-%m-%d}, after the new password was stored" if used else ""
        run.update(
            f"access key {old.short}",
            [Drift("status", "Active", "Inactive")],
            iam.update_access_key,
            risk=outage(why if used and used > since else ""),
            UserName=want.user,
            AccessKeyId=old.id,
            Status="Inactive",
        )
        note_time(run, want, old)
    elif off is None:
        note_time(run, want, old)
    elif run.now() < off + want.after:
        run.note(
            f"the old access key {old.short} is off; the first {ROTATE} after {shown(off + want.after)} deletes it"
        )
    else:
        run.delete(f"access key {old.short}", iam.delete_access_key, UserName=want.user, AccessKeyId=old.id)
        forget(run, want, have, SWITCHED_OFF)


def works_until(key: str, moment: datetime) -> str:
    """Say how long an old key works."""
    return f"the old access key {key} works until the first {ROTATE} after {shown(moment)}"


def note_time(run: Run, want: SmtpPassword, key: AccessKey) -> None:
    """Note at the user when a key was switched off, by AWS's clock."""
    now = run.creation_time()
    value = Deferred(f"when {key.short} was switched off", lambda: f"{key.id} {now.resolve()}")
    note(run, want, SWITCHED_OFF, value, key.short)


def switched_off(user: UserFacts, key: AccessKey) -> datetime | None:
    """Return when awsbase switched a key off; None when nothing says so."""
    name, _, moment = user.tags.get(SWITCHED_OFF, "").partition(" ")
    try:
        return datetime.fromisoformat(moment) if name == key.id else None
    except ValueError:
        return None


def shown(moment: datetime) -> str:
    """Return a moment as people read it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def remove_smtp_password(run: Run, want: SmtpPassword) -> None:
    """Delete the access keys whose passwords the secret holds, of a user that this manifest made."""
    have = run.read(users).get(want.user.casefold())
    # A user who goes too goes with every key.
    if have is None or any(isinstance(each, User) and each.name == want.user for each in run.resources):
        return
    keys = run.read(access_keys, have.name)
    kept = stored(run.read(held_secret, want.scope.region, want.secret))
    theirs = [each for each in keys if each.id in (kept.current, kept.previous)]
    if not theirs or not tags.made_here(run, want, have.tags):
        return

    for key in theirs:
        why = "whatever sends mail with it is cut off" if key.active else ""
        delete = run.aws.iam.delete_access_key
        run.delete(f"access key {key.short}", delete, risk=outage(why), UserName=have.name, AccessKeyId=key.id)


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the SMTP passwords that secrets of a region hold; no value is read."""
    for name, have in facts.read(held_secrets, scope.region).items():
        if have.deleted or not (key := stored(have).current):
            continue
        if user := facts.read(owner, key):
            yield Described(SmtpPassword(scope=scope, user=user, secret=name), have.tags)
        else:
            address = scope.address("smtp-password", name)
            yield NotExpressible(address, (f"access key: …{key[-4:]} is gone",), have.tags)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that it takes to list passwords."""
    yield SECRETS
    yield allow("iam", "GetAccessKeyLastUsed", on=(scope.global_arn("iam", "user/*"),))


def read_permissions(want: SmtpPassword) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield ALL_OF_IAM
    yield SECRETS
    yield allow("iam", "GetAccessKeyLastUsed", "ListAccessKeys", on=iam_arns(want.scope, "user", want.user))
    if want.after is not None:
        yield allow("secretsmanager", "ListSecretVersionIds", on=secret_arns(want.scope, want.secret))


def write_permissions(want: SmtpPassword) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    actions = ("CreateAccessKey", "DeleteAccessKey", "TagUser", "UntagUser")
    yield allow("iam", *actions, on=iam_arns(want.scope, "user", want.user))
    yield allow("secretsmanager", "PutSecretValue", on=secret_arns(want.scope, want.secret))
    if want.key:
        yield sealing(want.scope)
    if want.after is not None:
        yield allow("iam", "UpdateAccessKey", on=iam_arns(want.scope, "user", want.user))


def removal_permissions(want: SmtpPassword) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("iam", "DeleteAccessKey", on=iam_arns(want.scope, "user", want.user))


KIND = Kind(
    ensure_smtp_password,
    smtp_password_reads,
    resource=SmtpPassword,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The password by which programs send mail over SMTP, in a secret with host, port and user name.",
        why="It is derived in memory and kept in one place: no file, no plan and no state of Terraform ever has it.",
        undo=(TAKE_OUT, "aws iam delete-access-key --user-name NAME --access-key-id ID"),
        controls=("CIS 1.14", "FSBP IAM.3"),
    ),
    word="smtp-password",
    found_by="the versions of its secret, which name the access key",
    owns="that the secret holds the password of one of the user's keys",
    keeps="other keys of the user",
    describe=Describe(things, describe_permissions, everywhere=True),
    absent=Absent(
        remove_smtp_password,
        exempt="what sends mail with it is cut off, and needs a new one",
        permissions=removal_permissions,
    ),
)
