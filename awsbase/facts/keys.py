"""The KMS keys of a region, behind which aliases they stand, and what each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from awsbase.engine.facts import Facts
from awsbase.facts import tags
from awsbase.facts.optional import empty_if
from awsbase.policies.document import Document, parsed
from awsbase.records import record

YEAR = 365
NEVER = datetime.max.replace(tzinfo=UTC)
OWN_BY_AWS = "alias/aws/"


@record
class KeyFacts:
    """A key as it is; the ARN is unknown while it is only planned. `rotation_days` is None when it never rotates."""

    arn: Any
    policy: Document
    state: str = "Enabled"
    spec: str = "SYMMETRIC_DEFAULT"
    origin: str = "AWS_KMS"
    replica: bool = False
    manager: str = "CUSTOMER"
    description: str = ""
    rotation_days: int | None = None
    created: datetime | None = None
    goes: datetime | None = None


def aliases(facts: Facts, region: str) -> Mapping[str, str]:
    """Read which key stands behind each alias of a region."""
    pages = facts.aws.at(region).kms.get_paginator("list_aliases").paginate()
    # AWS lists aliases of its own before there is a key behind them.
    return {
        alias["AliasName"]: alias["TargetKeyId"]
        for page in pages
        for alias in page["Aliases"]
        if "TargetKeyId" in alias
    }


def key(facts: Facts, region: str, alias: str, address: str) -> KeyFacts | None:
    """Return the key behind an alias; where one was made for the address, all of it is asked for at once."""
    index = facts.read(tags.indexed, region)
    made = next((arn for arn, held in index.items() if ":kms:" in arn and held.get(tags.ADDRESS) == address), None)
    if made is None:
        # Most likely there is none, and then it is looked for among all.
        facts.prefetch([(key_arns, region)])
    else:
        facts.prefetch([(policy_of, region, made), (rotation_of, region, made)])
        if known := described(facts, region, alias):
            return understood(facts, region, known["Arn"], known)
    found = facts.read(aliases, region).get(alias)
    return facts.read(key_of, region, found) if found else None


def alias_behind(facts: Facts, region: str, named: str) -> str:
    """Return the first own alias of a key that is named by id, ARN or alias, without `alias/`; empty without one."""
    last = named.rpartition(":")[2]
    known = facts.read(aliases, region)
    id = known.get(last) if last.startswith("alias/") else last.rpartition("/")[2]
    own = sorted(alias for alias, target in known.items() if target == id and not alias.startswith(OWN_BY_AWS))
    return own[0].removeprefix("alias/") if own else ""


def described(facts: Facts, region: str, alias: str) -> Mapping[str, Any] | None:
    """Ask KMS which key stands behind an alias, and what it is."""
    from botocore.exceptions import ClientError

    try:
        answer = facts.aws.at(region).kms.describe_key(KeyId=alias)
    except ClientError as error:
        # Who may see the keys of this account alone may be kept from seeing that there is none.
        if error.response["Error"]["Code"] not in ("NotFoundException", "AccessDeniedException"):
            raise
        return None
    known: Mapping[str, Any] = answer["KeyMetadata"]
    return known


def lost_key(facts: Facts, region: str, address: str) -> KeyFacts | None:
    """Find the key that was made for an address but has no alias: the run that made it was cut off, or it was taken.

    This asks every key of the region for its tags, since the tag index may lag behind a key that is seconds old.
    """
    not_ours = {target for alias, target in facts.read(aliases, region).items() if alias.startswith(OWN_BY_AWS)}
    arns = [arn for id, arn in facts.read(key_arns, region).items() if id not in not_ours]
    tagged = zip(arns, facts.read_all(*((readable_tags, region, arn) for arn in arns)), strict=True)
    ours = [arn for arn, held in tagged if held.get(tags.ADDRESS) == address]
    found: list[KeyFacts] = facts.read_all(*((key_of, region, arn) for arn in ours))
    return min(found, key=lambda key: (key.state == "PendingDeletion", key.created or NEVER), default=None)


def key_arns(facts: Facts, region: str) -> Mapping[str, str]:
    """Read the ARNs of all keys of a region, by id."""
    pages = facts.aws.at(region).kms.get_paginator("list_keys").paginate()
    return {key["KeyId"]: key["KeyArn"] for page in pages for key in page["Keys"] if {"KeyId", "KeyArn"} <= key.keys()}


def key_of(facts: Facts, region: str, id: str) -> KeyFacts:
    """Read one key: what it is, its policy, its rotation."""
    facts.prefetch([(policy_of, region, id), (rotation_of, region, id)])
    return understood(facts, region, id, facts.aws.at(region).kms.describe_key(KeyId=id)["KeyMetadata"])


def understood(facts: Facts, region: str, id: str, known: Mapping[str, Any]) -> KeyFacts:
    """Put into our words what KMS says of a key, with its policy and its rotation."""
    policy, rotation = facts.read_all((policy_of, region, id), (rotation_of, region, id))
    return KeyFacts(
        arn=known["Arn"],
        policy=policy,
        state=known.get("KeyState") or ("Enabled" if known.get("Enabled", True) else "Disabled"),
        spec=known.get("KeySpec", "SYMMETRIC_DEFAULT"),
        origin=known.get("Origin", "AWS_KMS"),
        manager=known.get("KeyManager", "CUSTOMER"),
        replica=known.get("MultiRegionConfiguration", {}).get("MultiRegionKeyType") == "REPLICA",
        description=known.get("Description", ""),
        rotation_days=rotation,
        created=known.get("CreationDate"),
        goes=known.get("DeletionDate"),
    )


def policy_of(facts: Facts, region: str, id: str) -> Document:
    """Return the policy document; empty when there is none."""
    return parsed(facts.aws.at(region).kms.get_key_policy(KeyId=id, PolicyName="default")["Policy"])


def rotation_of(facts: Facts, region: str, id: str) -> int | None:
    """Return a key's rotation period in days; None when it does not rotate."""
    # KMS refuses to say so of a key of imported material or of a custom key store: those never rotate by themselves.
    rotation = empty_if("UnsupportedOperationException", facts.aws.at(region).kms.get_key_rotation_status, KeyId=id)
    return rotation.get("RotationPeriodInDays", YEAR) if rotation.get("KeyRotationEnabled") else None


def key_tags(facts: Facts, region: str, id: str) -> Mapping[str, str]:
    """Read the tags of one key from KMS itself."""
    pages = facts.aws.at(region).kms.get_paginator("list_resource_tags").paginate(KeyId=id)
    return {tag["TagKey"]: tag["TagValue"] for page in pages for tag in page["Tags"]}


def readable_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Return the tags of one key, as the index knows them where the key itself keeps us out."""
    from botocore.exceptions import ClientError

    try:
        return facts.read(key_tags, region, arn)
    except ClientError as error:
        # Who may look at no key at all would not find the one that was lost, and make a second.
        mine = "no identity-based policy" in error.response["Error"].get("Message", "")
        if mine or error.response["Error"]["Code"] not in ("AccessDeniedException", "NotFoundException"):
            raise
        return facts.read(tags.tags, region).get(arn, {})
