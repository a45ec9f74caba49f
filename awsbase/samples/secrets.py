"""Samples of secrets and of the policy for their readers."""

from collections.abc import Callable

from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.policy import Policy
from awsbase.ensure.secret import Generated, Rotation, Secret
from awsbase.manifest.secrets import reading
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"
# AWS tries at once whether the function can be invoked.
NO_FUNCTION = "the function that rotates the secret is nobody's"
KEY = Key(scope=HOME, name="acme-secrets", policy=key_policy(HOME), description="Secrets")
DATABASE = Secret(
    scope=HOME,
    name="acme/database",
    key=KEY.address,
    description="The database's owner",
    generated=Generated(32),
    rotation=Rotation(30, 3, FUNCTION),
    tags={"owner": "platform"},
)
PARTNER = Secret(scope=HOME, name="acme/partner", key=None, description="The partner's token")
RENEWED = Secret(scope=HOME, name="acme/renewed", key=None, rotation=Rotation(90))
READERS = Policy(scope=HOME, name="acme-secrets-Developers", document=reading([DATABASE, PARTNER]))


def made_by_hand(aws: Reached) -> None:
    """Create the token without awsbase, and a deleted secret for the database's password."""
    secrets = aws.client("secretsmanager", HOME.region)
    secrets.create_secret(Name=PARTNER.name, SecretString="token", Tags=[{"Key": "by", "Value": "hand"}])
    secrets.create_secret(Name=DATABASE.name, SecretString="old")
    secrets.delete_secret(SecretId=DATABASE.name, RecoveryWindowInDays=7)


def with_a_value(aws: Reached) -> None:
    """Create a secret with a value that a person renews."""
    aws.client("secretsmanager", HOME.region).create_secret(Name=RENEWED.name, SecretString="token")


def call(operation: str, **arguments: object) -> Callable[[Reached], object]:
    """Return a function that calls Secrets Manager by hand."""
    return lambda aws: getattr(aws.client("secretsmanager", HOME.region), operation)(
        SecretId=DATABASE.name, **arguments
    )


SAMPLES = (
    Sample(
        "secret",
        [KEY, DATABASE, PARTNER, READERS],
        not_on_aws=NO_FUNCTION,
        tamperings={
            "deleted": Tampering(
                call("delete_secret", RecoveryWindowInDays=7),
                [f"{DATABASE.address}: update deletion"],
                risky=[f"{DATABASE.address}: update deletion"],
            ),
            "other key": Tampering(
                call("update_secret", KmsKeyId="alias/aws/secretsmanager"),
                [f"{DATABASE.address}: update settings"],
            ),
            "other description": Tampering(
                call("update_secret", Description="?"),
                [f"{DATABASE.address}: update settings"],
            ),
            "untagged": Tampering(
                call("untag_resource", TagKeys=["owner"]),
                [f"{DATABASE.address}: update tags"],
            ),
            "rotated less often": Tampering(
                call("rotate_secret", RotationLambdaARN=FUNCTION, RotationRules={"AutomaticallyAfterDays": 900}),
                [f"{DATABASE.address}: update rotation"],
            ),
        },
    ),
    Sample("secret made by hand", [KEY, DATABASE, PARTNER], before=made_by_hand, not_on_aws=NO_FUNCTION),
    Sample("secret that a person renews", [RENEWED], before=with_a_value),
)
