"""Secrets: where a value is kept and under which key. The value itself is nobody's business here."""

from __future__ import annotations

import hashlib
import secrets as chance
import string
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.engine.changes import Deferred, Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allow, Allows, Permissions, allow, equals
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things
from awsbase.ensure.key import LONGEST_WAIT, any_key
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.keys import alias_behind
from awsbase.prices import Cost, by_use, monthly
from awsbase.prices import table as prices
from awsbase.records import record

AWS_KEY = "alias/aws/secretsmanager"
SYMBOLS = "!#$%&()*+,-.:;<=>?@[]^_{|}~"


class TakenSecret(AwsbaseError):
    """A secret of this name holds something else."""


@record
class Generated:
    """A value that awsbase makes up once, when there is none; it is told to nobody."""

    length: int
    symbols: bool = True

    def generate(self) -> str:
        """Make a value of every kind of character."""
        kinds = [string.ascii_lowercase, string.ascii_uppercase, string.digits, *([SYMBOLS] if self.symbols else [])]
        while True:
            value = "".join(chance.choice("".join(kinds)) for _ in range(self.length))
            if all(set(kind) & set(value) for kind in kinds):
                return value


@record
class Rotation:
    """How often a value is replaced, and by which function; without one a person is reminded."""

    days: int
    window_hours: int | None = None
    function: str | None = None

    @property
    def rules(self) -> dict[str, object]:
        """The rules as Secrets Manager takes them."""
        window = {"Duration": f"{self.window_hours}h"} if self.window_hours else {}
        return {"AutomaticallyAfterDays": self.days, **window}


@record(kw_only=True)
class Secret(Resource):
    """A secret under the key at the address `key`, or under AWS's own with `key=None`.

    Its value is never read, and written only when it is `generated` and there is none. Tags are added to; a
    description is touched only when one is given, and a rotation only when one with a function is. One that is
    `filled` gets its value from another resource: nobody is asked for it.
    """

    name: str
    key: str | None
    description: str = ""
    generated: Generated | None = None
    rotation: Rotation | None = None
    filled: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("secret", self.name)

    @property
    def arn(self) -> str:
        """The ARN as policies name it: AWS adds a hyphen and six characters of its own."""
        return self.scope.arn("secretsmanager", f"secret:{self.name}-??????")

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield monthly(prices.SECRET, self.scope.region)
        yield by_use(prices.SECRET_READS, self.scope.region)

    def needs(self) -> Iterator[str]:
        if self.key:
            yield self.key


@record
class HeldSecret:
    """A secret seen from outside: `value` is whether it has one, `new` whether this run makes it."""

    key: Any = AWS_KEY
    description: str = ""
    value: bool = False
    deleted: bool = False
    rotation: Rotation | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    new: bool = False
    arn: Any = field(default=None, compare=False)
    owner: str = ""
    """The service of AWS that made it, and looks after it."""
    primary: str = ""
    """The region of the secret that it is a copy of, or of itself once there are copies."""
    copies: tuple[str, ...] = ()
    """The regions that have a copy."""
    stages: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The version that each stage is at."""


def held_secrets(facts: Facts, region: str) -> Mapping[str, HeldSecret]:
    """Return the secrets of a region by name, in one read; the list lags some minutes behind."""
    pages = facts.aws.at(region).secretsmanager.get_paginator("list_secrets").paginate(IncludePlannedDeletion=True)
    return {found["Name"]: seen(found) for page in pages for found in page["SecretList"]}


def held_secret(facts: Facts, region: str, name: str) -> HeldSecret | None:
    """Return one secret as Secrets Manager itself knows it."""
    from botocore.exceptions import ClientError

    try:
        return seen(facts.aws.at(region).secretsmanager.describe_secret(SecretId=name))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None


def value_since(facts: Facts, region: str, name: str) -> datetime | None:
    """Return since when a secret has the value that it has.

    botocore has no paginator for ListSecretVersionIds; raises ValueError when AWS gives the same page twice.
    """
    client, more = facts.aws.at(region).secretsmanager, dict[str, str]()
    while True:
        page = client.list_secret_version_ids(SecretId=name, **more)
        for version in page.get("Versions", []):
            if "AWSCURRENT" in version.get("VersionStages", []):
                since: datetime = version["CreatedDate"]
                return since
        token = page.get("NextToken")
        if not token:
            return None
        if token == more.get("NextToken"):
            raise ValueError(f"ListSecretVersionIds gives {token!r} as the token after itself")
        more["NextToken"] = token


def seen(found: Mapping[str, Any]) -> HeldSecret:
    """Return what DescribeSecret or ListSecrets tells; the two name the versions differently."""
    versions = found.get("VersionIdsToStages") or found.get("SecretVersionsToStages") or {}
    rules = found.get("RotationRules", {})
    rotation = None
    if found.get("RotationEnabled"):
        window = rules.get("Duration", "").removesuffix("h")
        rotation = Rotation(
            rules.get("AutomaticallyAfterDays", 0), int(window) if window else None, found.get("RotationLambdaARN")
        )
    return HeldSecret(
        key=found.get("KmsKeyId") or AWS_KEY,
        description=found.get("Description", ""),
        value=any("AWSCURRENT" in stages for stages in versions.values()),
        deleted="DeletedDate" in found,
        rotation=rotation,
        tags={tag["Key"]: tag["Value"] for tag in found.get("Tags") or []},
        created=found.get("CreatedDate"),
        arn=found.get("ARN"),
        owner=found.get("OwningService", ""),
        primary=found.get("PrimaryRegion", ""),
        copies=tuple(sorted(copy["Region"] for copy in found.get("ReplicationStatus") or [])),
        stages={stage: version for version, stages in versions.items() for stage in stages},
    )


def secret_reads(want: Secret) -> Iterator[Read]:
    """Yield the facts that the recipe of a secret reads, to prefetch them."""
    yield held_secrets, want.scope.region


def ensure_secret(run: Run, want: Secret) -> Any:
    """Keep one secret under its key, with a value if it is to be generated; returns its ARN."""
    secrets = run.aws.at(want.scope.region).secretsmanager
    key = run.result(want.key) if want.key else None
    under = AWS_KEY if key is None else key
    have = look(run, want, key)
    since = age(run, want, have)
    labels = tags.pairs(tags.with_origin(want))
    generated = want.generated and Deferred(f"value of {want.name}", want.generated.generate)
    # A second value made for the same secret is refused: it would replace the one that somebody uses already.
    token = want.generated and token_of(want)

    if have is None:
        made = run.create(
            "secret",
            secrets.create_secret,
            Name=want.name,
            Description=want.description or None,
            KmsKeyId=key,
            SecretString=generated,
            ClientRequestToken=token,
            Tags=labels,
        )
        have = HeldSecret(
            under, want.description, generated is not None, tags=tags.wanted(want), new=True, arn=made["ARN"]
        )
    run.created_at(have.created)

    if have.deleted:
        drift = [Drift("deletion", "scheduled", None)]
        run.update("deletion", drift, secrets.restore_secret, risk=access("it can be read again"), SecretId=want.name)

    keep_settings(run, want, have, key)

    if generated is not None and not have.value:
        run.create(
            "generated value",
            secrets.put_secret_value,
            SecretId=want.name,
            SecretString=generated,
            ClientRequestToken=token,
        )

    has_value = have.value or want.generated is not None
    if has_value:
        keep_rotation(run, want, have)

    add_tags(run, want, have.tags, secrets.tag_resource, SecretId=want.name)
    if not want.filled:
        ask_for_value(run, want, has_value, since)
    return have.arn


def keep_settings(run: Run, want: Secret, have: HeldSecret, key: Any) -> None:
    """Keep the key and the description."""
    secrets = run.aws.at(want.scope.region).secretsmanager
    if drift := settings_drift(want, have, key):
        named = {each.field for each in drift}
        run.update(
            "settings",
            drift,
            secrets.update_secret,
            risk=access("its own key no longer guards it" if "key" in named and have.key != AWS_KEY else ""),
            SecretId=want.name,
            Description=want.description if "description" in named else None,
            KmsKeyId=(AWS_KEY if key is None else key) if "key" in named else None,
        )


def keep_rotation(run: Run, want: Secret, have: HeldSecret) -> None:
    """Keep how a function rotates the value, where there is one."""
    secrets = run.aws.at(want.scope.region).secretsmanager
    if want.rotation and want.rotation.function and have.rotation != want.rotation:
        run.update(
            "rotation",
            [Drift("rotation", said(have.rotation), said(want.rotation))],
            secrets.rotate_secret,
            risk=access(rotated_otherwise(run, want, have)),
            SecretId=want.name,
            RotationLambdaARN=want.rotation.function,
            RotationRules=want.rotation.rules,
            # The first rotation comes when it is due: whoever uses the value now goes on using it.
            RotateImmediately=False,
        )


def rotated_otherwise(run: Run, want: Secret, have: HeldSecret) -> str:
    """Say why another rotation is risky: a function that did not reads the value and replaces it, or does it rarely."""
    assert want.rotation is not None
    was = have.rotation
    if not have.new and (was is None or was.function != want.rotation.function):
        why = f"{want.rotation.function} reads its value and replaces it"
        return run.unless_begun(why, have.created, ours=tags.is_ours(have.tags, want.scope))
    return "it rotates more seldom" if was and was.days < want.rotation.days else ""


def look(run: Run, want: Secret, key: Any) -> HeldSecret | None:
    """Return the secret as it is; the list lags, so what it misses is not believed before the secret itself says so.

    Raises TakenSecret when the secret carries another address of awsbase.
    """
    have = run.read(held_secrets, want.scope.region).get(want.name)
    if have is None or not converged(want, have, key):
        have = run.read(held_secret, want.scope.region, want.name)
    if have and have.tags.get(tags.ADDRESS, want.address) != want.address:
        raise TakenSecret(
            f"the secret {want.name} is awsbase's own already, as {have.tags[tags.ADDRESS]}",
            hint="choose another name in secrets",
        )
    return have


def converged(want: Secret, have: HeldSecret, key: Any) -> bool:
    """Tell whether a secret is all that is wanted."""
    rotates = want.rotation is None or want.rotation.function is None or have.rotation == want.rotation
    tagged = not tags.missing(have.tags, tags.wanted(want))
    return not have.deleted and have.value and rotates and tagged and not settings_drift(want, have, key)


def settings_drift(want: Secret, have: HeldSecret, key: Any) -> list[Drift]:
    """List in what the key and the description differ; AWS keeps the key by whatever name it was given."""
    drift = []
    if want.description and have.description != want.description:
        drift.append(Drift("description", have.description, want.description))
    if want.key is None:
        same = have.key == AWS_KEY or str(have.key).endswith(f":{AWS_KEY}")
    else:
        alias = f"alias/{want.key.removeprefix('key/').partition('@')[0]}"
        same = have.key in (key, alias, want.scope.arn("kms", alias))
        same = same or (isinstance(key, str) and key.endswith(f"/{have.key}"))
    if not same:
        drift.append(Drift("key", have.key, AWS_KEY if want.key is None else key))
    return drift


def age(run: Run, want: Secret, have: HeldSecret | None) -> datetime | None:
    """Return since when there is the present value, where somebody has to be reminded of it."""
    if have is None or not have.value or not want.rotation or want.rotation.function:
        return None
    return run.read(value_since, want.scope.region, want.name)


def ask_for_value(run: Run, want: Secret, has_value: bool, since: datetime | None) -> None:
    """Say so while a value is missing, or older than it should be."""
    put = f"`awsbase secret put {want.name} --region {want.scope.region}`, which asks for it"
    if not has_value:
        run.manual_action(
            f"the secret {want.name} has no value", put, probe="secretsmanager DescribeSecret shows a current version"
        )
    elif since and want.rotation and run.now() - since > timedelta(days=want.rotation.days):
        run.manual_action(
            f"the value of the secret {want.name} is of {since:%Y-%m-%d}, older than {want.rotation.days} days",
            "make a new value where it is checked, such as the database",
            put,
            probe="secretsmanager ListSecretVersionIds shows a younger current version",
        )


def remove_secret(run: Run, want: Secret) -> None:
    """Schedule the deletion of a secret that this manifest made, in 30 days, after its copies in other regions."""
    secrets = run.aws.secretsmanager
    have = run.read(held_secret, want.scope.region, want.name)
    if have is None or have.deleted or not tags.made_here(run, want, have.tags):
        return
    if have.primary not in ("", want.scope.region):
        run.note(f"kept: it is a copy of the secret in {have.primary}, and goes with that one")
        return

    if have.copies:
        why = f"the copies in {', '.join(have.copies)} are gone at once"
        regions, remove = list(have.copies), secrets.remove_regions_from_replication
        run.delete("copies", remove, risk=deletion(why), SecretId=want.name, RemoveReplicaRegions=regions)
    run.delete(
        "secret",
        secrets.delete_secret,
        risk=deletion("its value is lost after 30 days"),
        SecretId=want.name,
        RecoveryWindowInDays=LONGEST_WAIT,
    )


def things(facts: Facts, scope: Scope) -> Things:
    """Yield each secret of a region, without its value."""
    for name, have in facts.read(held_secrets, scope.region).items():
        address = scope.address("secret", name)
        if have.owner:
            yield LeftAlone(address, have.owner, "AWS's list of secrets names the service that looks after it")
        elif have.deleted:
            yield NotExpressible(address, ("deletion: it is under way",))
        elif have.primary not in ("", scope.region):
            yield NotExpressible(address, (f"copy of the secret in {have.primary}",))
        elif (key := key_address(facts, scope, have.key)) == "":
            yield NotExpressible(address, (f"key: {have.key} has no alias",))
        else:
            seen = Secret(scope=scope, name=name, key=key, description=have.description, rotation=have.rotation)
            yield Described(seen, have.tags, remarks=tuple(unsaid(scope, have)))


def key_address(facts: Facts, scope: Scope, key: str) -> str | None:
    """Return the address of a secret's key; None for AWS's own, and an empty text for one without an alias."""
    if key == AWS_KEY or key.endswith(f":{AWS_KEY}"):
        return None
    alias = alias_behind(facts, scope.region, key)
    return scope.address("key", alias) if alias else ""


def unsaid(scope: Scope, have: HeldSecret) -> Iterator[str]:
    """Yield what a secret has that no manifest says, and no run touches."""
    if have.primary == scope.region:
        yield "its copies in other regions are not written here"
    if have.rotation and not have.rotation.days:
        yield "its rotation has a schedule that is not written here"


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that it takes to list secrets."""
    yield SECRETS
    yield allow("kms", "ListAliases")


def said(rotation: Rotation | None) -> str | None:
    """Describe a rotation; None when there is none."""
    if rotation is None:
        return None
    window = f", within {rotation.window_hours} h" if rotation.window_hours else ""
    return f"every {rotation.days} days{window}, by {rotation.function}"


def token_of(want: Secret) -> str:
    """Return the name of the version that a generated value becomes: the same each time, and nothing of the value."""
    return hashlib.sha256(f"generated {want.scope.account} {want.scope.region} {want.name}".encode()).hexdigest()[:32]


def secret_arns(scope: Scope, name: str) -> tuple[str, ...]:
    """Return the ARN of a secret, to whose name AWS adds six characters of its own."""
    return (scope.arn("secretsmanager", f"secret:{name}-??????"),)


# Whoever asks for a secret that is not there is asking about no ARN.
SECRETS = allow("secretsmanager", "DescribeSecret", "ListSecrets")


def sealing(scope: Scope) -> Allow:
    """Allow values to be encrypted and decrypted under keys of the account, by Secrets Manager and nobody else."""
    suffix = ".cn" if scope.partition == "aws-cn" else ""
    service = equals("kms:ViaService", f"secretsmanager.{scope.region}.amazonaws.com{suffix}")
    return allow("kms", "Decrypt", "GenerateDataKey", on=any_key(scope), when=service)


def read_permissions(want: Secret) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield SECRETS
    if want.rotation and not want.rotation.function:
        yield allow("secretsmanager", "ListSecretVersionIds", on=secret_arns(want.scope, want.name))


def write_permissions(want: Secret) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    arns = secret_arns(want.scope, want.name)
    yield allow("secretsmanager", "CreateSecret", "RestoreSecret", "TagResource", "UpdateSecret", on=arns)
    if want.generated:
        yield allow("secretsmanager", "PutSecretValue", on=arns)
    if want.rotation and (function := want.rotation.function):
        yield allow("secretsmanager", "RotateSecret", on=arns)
        yield allow("lambda", "InvokeFunction", on=(function,))
    if want.key:
        yield sealing(want.scope)


def removal_permissions(want: Secret) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("secretsmanager", "DeleteSecret", "RemoveRegionsFromReplication", on=secret_arns(want.scope, want.name))


KIND = Kind(
    ensure_secret,
    secret_reads,
    resource=Secret,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A place in Secrets Manager for one value, under a key, with those who may read it.",
        why="A password in a file, a variable or a chat is everybody's in the end. Each read is in the audit trail.",
        undo=(
            TAKE_OUT,
            "aws secretsmanager delete-secret --secret-id NAME --region REGION, and 30 days to regret it",
        ),
        controls=("FSBP SecretsManager.1", "FSBP SecretsManager.4"),
        cost=(
            f"{prices.SECRET} a month and {prices.SECRET_READS.rate}; its key {prices.KMS_KEY} a month, "
            "three times as much after two yearly rotations"
        ),
    ),
    word="secret",
    found_by="name",
    owns="its key; description and rotation, if given",
    keeps="its value, tags",
    absent=Absent(
        remove_secret,
        exempt="its value is lost with it",
        leaves={"secretsmanager": "secrets stay, unreadable, until their deletion in 30 days"},
        permissions=removal_permissions,
    ),
    describe=Describe(things, describe_permissions, everywhere=True),
)
