"""The audit section: the trail of the account's own, with its bucket, its key, its log group and its role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.engine.resource import Resource
from awsbase.ensure.access_log import AccessLog
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.key import Key
from awsbase.ensure.log_group import LogGroup
from awsbase.ensure.role import Role
from awsbase.ensure.trail import Trail
from awsbase.manifest.audit import AccessLogs, Audit, delivery_role
from awsbase.prices import table as prices
from awsbase.records import record

KINDS = (Trail, LogGroup, Bucket, Key, Role, AccessLog)
SECOND = f"a second copy of the same events costs {prices.TRAIL_SECOND} per 100,000"
RECORD = "logs"
# What a mistake says where the iam section has the role, too: then that section leaves it out.
MADE_HERE = "audit makes a role "


@record
class Recorded:
    """The trail that the section is about, with its log group and its bucket."""

    trail: Trail
    log_group: LogGroup
    bucket: Bucket


def draft(seen: Seen, section: Draft) -> None:
    """Write the section if there is a trail with all that the section would make for it."""
    every = trails(seen)
    found = recorded(seen)
    for each in every:
        if found is None or each is not found.trail:
            section.cannot(each.address, *(lacks(seen, each) if each is every[0] else (SECOND,)))
    if found is None:
        return
    name, trail = seen.base.name, found.trail
    section.put(value={})
    called = {
        "trail": (trail.name, f"{name}-trail", trail.address),
        "bucket": (trail.bucket_name, f"{name}-audit", trail.bucket),
        "key": (f"alias/{trail.key.removeprefix('key/')}", f"alias/{name}-audit", trail.key),
        "log_group": (found.log_group.name, f"{name}-audit", trail.log_group),
    }
    for key, (value, default, address) in called.items():
        if value != default:
            section.put(key, value=value, of=address)
    keep(section, found)
    if trail.objects:
        section.put("data_events", value=True)
    if (logs := access_logs(seen, trail)) is not None:
        section.put("access_logs", value=logs)


def trails(seen: Seen) -> list[Trail]:
    """Return the trails of the account's own, first the one that the section is about."""
    every = [each.resource for each in seen.described if isinstance(each.resource, Trail)]
    home = seen.base.scope
    return sorted(
        every,
        key=lambda each: (
            each.scope != home,
            each.name != f"{seen.base.name}-trail",
            not (each.key and each.log_group and each.role),
            each.name,
        ),
    )


def recorded(seen: Seen) -> Recorded | None:
    """Return what the section is about; None where it cannot say what there is."""
    first = next(iter(trails(seen)), None)
    if first is None or any(lacks(seen, first)):
        return None
    group, bucket = part(seen, LogGroup, first.log_group), part(seen, Bucket, first.bucket)
    return Recorded(first, group, bucket) if isinstance(group, LogGroup) and isinstance(bucket, Bucket) else None


def part(seen: Seen, kind: type[Resource], address: str) -> Resource | None:
    """Return a part of the trail as it was described."""
    return next((each for each in seen.of(kind) if each.address == address), None)


def lacks(seen: Seen, trail: Trail) -> Iterator[str]:
    """Yield what a trail lacks of that which the section would make, and what of its parts is otherwise."""
    if trail.scope != seen.base.scope:
        yield f"region: a manifest has its trail in {seen.base.scope.home}"
        return
    if not trail.key:
        yield "key: none that has an alias"
    if not trail.log_group:
        yield "log group: none"
    if trail.role != (expected := f"role/{delivery_role(seen.base.name)}"):
        yield f"role: {trail.role or 'none'}, not {expected}"
    for address in (trail.address, trail.key, trail.bucket, trail.log_group, trail.role):
        for field in seen.refuted.get(address, ()):
            if not field.startswith(MADE_HERE):
                yield field if address == trail.address else f"{address}: {field}"
    for kind, address in ((LogGroup, trail.log_group), (Bucket, trail.bucket)):
        if address and address not in seen.refuted and part(seen, kind, address) is None:
            yield f"{address}: not described"
    group = part(seen, LogGroup, trail.log_group)
    if isinstance(group, LogGroup) and not group.retention:
        yield f"{group.address}: retention: it keeps its events for ever"
    if isinstance(group, LogGroup) and group.key not in (None, trail.key):
        yield f"{group.address}: key: not that of the trail"


def keep(section: Draft, found: Recorded) -> None:
    """Write how long events are kept, and whether the log group has the key of the trail."""
    default = Audit.model_fields["retention_days"].default
    if (days := found.log_group.retention) < default:
        section.weaker("retention_days", value=days, default=str(default))
    elif days > default:
        section.put("retention_days", value=days)
    if kept := expiry(found.bucket):
        section.weaker("bucket_retention_days", value=kept, default="never")
    if found.log_group.key is None:
        section.weaker("encrypt_log_group", value=False, default="true")


def expiry(bucket: Bucket) -> int | None:
    """Return after how many days a bucket drops the logs in it."""
    return next((each.objects for each in bucket.expiries if each.id == RECORD), None)


def access_logs(seen: Seen, trail: Trail) -> Mapping[str, object] | None:
    """Return what the section says of the access log of the trail's bucket; None where it says nothing."""
    log = next((each for each in seen.of(AccessLog) if each.name == trail.bucket_name), None)
    kept_in = part(seen, Bucket, log.to) if log else None
    if log is None or not isinstance(kept_in, Bucket):
        return None
    fields = AccessLogs.model_fields
    named = {} if log.to_name == seen.base.expand(fields["bucket"].default) else {"bucket": log.to_name}
    days = expiry(kept_in)
    return named | ({"retention_days": days} if days not in (None, fields["retention_days"].default) else {})
