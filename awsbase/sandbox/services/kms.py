"""KMS: keys that are disabled or about to go refuse their use; a key's policy must let its writer write it again."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from awsbase.sandbox import policy_documents
from awsbase.sandbox.authorization.permissions import act, arn, at, own, param, table
from awsbase.sandbox.authorization.resources import region_of
from awsbase.sandbox.policy_checks import check_policy, check_size
from awsbase.sandbox.service import AccountState, Codes, Need, Pages, Request, ResourcePolicy, Rule, Service, TagWords
from awsbase.sandbox.snapshot import as_text, by_region, document, tag_dict
from awsbase.sandbox.wire import Refusal

PERIOD = 365
# What still works while a key waits for its deletion; everything else with a KeyId does not.
WHILE_PENDING = {
    "CancelKeyDeletion",
    "DescribeKey",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "ListAliases",
    "ListGrants",
    "ListKeyPolicies",
    "ListResourceTags",
    "PutKeyPolicy",
    "RetireGrant",
    "RevokeGrant",
}
NO_ALIAS = (
    'Alias must start with the prefix "alias/". Please see '
    "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
)
NOT_WHILE_DISABLED = {
    "CancelKeyDeletion": "KMSInvalidStateException",
    "CreateGrant": "DisabledException",
    "Decrypt": "DisabledException",
    "DisableKeyRotation": "DisabledException",
    "EnableKeyRotation": "DisabledException",
    "Encrypt": "DisabledException",
    "GenerateDataKey": "DisabledException",
    "GenerateDataKeyWithoutPlaintext": "DisabledException",
    "ReEncrypt": "DisabledException",
    "Sign": "DisabledException",
}


def usable(request: Request) -> None:
    """Refuse what a key's state does not allow; raises Refusal with KMSInvalidStateException or DisabledException.

    Recorded: LocalStack, test_s3_sse_validate_kms_key_state and test_import_key_symmetric; the table of states is of
    https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html.
    """
    key = find(request, request.params.get("KeyId") or request.params.get("TargetKeyId") or "")
    if key is None:
        return
    if key.key_state == "PendingDeletion" and request.operation not in WHILE_PENDING:
        raise Refusal("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if key.key_state == "PendingImport" and request.operation in (*NOT_WHILE_DISABLED, "EnableKey", "DisableKey"):
        raise Refusal("KMSInvalidStateException", f"{key.arn} is pending import.")
    if key.key_state == "Enabled" and request.operation == "CancelKeyDeletion":
        raise Refusal("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    if key.key_state == "Disabled" and (code := NOT_WHILE_DISABLED.get(request.operation)):
        raise Refusal(code, f"{key.arn} is disabled.")


def symmetric(request: Request) -> None:
    """Refuse to rotate a key of two halves; raises Refusal with UnsupportedOperationException.

    Recorded: LocalStack, test_rotate_key_on_demand_raises_error_given_non_symmetric_key, with an empty message.
    """
    key = find(request, request.params["KeyId"])
    if key and key.key_spec != "SYMMETRIC_DEFAULT":
        raise Refusal("UnsupportedOperationException", "")


def own_material(request: Request) -> None:
    """Refuse to rotate a key of imported material, and to say whether it rotates.

    Raises Refusal with UnsupportedOperationException. Recorded: cloud-custodian, kms.GetKeyRotationStatus.
    """
    key = find(request, request.params["KeyId"])
    if key and key.origin != "AWS_KMS":
        message = f"{key.arn} origin is {key.origin} which is not valid for this operation."
        raise Refusal("UnsupportedOperationException", message)


def by_id(request: Request) -> None:
    """Name a key by its id where moto knows no ARN: these calls take either, and no alias.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html
    """
    named = request.params["KeyId"]
    if ":alias/" not in f":{named}" and (key := find(request, named)):
        request.params["KeyId"] = key.id


def await_material(request: Request, response: dict[str, Any]) -> None:
    """Let a key of imported material wait for it.

    Recorded: LocalStack, test_rotate_key_on_demand_updates_current_key_material_for_external_keys.
    """
    key = find(request, response["KeyMetadata"]["KeyId"])
    if key.origin == "EXTERNAL":
        key.enabled, key.key_state = False, "PendingImport"
        response["KeyMetadata"] |= {"Enabled": False, "KeyState": "PendingImport"}


def whole_metadata(request: Request, response: dict[str, Any]) -> None:
    """Return what moto leaves out of a key, and leave out the empty list that it adds.

    Recorded: LocalStack and cloud-custodian, kms.CreateKey and kms.DescribeKey.
    """
    known = response["KeyMetadata"]
    known.setdefault("KeyUsage", "ENCRYPT_DECRYPT")
    known.setdefault("MultiRegion", False)
    for name in ("SigningAlgorithms", "EncryptionAlgorithms"):
        if not known.get(name):
            known.pop(name, None)


def waiting_time(request: Request) -> None:
    """Refuse a deletion that comes too soon or too late; raises Refusal with ValidationException.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
    """
    if not 7 <= request.params.get("PendingWindowInDays", 30) <= 30:
        raise Refusal("ValidationException", "PendingWindowInDays must be between 7 and 30")


def own_region(request: Request) -> None:
    """Refuse an ARN of another region; raises Refusal with NotFoundException.

    Recorded: LocalStack, test_get_key_in_different_region.
    """
    parts = request.params.get("KeyId", "").split(":")
    if len(parts) > 5 and parts[3] != request.region:
        raise Refusal("NotFoundException", f"Invalid arn {parts[3]}")


def own_alias(request: Request) -> None:
    """Refuse aliases that are AWS's to give, and what is none.

    Raises Refusal with NotAuthorizedException or ValidationException. Recorded: LocalStack, test_create_alias.
    """
    if not request.params["AliasName"].startswith("alias/"):
        raise Refusal("ValidationException", NO_ALIAS)
    if request.params["AliasName"].startswith("alias/aws/"):
        raise Refusal("NotAuthorizedException", "Aliases that begin with alias/aws/ are reserved")


def keep_period(request: Request, response: dict[str, Any]) -> None:
    """Keep how often a key rotates.

    Recorded: LocalStack, test_key_enable_rotation_status.
    """
    if key := find(request, request.params["KeyId"]):
        key.rotation_period = request.params.get("RotationPeriodInDays", getattr(key, "rotation_period", PERIOD))


def add_period(request: Request, response: dict[str, Any]) -> None:
    """Return how often a key rotates, while it does.

    Recorded: LocalStack, test_key_enable_rotation_status.
    """
    key = find(request, request.params["KeyId"])
    if key is None:
        return
    response["KeyId"] = key.arn
    response.pop("RotationPeriodInDays", None)
    if response["KeyRotationEnabled"]:
        response["RotationPeriodInDays"] = getattr(key, "rotation_period", PERIOD)
        response["NextRotationDate"] = request.sandbox.clock() + timedelta(days=response["RotationPeriodInDays"])


def real_targets(request: Request, response: dict[str, Any]) -> None:
    """Leave out the targets that moto makes up for AWS's own aliases.

    Recorded: cloud-custodian, kms.ListAliases.
    """
    keys = request.backend("kms").keys
    for alias in response.get("Aliases", []):
        if alias["AliasName"].startswith("alias/aws/") and alias.get("TargetKeyId") not in keys:
            alias.pop("TargetKeyId", None)


def find(request: Request, name: str) -> Any:
    """Return moto's key of an id, ARN or alias in the request's region, or None."""
    kms = request.backend("kms")
    bare = name.split(":key/")[-1] if ":key/" in name else name
    bare = "alias/" + bare.split(":alias/")[-1] if ":alias/" in bare else bare
    if bare.startswith("alias/"):
        return next((key for key in kms.keys.values() if bare in key.aliases), None)
    return kms.keys.get(bare)


def key_policy(request: Request) -> None:
    """Judge who may use a key, and keep its owner from locking themselves out.

    Raises Refusal with MalformedPolicyDocumentException.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
    """
    text = request.params.get("Policy")
    if text is None:
        return
    check_size(text, 32 * 1024, "KeyPolicySize", "LimitExceededException")
    document = check_policy(request, text, "key", "MalformedPolicyDocumentException")
    if request.params.get("BypassPolicyLockoutSafetyCheck"):
        return
    keepers = (
        f"arn:{request.partition}:iam::{request.account}:root",
        request.account,
        request.caller.principal,
        request.caller.arn,
    )
    kept = [
        statement
        for keeper in keepers
        for statement in policy_documents.allows(document, "kms:PutKeyPolicy", keeper)
        if "*" in policy_documents.listed(statement.get("Resource")) and not statement.get("Condition")
    ]
    if not kept:
        raise Refusal(
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        )


LOCKED_OUT = (
    "MalformedPolicyDocumentException",
    "The new key policy will not allow you to update the key policy in the future.",
)


def key(request: Request) -> Iterator[str]:
    """Name the key; one that is not there is refused as not found, whoever asks."""
    for name in ("KeyId", "TargetKeyId"):
        if (named := request.params.get(name)) and (held := find(request, named)):
            yield held.arn


def alias(request: Request) -> Iterator[str]:
    """Name the alias, and the key that it stands for so far."""
    name = request.params["AliasName"]
    yield arn(request, f"kms:{request.region}:{request.account}:{name}")
    if held := find(request, name):
        yield held.arn


def use(request: Request) -> Iterator[Need]:
    """Need the operation's own action on the key; policies see its aliases."""
    for resource in key(request):
        yield Need(f"kms:{request.operation}", resource, _context(request, resource))


def key_arn(request: Request, name: str) -> str:
    """Return the ARN of a key that is named by id, ARN or alias."""
    held = find(request, name)
    return held.arn if held else arn(request, f"kms:{request.region}:{request.account}:key/{name.rpartition('/')[2]}")


def via(request: Request, service: str) -> Mapping[str, Any]:
    """Return a key's policy that a service asks on the caller's behalf."""
    suffix = "amazonaws.com.cn" if request.partition == "aws-cn" else "amazonaws.com"
    return {"kms:ViaService": f"{service}.{request.region}.{suffix}", "kms:CallerAccount": request.account}


def keeps_control(request: Request) -> Iterator[Need]:
    """Need the new policy to let its writer write the next one."""
    if request.params.get("BypassPolicyLockoutSafetyCheck") or not (text := param(request, "Policy")):
        return
    try:
        new = json.loads(text)
    except ValueError:
        return
    held = next(key(request), arn(request, f"kms:{request.region}:{request.account}:key/*"))
    tags = {f"aws:ResourceTag/{tag['TagKey']}": tag["TagValue"] for tag in request.params.get("Tags", [])}
    yield Need("kms:PutKeyPolicy", held, tags, policy=new, otherwise=LOCKED_OUT)


def grant(request: Request) -> Iterator[Need]:
    """Need to grant; policies see that the grant is not for a service of AWS."""
    for need in use(request):
        yield Need(need.action, need.resource, {**need.context, "kms:GrantIsForAWSResource": "false"})


def _context(request: Request, resource: str) -> dict[str, Any]:
    held = find(request, resource)
    context: dict[str, Any] = {"kms:CallerAccount": request.account, "kms:ResourceAliases": sorted(held.aliases)}
    if request.params.get("KeyId", "").startswith("alias/"):
        context["kms:RequestAlias"] = request.params["KeyId"]
    return context


def keys_held(kms: Any) -> Any:
    """Return the keys of a region; those of AWS are nobody's choice, and moto makes them in the first use."""
    keys = [
        {
            "aliases": sorted(key.aliases),
            "policy": document(key.policy),
            "description": key.description,
            "state": key.key_state,
            "rotates": key.key_rotation_status and getattr(key, "rotation_period", 365),
            "spec": key.key_spec,
            "tags": tag_dict(kms.tagger.list_tags_for_resource(key.id)["Tags"]),
        }
        for key in kms.keys.values()
        if not any(alias.startswith("alias/aws/") for alias in key.aliases)
    ]
    return sorted(keys, key=as_text)


RULES = (
    Rule("kms:CreateKey kms:PutKeyPolicy", before=key_policy),
    Rule("kms:*", before=own_region),
    Rule("kms:*", before=usable),
    Rule("kms:EnableKeyRotation", before=symmetric),
    Rule("kms:EnableKeyRotation kms:GetKeyRotationStatus", before=own_material),
    Rule("kms:ScheduleKeyDeletion", before=waiting_time),
    Rule("kms:CreateAlias kms:UpdateAlias kms:DeleteAlias", before=own_alias),
    Rule("kms:EnableKey kms:DisableKey kms:ScheduleKeyDeletion kms:CancelKeyDeletion", before=by_id, strict=False),
    Rule("kms:CreateKey", after=await_material, strict=False),
    Rule("kms:CreateKey kms:DescribeKey", after=whole_metadata, strict=False),
    Rule("kms:EnableKeyRotation", after=keep_period, strict=False),
    Rule("kms:GetKeyRotationStatus", after=add_period, strict=False),
    Rule("kms:ListAliases", after=real_targets, strict=False),
)
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


def policy(request: Request, need: Need) -> Any:
    """Return the policy of a key."""
    held = request.backend("kms", region_of(request, need.resource)).keys.get(need.resource.rpartition("/")[2])
    return held.policy if held and need.resource == held.arn else None


def stable_names(sandbox: AccountState) -> dict[str, str]:
    """Return what stands for the random ids of keys: their aliases."""
    keys = [key for backend in sandbox.backends("kms").values() for key in backend.keys.values()]
    return {key.id: f"<key {' '.join(sorted(key.aliases)) or 'without alias'}>" for key in keys}


SERVICE = Service(
    "kms",
    rules=RULES,
    calls=CALLS,
    policy=ResourcePolicy(policy, decides_alone="key"),
    pages=Pages(),
    snapshot=by_region("kms", keys_held),
    stable_names=stable_names,
    codes=Codes(tags="TagException"),
    # Recorded by LocalStack's tests: test_create_key_with_too_many_tags_raises_error and its neighbours.
    tag_words=TagWords("Tags beginning with aws: are reserved", "", "Too many tags", "Duplicate tag keys"),
    words={r"Invalid keyId ([^']*)": r"Invalid keyId '\1'"},
    warm_up={"ListKeys": {}},
)
