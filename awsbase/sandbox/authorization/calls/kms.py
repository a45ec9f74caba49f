"""KMS: everything on the key; aliases ask for alias and key, and a key's policy must let its writer write again."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.sandbox.authorization.calls.call import Need, act, arn, at, own, param, table
from awsbase.sandbox.rule import Ask
from awsbase.sandbox.rules.kms import find

LOCKED_OUT = (
    "MalformedPolicyDocumentException",
    "The new key policy will not allow you to update the key policy in the future.",
)


def key(ask: Ask) -> Iterator[str]:
    """Name the key; one that is not there is refused as not found, whoever asks."""
    for name in ("KeyId", "TargetKeyId"):
        if (named := ask.params.get(name)) and (held := find(ask, named)):
            yield held.arn


def alias(ask: Ask) -> Iterator[str]:
    """Name the alias, and the key that it stands for so far."""
    name = ask.params["AliasName"]
    yield arn(ask, f"kms:{ask.region}:{ask.account}:{name}")
    if held := find(ask, name):
        yield held.arn


def use(ask: Ask) -> Iterator[Need]:
    """Need the operation's own action on the key, and tell by which aliases it is known."""
    for resource in key(ask):
        yield Need(f"kms:{ask.operation}", resource, _told(ask, resource))


def key_arn(ask: Ask, name: str) -> str:
    """Return the ARN of a key that is named by id, ARN or alias."""
    held = find(ask, name)
    return held.arn if held else arn(ask, f"kms:{ask.region}:{ask.account}:key/{name.rpartition('/')[2]}")


def via(ask: Ask, service: str) -> Mapping[str, Any]:
    """Tell a key's policy that a service asks on the caller's behalf."""
    suffix = "amazonaws.com.cn" if ask.partition == "aws-cn" else "amazonaws.com"
    return {"kms:ViaService": f"{service}.{ask.region}.{suffix}", "kms:CallerAccount": ask.account}


def keeps_control(ask: Ask) -> Iterator[Need]:
    """Need the new policy to let its writer write the next one."""
    if ask.params.get("BypassPolicyLockoutSafetyCheck") or not (text := param(ask, "Policy")):
        return
    try:
        new = json.loads(text)
    except ValueError:
        return
    held = next(key(ask), arn(ask, f"kms:{ask.region}:{ask.account}:key/*"))
    tags = {f"aws:ResourceTag/{tag['TagKey']}": tag["TagValue"] for tag in ask.params.get("Tags", [])}
    yield Need("kms:PutKeyPolicy", held, tags, policy=new, otherwise=LOCKED_OUT)


def grant(ask: Ask) -> Iterator[Need]:
    """Need to grant; a service's own grants are told from others."""
    for need in use(ask):
        yield Need(need.action, need.resource, {**need.context, "kms:GrantIsForAWSResource": "false"})


def _told(ask: Ask, resource: str) -> dict[str, Any]:
    held = find(ask, resource)
    told: dict[str, Any] = {"kms:CallerAccount": ask.account, "kms:ResourceAliases": sorted(held.aliases)}
    if ask.params.get("KeyId", "").startswith("alias/"):
        told["kms:RequestAlias"] = ask.params["KeyId"]
    return told


CALLS = table(
    {
        "ListAliases ListKeys": [own()],
        "CreateKey": [own(), act("kms:TagResource", at("kms:{region}:{account}:key/*"), when="Tags"), keeps_control],
        "CreateAlias UpdateAlias DeleteAlias": [own(alias, key)],
        "PutKeyPolicy": [use, keeps_control],
        "CreateGrant": [grant],
        "DescribeKey GetKeyPolicy ListKeyPolicies GetKeyRotationStatus ListResourceTags ListGrants RetireGrant "
        "RevokeGrant EnableKey DisableKey EnableKeyRotation DisableKeyRotation ScheduleKeyDeletion CancelKeyDeletion "
        "TagResource UntagResource UpdateKeyDescription Encrypt Decrypt GenerateDataKey "
        "GenerateDataKeyWithoutPlaintext GetPublicKey Sign Verify": [use],
    }
)
