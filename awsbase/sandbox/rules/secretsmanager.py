"""Secrets Manager: names of the deleted are not free yet, nothing is written to them, and rotation needs a function."""

import re
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule

NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
USABLE = ("Enabled",)


def creatable(ask: Ask) -> None:
    """Refuse a name that AWS does not take, and that of a secret whose deletion is under way."""
    name = ask.params["Name"]
    if not NAME.fullmatch(name):
        said = "Invalid name. Must be a valid name containing alphanumeric characters, or any of -/_+=.@!"
        raise Refusal("ValidationException", said)
    if (held := found(ask, name)) and held.is_deleted():
        raise Refusal(
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        )
    usable_key(ask)


def writable(ask: Ask) -> None:
    """Refuse to change a secret whose deletion is under way."""
    held = found(ask, ask.params["SecretId"])
    if held and held.is_deleted():
        raise Refusal(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        )
    usable_key(ask)


def usable_key(ask: Ask) -> None:
    """Refuse a key of the account's own that cannot encrypt."""
    wanted = ask.params.get("KmsKeyId")
    if not wanted or "alias/aws/" in wanted:
        return
    kms = ask.backend("kms")
    last = wanted if wanted.startswith("alias/") else wanted.rpartition("/")[2]
    for key in kms.keys.values():
        aliases = [alias.split(":")[-1] for alias in key.aliases]
        if last in (key.id, *aliases) or wanted.split(":")[-1] in aliases:
            if key.key_state not in USABLE:
                raise Refusal("InvalidRequestException", f"The key {wanted} is {key.key_state}.")
            return
    raise Refusal("InvalidRequestException", f"The key {wanted} does not exist.")


def rotate(ask: Ask) -> dict[str, Any]:
    """Keep how a secret rotates, without calling the function: there is none behind the ARN."""
    held = found(ask, ask.params["SecretId"])
    if held is None:
        raise Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    function = ask.params.get("RotationLambdaARN") or held.rotation_lambda_arn
    if not function:
        raise Refusal("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
    rules = ask.params.get("RotationRules", {})
    if not (rules.get("AutomaticallyAfterDays") or rules.get("ScheduleExpression")):
        raise Refusal("InvalidParameterException", "RotationRules needs a rate.")
    held.rotation_requested = held.rotation_enabled = True
    held.rotation_lambda_arn = function
    held.auto_rotate_after_days = rules.get("AutomaticallyAfterDays", 0)
    held.rotation_rules = dict(rules)
    return {"ARN": held.arn, "Name": held.name}


def tell_rules(ask: Ask, said: dict[str, Any]) -> None:
    """Tell the whole of the rules, of which moto keeps the days only."""
    for one in said.get("SecretList", [said]):
        held = found(ask, one["Name"])
        if one.get("RotationRules") and hasattr(held, "rotation_rules"):
            one["RotationRules"] = dict(held.rotation_rules)


def found(ask: Ask, id: str) -> Any:
    """Return moto's own object for a secret, by name or ARN."""
    return ask.backend("secretsmanager").secrets.get(id)


WRITES = "PutSecretValue UpdateSecret TagResource UntagResource PutResourcePolicy RotateSecret GetSecretValue"

RULES = (
    Rule("secretsmanager:CreateSecret", before=creatable),
    Rule(" ".join(f"secretsmanager:{name}" for name in WRITES.split()), before=writable),
    Rule("secretsmanager:RotateSecret", before=rotate, strict=False),
    Rule("secretsmanager:DescribeSecret secretsmanager:ListSecrets", after=tell_rules, strict=False),
)
