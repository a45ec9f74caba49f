"""What a manifest made and no longer has: found by the tag of origin, described by its kind, and what still uses it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, field, fields, replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from awsbase.adopt.survey import regions_of, survey, unread
from awsbase.engine.account import Account
from awsbase.engine.facts import WORKERS, Facts, ReadCache
from awsbase.engine.kind import Kinds
from awsbase.engine.refusals import understood
from awsbase.engine.resource import Resource
from awsbase.engine.run import Observer
from awsbase.engine.scope import Scope
from awsbase.engine.things import Described, Unread
from awsbase.ensure.mfa_device import MfaDevice
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.facts import tags
from awsbase.facts.authorization import authorization
from awsbase.records import record

# AWS looks back at the use of a role for 400 days; what has not been used for a quarter is taken for unused.
UNUSED = timedelta(days=90)
PERSON = "people go by `state: absent` in the manifest, with all that is theirs"


@record
class Leftovers:
    """What carries the tag of origin and stands in no manifest.

    `stays` says of an address why it is still needed, `remarks` when it was made and used. `unknown` are addresses of
    which nothing says how they are taken away, and places that nobody can look at, with the reason.
    """

    resources: tuple[Resource, ...] = ()
    stays: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)


def leftovers(
    account: Account,
    scope: Scope,
    kinds: Kinds,
    kept: Collection[str],
    now: datetime,
    *,
    observer: Observer | None = None,
    stop: Event | None = None,
    cache: ReadCache | None = None,
) -> Leftovers:
    """Find what this manifest made and that is not among the `kept` addresses; raises Interrupted once stopped."""
    cache = cache or ReadCache()
    with reading(account, cache) as facts:
        made, unseen = ours(facts, account, scope)
    tagged = {address: has for address, has in made.items() if address not in kept}
    words = {address.partition("/")[0] for address in tagged}
    found = survey(
        account,
        scope,
        [kind for kind in kinds.values() if kind.word in words],
        observer=observer,
        stop=stop,
        cache=cache,
    )
    resources = {each.address: each for each in with_needs(matching(found.described, tagged, scope))}
    reasons = {each.name: f"no manifest says its {', '.join(each.fields)}" for each in found.not_expressible}
    reasons |= {each.name: f"{each.name} could not be read: {each.message}" for each in found.unread}
    with reading(account, cache) as facts:
        told = {address: use(facts, each, tagged[address], now) for address, each in resources.items()}
    return Leftovers(
        tuple(resources.values()),
        {address: why for address, (_, why) in told.items() if why},
        {address: remark for address, (remark, _) in told.items() if remark},
        {
            address: why
            for address in sorted(tagged.keys() - resources.keys())
            if (why := unknown(address, kinds, reasons))
        }
        | {each.name: f"awsbase cannot look there: {each.message}" for each in unseen},
    )


@contextmanager
def reading(account: Account, cache: ReadCache) -> Iterator[Facts]:
    """Yield facts of an account whose answers the cache keeps."""
    with ThreadPoolExecutor(WORKERS, "fact") as readers:
        yield Facts(account.aws, readers, cache)
        readers.shutdown(cancel_futures=True)


def ours(facts: Facts, account: Account, scope: Scope) -> tuple[dict[str, Mapping[str, str]], list[Unread]]:
    """Return by address the tags of all that this manifest made, and where nobody can look for them.

    They are in the index of each region, and in IAM.
    """
    from botocore.exceptions import ClientError

    names = regions_of(facts, account, scope)
    regions = [each for each in names if isinstance(each, str)]
    unseen = [each for each in names if isinstance(each, Unread)]
    facts.prefetch((tags.tags, region) for region in regions)
    found: list[Mapping[str, str]] = []
    for region in regions:
        try:
            found += facts.read(tags.tags, region).values()
        except ClientError as error:
            unseen.append(unread(f"region {region}", error, account, scope))
    try:
        iam = facts.read(authorization)
    except ClientError as error:
        unseen.append(unread("IAM", error, account, scope))
    else:
        found += [user.tags for user in iam.users.values()]
        found += [role.tags for role in iam.roles.values()]
    return {has[tags.ADDRESS]: has for has in found if tags.ADDRESS in has and tags.is_ours(has, scope)}, unseen


def matching(
    described: Iterable[Described], tagged: Mapping[str, Mapping[str, str]], scope: Scope
) -> Iterator[Resource]:
    """Yield what was described and carries an address that nobody wants any more."""
    for each in described:
        address = each.resource.address
        if address in tagged and (not each.tags or tags.is_ours(each.tags, scope)):
            yield each.resource


def with_needs(resources: Iterable[Resource]) -> Iterator[Resource]:
    """Yield the resources; one that names others by their ARN, such as the policies of a role, needs them."""
    resources = list(resources)
    arns = {str(arn): each.address for each in resources if isinstance(arn := getattr(each, "arn", None), str)}
    for each in resources:
        if any(one.name == "made_here" for one in fields(each)):
            named = {arns[text] for text in texts(asdict(each)) if text in arns} - {each.address}
            yield needing(each, sorted(named))
        else:
            yield each


def needing(resource: Any, addresses: Iterable[str]) -> Resource:
    """Return a resource that needs these addresses."""
    copy: Resource = replace(resource, made_here=tuple(addresses))
    return copy


def texts(value: object) -> Iterator[str]:
    """Yield each text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from texts(list(value.values()))
    elif isinstance(value, Iterable):
        for each in value:
            yield from texts(each)


def unknown(address: str, kinds: Kinds, reasons: Mapping[str, str]) -> str:
    """Say why something that is tagged cannot be taken away; nothing when it is gone, and the index lags behind."""
    word = address.partition("/")[0]
    of = [kind for kind in kinds.values() if kind.word == word]
    if not of:
        return f"this awsbase knows no kind {word!r}"
    if not any(kind.describe for kind in of):
        return f"nothing lists what there is of the kind {word!r}"
    name, _, region = address.partition("@")
    every = f"{word}/*"
    places = (address, f"{every}@{region}", every) if region else (name, every)
    return next((reasons[place] for place in places if place in reasons), "")


def use(facts: Facts, resource: Resource, tagged: Mapping[str, str], now: datetime) -> tuple[str, str]:
    """Return when something was made and last used, and why it still stays; empty where nothing is known."""
    from botocore.exceptions import ClientError

    made = tags.creation_time(tagged)
    if isinstance(resource, User | MfaDevice):
        return "", PERSON
    if not isinstance(resource, Role):
        return (f"made by awsbase {made:%Y-%m-%d}" if made else ""), ""
    have = facts.read(authorization).roles.get(resource.name.casefold())
    made = made or (have.created if have else None)
    parts = [f"made by awsbase {made:%Y-%m-%d}"] if made else []
    try:
        used = facts.read(role_last_used, resource.name)
    except ClientError as error:
        if (refusal := understood(error)) is None:
            raise
        return "", ", ".join([*parts, f"when it was used takes {refusal.action} to see"])
    parts.append(f"last used {used:%Y-%m-%d}" if used else "never used")
    recent = used is not None and now - used < UNUSED
    if recent:
        parts[-1] += " (!)"
    remark = ", ".join(parts)
    return remark, f"{remark}: it was used within {UNUSED.days} days" if recent else ""


def role_last_used(facts: Facts, name: str) -> datetime | None:
    """Return when somebody last acted as a role; None when nobody did within 400 days."""
    used: datetime | None = facts.aws.iam.get_role(RoleName=name)["Role"].get("RoleLastUsed", {}).get("LastUsedDate")
    return used
