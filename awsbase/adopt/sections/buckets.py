"""The buckets section: what is kept in S3, for how long, and who uses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections.state import state_bucket
from awsbase.adopt.seen import Seen
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.facts.authorization import authorization
from awsbase.facts.bucket_cors import Cors
from awsbase.facts.bucket_replication import Replication
from awsbase.facts.buckets import CLOUDFRONT, COPIES, is_general, policy_of
from awsbase.facts.lifecycle import Expiry, Transition
from awsbase.manifest.buckets import DEFAULTS, CorsSpec, LockSpec, role_name
from awsbase.policies.document import listed

KINDS = (Bucket, Key, Policy, Group, Role)


def draft(seen: Seen, section: Draft) -> None:
    """Write each bucket of the home region whose policy is that of a general one, and that no other section has."""
    keys, home = {each.address for each in seen.at_home(Key)}, seen.base.scope.home
    users, states = users_of(seen), state_bucket(seen)
    for bucket in sorted(seen.left(Bucket), key=lambda each: each.name):
        policy = seen.facts.read(policy_of, bucket.scope, bucket.name)
        if bucket.scope.region != home:
            section.cannot(bucket.address, f"region: a manifest keeps buckets in {home}")
        elif not is_general(policy):
            # What a bucket of states lacks the section `state` says.
            if bucket != states:
                section.cannot(bucket.address, "policy: no statement of awsbase in it, or one of another section")
        elif bucket.key and bucket.key not in keys:
            section.cannot(bucket.address, f"key: no manifest keeps {bucket.key}")
        else:
            write(seen, section, bucket, users.get(bucket.arn, {}))


def write(seen: Seen, section: Draft, bucket: Bucket, users: Mapping[str, Sequence[str]]) -> None:
    """Write one bucket."""
    start = f"{seen.base.name}-"
    label = bucket.name.removeprefix(start)
    # The role that copies a bucket is called after the word that the manifest has for it.
    if bucket.replication and (role := name_of(bucket.replication.role)).startswith(role_name(seen.base.name, "")):
        label = role.removeprefix(role_name(seen.base.name, ""))
    section.put(label, value={}, of=bucket.address)
    if bucket.name != f"{start}{label}":
        section.put(label, "bucket", value=bucket.name)
    for key, value in said(bucket, users).items():
        section.put(label, key, value=value)
    for who in ("readers", "writers"):
        for index, user in enumerate(users.get(who, ())):
            section.places[label, who, index] = user
        if users.get(who):
            policies = ", ".join(f"policy/{start}buckets-{name_of(each)}" for each in users[who])
            section.remark(label, who, text=f"inferred from {policies}")


def said(bucket: Bucket, users: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return what a manifest says of a bucket, as far as it is no default."""
    by_sid = {str(each["Sid"]): each for each in bucket.statements}
    # Who writes releases cannot delete them.
    preset = "releases" if users.get("writers") and not users.get("deleters") else None
    value: dict[str, Any] = {"preset": preset} if preset else {}
    value |= lifetimes(bucket.expiries, DEFAULTS["releases" if preset else None])
    if bucket.key:
        value["key"] = "own" if bucket.key == f"key/{bucket.name}" else f"alias/{bucket.key.removeprefix('key/')}"
    value |= {who: list(map(name_of, users[who])) for who in ("readers", "writers") if users.get(who)}
    if CLOUDFRONT in by_sid:
        value["cloudfront"] = [arn.rpartition("/")[2] for arn in compared(by_sid[CLOUDFRONT], "aws:SourceArn")]
    if bucket.cors:
        value["cors"] = pages(bucket.cors)
    if bucket.lock_days:
        default = LockSpec.model_fields["days"].default
        value["lock"] = {} if bucket.lock_days == default else {"days": bucket.lock_days}
    if bucket.replication:
        value["replicate"] = replicate(bucket.replication)
    for arn in compared(by_sid.get(COPIES, {}), "aws:PrincipalArn"):
        value["replicas_from"] = {"account": arn.split(":")[4], "role": arn.rpartition("/")[2]}
    return value


def lifetimes(expiries: Sequence[Expiry], defaults: tuple[int, int | None, int]) -> dict[str, Any]:
    """Return what a manifest says of rules, as far as it is no default: days to keep, days until something moves."""
    keep, at_least, unfinished = defaults
    rules = {each.id: each for each in expiries}
    old, objects = rules.get("old-versions", Expiry("")), rules.get("objects", Expiry(""))
    uploads = rules.get("unfinished-uploads", Expiry("")).unfinished_uploads
    versions: dict[str, Any] = {}
    if old.old_versions not in (None, keep):
        versions["keep_days"] = old.old_versions
    if old.at_least not in (None, at_least):
        versions["at_least"] = old.at_least
    if old.old_transitions:
        versions["transitions"] = moves(old.old_transitions)
    value = {
        "versions": versions,
        "transitions": moves(objects.transitions),
        "expire_days": objects.objects,
        "unfinished_uploads_days": None if uploads == unfinished else uploads,
    }
    return {key: each for key, each in value.items() if each}


def moves(transitions: Sequence[Transition]) -> dict[str, int]:
    """Return transitions as a manifest writes them."""
    return {each.to: each.days for each in transitions}


def pages(cors: Cors) -> dict[str, Any]:
    """Return what a manifest says of the pages that use a bucket."""
    fields = CorsSpec.model_fields
    value: dict[str, Any] = {"origins": list(cors.origins), "methods": list(cors.methods)}
    for key, have in (("headers", cors.headers), ("expose", cors.exposed)):
        if have != fields[key].default:
            value[key] = list(have)
    if cors.max_age not in (None, fields["max_age_seconds"].default):
        value["max_age_seconds"] = cors.max_age
    return value


def replicate(have: Replication) -> dict[str, Any]:
    """Return what a manifest says of a bucket's copies."""
    value = {"account": have.account, "bucket": have.bucket, "key": have.key, "storage_class": have.storage_class}
    return {key: each for key, each in value.items() if each} | ({"deletions": True} if have.deletions else {})


def compared(statement: Mapping[str, Any], key: str) -> Iterator[str]:
    """Yield the values that a statement compares a key with."""
    for asked in statement.get("Condition", {}).values():
        yield from map(str, listed(asked.get(key, [])))


def users_of(seen: Seen) -> Mapping[str, dict[str, list[str]]]:
    """Return by the ARN of a bucket who has awsbase's policy to read it, to write to it and to delete in it."""
    iam, prefix = seen.facts.read(authorization), f"{seen.base.name}-buckets-"
    found: dict[str, dict[str, list[str]]] = {}
    for kind, several in (("group", seen.of(Group)), ("role", seen.of(Role))):
        for each in several:
            policy = iam.policies.get(f"{prefix}{each.name}".casefold())
            holder = (iam.groups if kind == "group" else iam.roles).get(each.name.casefold())
            if (
                not policy
                or not holder
                or policy.arn not in holder.policies
                or f"policy/{prefix}{each.name}" in seen.refuted
            ):
                continue
            reads, writes, deletes = (buckets_in(policy.document, sid) for sid in ("Read", "Write", "Delete"))
            rights = {"readers": reads - writes, "writers": writes, "deleters": deletes}
            for right, arns in rights.items():
                for arn in sorted(arns):
                    found.setdefault(arn, {}).setdefault(right, []).append(f"{kind}/{each.name}")
    return found


def buckets_in(document: Mapping[str, Any], sid: str) -> set[str]:
    """Return the buckets that a statement of a policy is about, by their ARNs."""
    return {
        str(arn).removesuffix("/*")
        for statement in listed(document.get("Statement"))
        if isinstance(statement, Mapping) and statement.get("Sid") == sid
        for arn in listed(statement.get("Resource"))
    }


def name_of(address: str) -> str:
    """Return the name in an address."""
    return address.partition("/")[2]
