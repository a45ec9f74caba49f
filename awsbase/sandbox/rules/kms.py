"""KMS: keys that are disabled or about to go refuse their use, and a rotation period is kept."""

from datetime import timedelta
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule

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


def usable(ask: Ask) -> None:
    """Refuse what a key's state does not allow."""
    key = find(ask, ask.params.get("KeyId") or ask.params.get("TargetKeyId") or "")
    if key is None:
        return
    if key.key_state == "PendingDeletion" and ask.operation not in WHILE_PENDING:
        raise Refusal("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if key.key_state == "Enabled" and ask.operation == "CancelKeyDeletion":
        raise Refusal("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    if key.key_state == "Disabled" and (code := NOT_WHILE_DISABLED.get(ask.operation)):
        raise Refusal(code, f"{key.arn} is disabled.")


def symmetric(ask: Ask) -> None:
    """Refuse to rotate a key of two halves."""
    key = find(ask, ask.params["KeyId"])
    if key and key.key_spec != "SYMMETRIC_DEFAULT":
        raise Refusal("UnsupportedOperationException", f"{key.arn} key spec is {key.key_spec}, which cannot rotate.")


def by_id(ask: Ask) -> None:
    """Name a key by its id where moto knows no ARN."""
    if key := find(ask, ask.params["KeyId"]):
        ask.params["KeyId"] = key.id


def waiting_time(ask: Ask) -> None:
    """Refuse a deletion that comes too soon or too late."""
    if not 7 <= ask.params.get("PendingWindowInDays", 30) <= 30:
        raise Refusal("ValidationException", "PendingWindowInDays must be between 7 and 30")


def own_alias(ask: Ask) -> None:
    """Refuse aliases that are AWS's to give."""
    if ask.params["AliasName"].startswith("alias/aws/"):
        raise Refusal("NotAuthorizedException", "Aliases that begin with alias/aws/ are reserved")


def keep_period(ask: Ask, said: dict[str, Any]) -> None:
    """Keep how often a key rotates."""
    if key := find(ask, ask.params["KeyId"]):
        key.rotation_period = ask.params.get("RotationPeriodInDays", getattr(key, "rotation_period", PERIOD))


def tell_period(ask: Ask, said: dict[str, Any]) -> None:
    """Tell how often a key rotates, while it does."""
    key = find(ask, ask.params["KeyId"])
    if key is None:
        return
    said["KeyId"] = key.arn
    said.pop("RotationPeriodInDays", None)
    if said["KeyRotationEnabled"]:
        said["RotationPeriodInDays"] = getattr(key, "rotation_period", PERIOD)
        said["NextRotationDate"] = ask.sandbox.clock() + timedelta(days=said["RotationPeriodInDays"])


def real_targets(ask: Ask, said: dict[str, Any]) -> None:
    """Leave out the targets that moto makes up for AWS's own aliases."""
    keys = ask.backend("kms").keys
    for alias in said.get("Aliases", []):
        if alias["AliasName"].startswith("alias/aws/") and alias.get("TargetKeyId") not in keys:
            alias.pop("TargetKeyId", None)


def find(ask: Ask, name: str) -> Any:
    """Return moto's key of an id, ARN or alias in the request's region, or None."""
    kms = ask.backend("kms")
    bare = name.split(":key/")[-1] if ":key/" in name else name
    bare = "alias/" + bare.split(":alias/")[-1] if ":alias/" in bare else bare
    if bare.startswith("alias/"):
        return next((key for key in kms.keys.values() if bare in key.aliases), None)
    return kms.keys.get(bare)


RULES = (
    Rule("kms:*", before=usable),
    Rule("kms:EnableKeyRotation", before=symmetric),
    Rule("kms:ScheduleKeyDeletion", before=waiting_time),
    Rule("kms:CreateAlias kms:UpdateAlias kms:DeleteAlias", before=own_alias),
    Rule("kms:EnableKey kms:DisableKey kms:ScheduleKeyDeletion kms:CancelKeyDeletion", before=by_id, strict=False),
    Rule("kms:EnableKeyRotation", after=keep_period, strict=False),
    Rule("kms:GetKeyRotationStatus", after=tell_period, strict=False),
    Rule("kms:ListAliases", after=real_targets, strict=False),
)
