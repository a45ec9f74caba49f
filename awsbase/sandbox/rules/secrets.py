"""Secrets: names that AWS takes, and no use of one whose deletion is under way."""

import re

from awsbase.sandbox.rule import Ask, Refusal, Rule

NAME = re.compile(r"[A-Za-z0-9/_+=.@-]+")


def name_free(ask: Ask) -> None:
    """Refuse a name that AWS does not take, or that a secret on its way out still has."""
    name = ask.params["Name"]
    if not NAME.fullmatch(name):
        said = (
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
        )
        raise Refusal("ValidationException", said)
    if _going(ask, name):
        raise Refusal(
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        )


def in_use(ask: Ask) -> None:
    """Refuse to work on a secret whose deletion is under way."""
    if _going(ask, ask.params["SecretId"]):
        raise Refusal(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        )


def _going(ask: Ask, name: str) -> bool:
    held = ask.backend("secretsmanager").secrets.values()
    return any(secret.is_deleted() for secret in held if name in (secret.name, secret.arn))


RULES = (
    Rule("secretsmanager:CreateSecret", before=name_free),
    Rule(
        "secretsmanager:GetSecretValue secretsmanager:PutSecretValue secretsmanager:UpdateSecret",
        before=in_use,
    ),
)
