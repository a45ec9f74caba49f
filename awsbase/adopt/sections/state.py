"""The state section: the bucket that holds what Terraform knows, its key, and the groups that may write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.engine.facts import Facts
from awsbase.engine.refusals import is_refusal
from awsbase.engine.scope import Scope
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key
from awsbase.ensure.policy import Policy
from awsbase.facts.authorization import Authorization, authorization
from awsbase.facts.buckets import encryption_of, lets_a_service_in, lifecycle_of, policy_of
from awsbase.facts.keys import alias_behind
from awsbase.facts.lifecycle import kept
from awsbase.manifest.state import EVERYTHING, WORKSPACES, State
from awsbase.policies.document import Document, listed

KINDS = (Bucket, Key, Policy, Group)
NAMED = re.compile(r"tfstate|terraform|(^|[.-])state($|[.-])")
STATE = ".tfstate"
LOCK = ".tflock"
FIRST_OBJECTS = 200


def draft(seen: Seen, section: Draft) -> None:
    """Write the section if there is a bucket of states, under a key that is known."""
    bucket, name = state_bucket(seen), seen.base.name
    if bucket is None or bucket.address in seen.refuted:
        return
    key = key_of(seen, bucket)
    iam = seen.facts.read(authorization)
    if why := lacks(seen, key, iam):
        section.cannot(bucket.address, why)
        return
    section.put("bucket", value=bucket.name, of=bucket.address)
    if key != f"{name}-state":
        section.put("key", value=f"alias/{key}", of=f"key/{key}")
    writers(seen, section, iam)
    if days := old_versions(seen, bucket):
        default = State.model_fields["old_versions_days"].default
        if days < default:
            section.weaker("old_versions_days", value=days, default=str(default))
        elif days > default:
            section.put("old_versions_days", value=days)


def state_bucket(seen: Seen) -> Bucket | None:
    """Return the bucket at home that holds states: by awsbase's name for it, by another name, or by what is in it."""
    home = seen.base.scope.home
    every = [
        each.resource
        for each in seen.described
        if isinstance(each.resource, Bucket) and each.resource.scope.region == home
    ]
    named = [each for each in every if each.name == f"{seen.base.name}-state" or NAMED.search(each.name)]
    likely = sorted(named, key=lambda each: (each.name != f"{seen.base.name}-state", not each.statements, each.name))
    for each in [*likely, *(other for other in every if other not in named)]:
        if not serves(seen.facts, each) and (each in named or seen.facts.read(holds_state, each.scope, each.name)):
            return each
    return None


def serves(facts: Facts, bucket: Bucket) -> bool:
    """Tell whether a service of AWS writes to a bucket, such as logs."""
    return lets_a_service_in(facts.read(policy_of, bucket.scope, bucket.name))


def holds_state(facts: Facts, scope: Scope, name: str) -> bool:
    """Tell whether one of the first objects of a bucket is a state; no when that may not be seen."""
    from botocore.exceptions import ClientError

    try:
        page = facts.aws.at(scope.region).s3.list_objects_v2(
            Bucket=name, MaxKeys=FIRST_OBJECTS, ExpectedBucketOwner=scope.account
        )
    except ClientError as error:
        if not is_refusal(error):
            raise
        return False
    keys = [each["Key"] for each in page.get("Contents", ())]
    return any(key.endswith(STATE) or key.startswith(WORKSPACES) for key in keys)


def key_of(seen: Seen, bucket: Bucket) -> str:
    """Return the alias of the key that a bucket is encrypted under; empty without one."""
    default = seen.facts.read(encryption_of, bucket.scope, bucket.name).get("ApplyServerSideEncryptionByDefault", {})
    return alias_behind(seen.facts, bucket.scope.region, default.get("KMSMasterKeyID", ""))


def lacks(seen: Seen, key: str, iam: Authorization) -> str:
    """Say what a bucket of states lacks that the section would make; nothing if it is all there."""
    if not key:
        return "encryption: not under a key that has an alias"
    if key not in [each.name for each in seen.at_home(Key)]:
        return f"encryption: no manifest keeps the key {key}"
    policy = writer_policy(seen)
    return "" if policy in iam.policies else f"no policy {policy}"


def writer_policy(seen: Seen) -> str:
    """Return the name of the policy of those who may write all states."""
    return f"{seen.base.name}-state-writer"


def writers(seen: Seen, section: Draft, iam: Authorization) -> None:
    """Write the groups that have a policy for the states, those of some states with their keys."""
    every, found = writer_policy(seen), dict[str, tuple[str, list[str]]]()
    for group in sorted(seen.of(Group), key=lambda each: each.name):
        if have := iam.groups.get(group.name.casefold()):
            names = {arn.rpartition("/")[2] for arn in have.policies}
            own = f"{every}-{group.name}"
            if every in names:
                found[group.name] = every, [EVERYTHING]
            elif own in names and (policy := iam.policies.get(own.casefold())):
                found[group.name] = own, list(keys_of(policy.document))
    if not found:
        return
    inferred = f"inferred from {', '.join(dict.fromkeys(f'policy/{policy}' for policy, _ in found.values()))}"
    whole = all(keys == [EVERYTHING] for _, keys in found.values())
    for index, group_name in enumerate(found):
        section.places["writers", index if whole else group_name] = f"group/{group_name}"
    value: list[str] | Mapping[str, list[str]] = (
        list(found) if whole else {group: keys for group, (_, keys) in found.items()}
    )
    section.put("writers", value=value, remark=inferred)


def keys_of(document: Document) -> Iterator[str]:
    """Yield the keys of the states that a policy of a writer is about."""
    for statement in listed(document.get("Statement")):
        if isinstance(statement, Mapping) and statement.get("Sid") == "ReadAndWriteState":
            keys = [str(arn).partition("/")[2] for arn in listed(statement.get("Resource"))]
            yield from (key for key in keys if not key.endswith(LOCK) or key.removesuffix(LOCK) not in keys)


def old_versions(seen: Seen, bucket: Bucket) -> int | None:
    """Return for how many days a bucket keeps replaced states; None if no rule of awsbase says so."""
    rules = seen.facts.read(lifecycle_of, bucket.scope, bucket.name).get("Rules", ())
    return next((kept(rule)[1] for rule in rules if rule.get("ID") == "Awsbase-old-versions"), None)
