"""The secrets section: where values are kept, under which key, and who may read them. Never the values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from awsbase.engine.references import Reference
from awsbase.ensure.secret import Generated, Rotation, Secret
from awsbase.manifest.base import Base
from awsbase.manifest.holders import policy_of
from awsbase.manifest.merge import KeyUse, Yielded
from awsbase.manifest.outputs import Output
from awsbase.manifest.paths import Steps
from awsbase.manifest.readers import ReaderName, mistake
from awsbase.manifest.section import Section, Several, ValidationProblem
from awsbase.manifest.values import KmsAlias, OneNameEach, named
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

OWN_BY_AWS = "aws"

SecretName = Annotated[
    str,
    named(
        r"(?!.*-[A-Za-z0-9]{6}$)[A-Za-z0-9/_+=.@-]{1,512}",
        "secret name: letters, digits and /_+=.@-, not ending in a hyphen and six more, as AWS's ARNs do",
    ),
]
FunctionArn = Annotated[
    str,
    named(
        r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9$_-]{1,128})?",
        "function ARN: arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME",
    ),
]


class Generate(Section):
    """A value that awsbase makes up, once, and tells nobody."""

    length: int = Field(default=32, ge=12, le=4096, description="How many characters.")
    symbols: bool = Field(default=True, description="Whether with other characters than letters and digits.")


class Rotate(Section):
    """How old a value may become."""

    days: int = Field(default=90, ge=1, le=1000, description="Days until a value is to be replaced.")
    function: FunctionArn | None = Field(
        default=None,
        description="The Lambda function that replaces it; it must let secretsmanager.amazonaws.com invoke it. Left "
        "out, you are told when a value is too old.",
    )
    window_hours: Annotated[int, Field(ge=1, le=24)] | None = Field(
        default=None, description="Within how many hours of the day the function is called; left out, any time."
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield a window that nothing keeps, and a function that cannot be called from here."""
        if self.window_hours and not self.function:
            yield ValidationProblem(
                ("window_hours",), "without a function nothing happens within a window", "leave it out"
            )
        scope = manifest.account.scope
        if self.function and self.function.split(":")[1] != scope.partition:
            yield ValidationProblem(("function",), f"it is outside of {scope.partition}, where this account is")


class SecretSpec(Section):
    """A place for a value; `awsbase secret put NAME` puts it there."""

    description: str = Field(default="", max_length=2048, description="What it is for; left out, as it is.")
    readers: Several[ReaderName] = Field(
        default=(),
        description="Groups of iam.groups and roles of iam.roles that may read it, beside administrators. They get "
        "one policy each for all their secrets.",
    )
    key: KmsAlias | Literal["aws"] = Field(
        default="alias/{name}-secrets",
        description="The alias of the key, which AWS charges $1 a month for however many secrets, and $3 after two "
        "yearly rotations; aws for AWS's own, which is free and which anybody with the right to read the secret can "
        "use.",
    )
    generate: Generate | None = Field(
        default=None, description="Make a value up when there is none; left out, you are told while there is none."
    )
    rotation: Rotate | None = Field(default=None, description="How old a value may become.")

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield readers that the manifest does not define, or that another policy keeps from reading."""
        for index, reader in enumerate(self.readers):
            if wrong := mistake(reader, readers(manifest), manifest, "secrets", "secret"):
                yield ValidationProblem(("readers", index), *wrong)

    def resource(self, name: str, base: Base, key: str | None) -> Secret:
        """Return the secret."""
        return Secret(
            scope=base.scope,
            name=name,
            key=key,
            description=self.description,
            generated=Generated(self.generate.length, self.generate.symbols) if self.generate else None,
            rotation=Rotation(self.rotation.days, self.rotation.window_hours, self.rotation.function)
            if self.rotation
            else None,
            tags=base.tags,
        )


class Secrets(dict[str, SecretSpec]):
    """The secrets by name."""

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield the keys, the secrets, and a policy for each reader, attached to the group or role of that name."""
        keys: dict[str, KeyUse | None] = {}
        for name, one in self.items():
            keys.setdefault(base.expand(one.key), key_use(base, name, base.expand(one.key)))
        yield from (key for key in keys.values() if key)
        made = []
        for name, one in self.items():
            key = keys[base.expand(one.key)]
            made.append((one, one.resource(name, base, key.address if key else None)))
        yield from (secret for _, secret in made)
        for reader in readers(manifest):
            theirs = [secret for one, secret in made if reader in one.readers]
            document, about = reading(theirs), f"Reads the secrets that the manifest gives to {reader}"
            yield from policy_of(
                base, manifest, "secrets", reader, document, self.first_place(reader), description=about
            )

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the ARN of each secret, never a value."""
        for name in self:
            value = Reference(base.scope.address("secret", name))
            yield Output("secret_arns", value, key=name, data=("aws_secretsmanager_secret", "arn"))

    def first_place(self, reader: str) -> Steps:
        """Return where a reader is named first."""
        return next((name, "readers", one.readers.index(reader)) for name, one in self.items() if reader in one.readers)


def as_secrets(value: dict[str, SecretSpec]) -> Secrets:
    """Return the secrets as a part of the manifest that yields resources."""
    return Secrets(value)


SecretsSection = Annotated[dict[SecretName, SecretSpec], OneNameEach, AfterValidator(as_secrets)]


def readers(manifest: Manifest) -> list[str]:
    """Return every group and role that reads a secret."""
    return list(dict.fromkeys(reader for one in (manifest.secrets or {}).values() for reader in one.readers))


def key_use(base: Base, secret: str, alias: str) -> KeyUse | None:
    """Return the use of the key behind an alias; None stands for AWS's own."""
    if alias == OWN_BY_AWS:
        return None
    purpose = "Secrets in Secrets Manager"
    return KeyUse(scope=base.scope, alias=alias, purpose=purpose, tags=base.tags, at=(secret, "key"))


def reading(secrets: list[Secret]) -> Document:
    """Let somebody read these secrets and no others, with the keys that they are under."""
    keys = [Reference(key) for key in dict.fromkeys(secret.key for secret in secrets) if key]
    read = {
        "Sid": "Read",
        "Effect": "Allow",
        "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
        "Resource": [secret.arn for secret in secrets],
    }
    decrypt = {
        "Sid": "Decrypt",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": keys,
        "Condition": {"StringLike": {"kms:ViaService": "secretsmanager.*"}},
    }
    return {"Version": "2012-10-17", "Statement": [read, *([decrypt] if keys else [])]}
