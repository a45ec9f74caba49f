"""Secrets Manager: the secret by its ARN, and the key that its value is encrypted with."""

from collections.abc import Iterator
from typing import Any

from awsbase.sandbox.authorization.calls.call import Call, Need, act, arn, own, param, table
from awsbase.sandbox.authorization.calls.kms import key_arn, via
from awsbase.sandbox.rule import Ask


def secret(ask: Ask) -> Iterator[str]:
    """Name the secret; one that is not there has nothing but the name that it was asked by."""
    held = _held(ask)
    yield held.arn if held else ask.params["SecretId"]


def new(ask: Ask) -> list[str]:
    """Name the secret that is created, whose last six letters AWS makes up."""
    return [arn(ask, f"secretsmanager:{ask.region}:{ask.account}:secret:{ask.params['Name']}-000000")]


def uses_key(*actions: str) -> Call:
    """Need to use the customer's key that a secret has or is to have; AWS's own asks nobody."""

    def needs(ask: Ask) -> Iterator[Need]:
        key = param(ask, "KmsKeyId") or getattr(_held(ask), "kms_key_id", None)
        if key and not key.endswith("alias/aws/secretsmanager"):
            for action in actions:
                yield Need(action, key_arn(ask, key), via(ask, "secretsmanager"))

    return needs


def _held(ask: Ask) -> Any:
    asked = ask.params.get("SecretId")
    secrets = ask.backend("secretsmanager").secrets.values()
    return next((held for held in secrets if asked in (held.name, held.arn)), None)


WRITE = uses_key("kms:GenerateDataKey", "kms:Decrypt")

CALLS = table(
    {
        "ListSecrets GetRandomPassword": [own()],
        "CreateSecret": [own(new), act("secretsmanager:TagResource", new, when="Tags"), WRITE],
        "PutSecretValue UpdateSecret": [own(secret), WRITE],
        "GetSecretValue": [own(secret), uses_key("kms:Decrypt")],
        "RotateSecret": [
            own(secret),
            act("lambda:InvokeFunction", lambda ask: [ask.params["RotationLambdaARN"]], when="RotationLambdaARN"),
        ],
        "DescribeSecret DeleteSecret RestoreSecret TagResource UntagResource ListSecretVersionIds CancelRotateSecret "
        "GetResourcePolicy PutResourcePolicy DeleteResourcePolicy UpdateSecretVersionStage": [own(secret)],
    }
)
