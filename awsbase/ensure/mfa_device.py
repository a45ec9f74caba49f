"""Virtual MFA devices that are made for a person, who then takes the seed over onto a phone.

AWS tells a device's seed once, in the answer that makes the device. So the seed is stored before the device is
enabled: a run that is killed in between leaves a device without an owner, and the next run makes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase import totp
from awsbase.engine.changes import Drift, Unknown
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.secret import SECRETS, sealing, secret_arns
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.authorization import ALL_OF_IAM, UserFacts, authorization, iam_arns, users
from awsbase.facts.credential_report import VIRTUAL_DEVICES, device_tags, devices, virtual_devices
from awsbase.facts.keys import aliases
from awsbase.prices import Cost, monthly
from awsbase.prices import table as prices
from awsbase.records import record

# What encrypts a secret for which no key was named.
ACCOUNTS_OWN = "alias/aws/secretsmanager"


class Taken(AwsbaseError):
    """A name that the device or its secret should have belongs to something else."""


@record(kw_only=True)
class MfaDevice(Resource):
    """A device for a user who has none, with its seed in a secret until the user has taken it over.

    `key` encrypts the secret, by ARN or alias; without one it is the account's `aws/secretsmanager`.
    """

    user: str
    secret: str
    key: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"mfa-device/{self.user}"

    @property
    def serial(self) -> str:
        return self.scope.global_arn("iam", f"mfa/{self.user}")

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield monthly(prices.SECRET, self.scope.region, what="the secret of its seed")

    def needs(self) -> Iterator[str]:
        yield from self.made_here


@record
class SecretFacts:
    """A secret, seen from outside: whose it is, what encrypts it, and whether its deletion is under way."""

    tags: Mapping[str, str]
    deleted: bool = False
    key: str = ACCOUNTS_OWN


def ensure_mfa_device(run: Run, want: MfaDevice) -> None:
    """Give a user without any MFA device one whose seed is kept for them, and enable it."""
    have = run.read(users).get(want.user.casefold())
    owners = run.read(virtual_devices)
    if have and (have.name in owners.values() or run.read(devices, have.name)):
        remind(run, want, have.name)
        return
    provide(run, want, have, leftover=want.serial in owners)


def provide(run: Run, want: MfaDevice, have: UserFacts | None, *, leftover: bool) -> None:
    """Make the device, store its seed, and only then enable it with two computed codes.

    Raises Taken when the device or the secret belongs to something else.
    """
    iam, secrets = run.aws.iam, run.aws.at(want.scope.region).secretsmanager
    owner = run.read(virtual_devices).get(want.serial)
    if owner:
        raise Taken(f"the device {want.serial} is {owner}'s", hint=f"`awsbase mfa remove {want.user} --user {owner}`")
    kept = run.read(secret, want.scope.region, want.secret)
    if kept and kept.tags.get(tags.ADDRESS) != want.address:
        raise Taken(f"the secret {want.secret} holds something else", hint="choose another name in seed_to")
    labels = tags.pairs(tags.with_origin(want))
    why = f"whoever reads the secret {want.secret} has the second factor of {want.user}" if have else ""
    risk = access((have and run.unless_begun(why, have.created, ours=tags.is_ours(have.tags, want.scope))) or "")

    if leftover:
        # Nobody can tell its seed any more, but who is about to enable it may have it on a phone.
        ours = tags.is_ours(run.read(device_tags, want.serial), want.scope)
        lost = deletion("" if ours else f"this manifest did not make the device {want.serial}")
        run.delete("device without an owner", iam.delete_virtual_mfa_device, risk=lost, SerialNumber=want.serial)
    made = run.create("device", iam.create_virtual_mfa_device, risk=risk, VirtualMFADeviceName=want.user, Tags=labels)
    serial, seed = made["VirtualMFADevice"]["SerialNumber"], made["VirtualMFADevice"]["Base32StringSeed"]
    content = {"user": want.user, "device": serial, "seed": derived(seed, text)}

    if kept is None:
        run.create(
            "secret",
            secrets.create_secret,
            Name=want.secret,
            Description=f"seed of the MFA device of {want.user}, until they take it over: awsbase mfa show",
            KmsKeyId=want.key,
            SecretString=content,
            Tags=labels,
        )
    else:
        if kept.deleted:
            drift = [Drift("deletion", "scheduled", None)]
            run.update("deletion of the secret", drift, secrets.restore_secret, SecretId=want.secret)
        given: dict[str, Any] = {"SecretId": want.secret, "SecretString": content}
        if drift := key_drift(run, want, kept):
            # In one call: the seed is never under the key that it is not to be under.
            run.update("seed in the secret", drift, secrets.update_secret, KmsKeyId=want.key, **given)
        else:
            run.update("seed in the secret", [], secrets.put_secret_value, **given)

    codes = derived(seed, lambda known: totp.pair(text(known), run.now()))
    run.create(
        "assignment",
        iam.enable_mfa_device,
        UserName=want.user,
        SerialNumber=serial,
        AuthenticationCode1=codes[0],
        AuthenticationCode2=codes[1],
    )
    ask_to_take_over(run, want, want.user)


def remind(run: Run, want: MfaDevice, user: str) -> None:
    """Say so while a seed that was kept for its user is still there, and keep it under the key that is wanted."""
    kept = run.read(seeds, want.scope.region).get(want.secret)
    if not kept or kept.deleted or kept.tags.get(tags.ADDRESS) != want.address:
        return
    if drift := key_drift(run, want, kept):
        update = run.aws.at(want.scope.region).secretsmanager.update_secret
        run.update("key of the secret", drift, update, SecretId=want.secret, KmsKeyId=want.key)
    ask_to_take_over(run, want, user)


def key_drift(run: Run, want: MfaDevice, kept: SecretFacts) -> list[Drift]:
    """Compare what encrypts a secret with the key that is wanted, if one is."""
    if want.key is None or key_id(run, want, kept.key) == key_id(run, want, want.key):
        return []
    return [Drift("key", kept.key, want.key)]


def key_id(run: Run, want: MfaDevice, key: str) -> str:
    """Return the id of the key that an ARN, an alias or an id stands for; AWS tells what it was given."""
    short = key.partition(":key/")[2] or key
    alias = "alias/" + key.partition("alias/")[2]
    return run.read(aliases, want.scope.region).get(alias, short)


def ask_to_take_over(run: Run, want: MfaDevice, user: str) -> None:
    """Say what the user has to do."""
    run.manual_action(
        f"{user} has not taken over their MFA device",
        f"`awsbase mfa show {user} --secret {want.secret} --region {want.scope.region}`, where {user} can scan it: "
        "it shows the stored seed, and then removes it",
        probe=f"the secret {want.secret} is gone",
        who=user,
        need="takeover of their MFA device",
    )


def derived(value: Any, compute: Callable[[Any], Any]) -> Any:
    """Return what follows from a value; what follows from an unknown is unknown."""
    return value if isinstance(value, Unknown) else compute(value)


def text(seed: bytes) -> str:
    """Return a seed as AWS tells it, as text."""
    return seed.decode("ascii")


def seeds(facts: Facts, region: str) -> Mapping[str, SecretFacts]:
    """Return by name the secrets that awsbase made, in one read; the list lags some minutes behind."""
    pages = (
        facts.aws.at(region)
        .secretsmanager.get_paginator("list_secrets")
        .paginate(IncludePlannedDeletion=True, Filters=[{"Key": "tag-key", "Values": [tags.ADDRESS]}])
    )
    return {found["Name"]: _secret(found) for page in pages for found in page["SecretList"]}


def secret(facts: Facts, region: str, name: str) -> SecretFacts | None:
    """Return what is known of one secret without reading it."""
    from botocore.exceptions import ClientError

    try:
        return _secret(facts.aws.at(region).secretsmanager.describe_secret(SecretId=name))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None


def _secret(found: Mapping[str, Any]) -> SecretFacts:
    labels = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
    return SecretFacts(labels, "DeletedDate" in found, found.get("KmsKeyId") or ACCOUNTS_OWN)


def remove_mfa_device(run: Run, want: MfaDevice) -> None:
    """Delete a device that this manifest made, and the secret that still holds its seed."""
    iam, secrets = run.aws.iam, run.aws.at(want.scope.region).secretsmanager
    owners = run.read(virtual_devices)
    there = want.serial in owners and tags.made_here(run, want, run.read(device_tags, want.serial))
    kept = run.read(secret, want.scope.region, want.secret)
    waiting = kept is not None and not kept.deleted and kept.tags.get(tags.ADDRESS) == want.address

    if there:
        if user := owners[want.serial]:
            lost = deletion(f"{user} has no second factor then")
            call = iam.deactivate_mfa_device
            run.delete("assignment", call, risk=lost, UserName=user, SerialNumber=want.serial)
        lost = deletion("whoever has its seed on a phone enrols anew")
        run.delete("MFA device", iam.delete_virtual_mfa_device, risk=lost, SerialNumber=want.serial)
    if kept and waiting and tags.made_here(run, want, kept.tags):
        lost = deletion("the seed is lost after 30 days")
        run.delete("secret", secrets.delete_secret, risk=lost, SecretId=want.secret, RecoveryWindowInDays=30)


def removal_permissions(want: MfaDevice) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("iam", "DeleteVirtualMFADevice", on=(want.serial,))
    # Somebody else may use it by now.
    yield allow("iam", "DeactivateMFADevice", on=(want.scope.global_arn("iam", "user/*"),))
    yield allow("secretsmanager", "DeleteSecret", on=secret_arns(want.scope, want.secret))


def existing_devices(facts: Facts, scope: Scope) -> Things:
    """Yield the devices whose seeds still wait for their users; all others are the people's own."""
    kept = facts.read(seeds, scope.region)
    for name, found in kept.items():
        kind, _, user = found.tags.get(tags.ADDRESS, "").partition("/")
        if kind != "mfa-device" or found.deleted or user not in facts.read(virtual_devices).values():
            continue
        device = MfaDevice(
            scope=scope, user=user, secret=name, key=alias_of(facts, scope, found.key), tags=tags.of_others(found.tags)
        )
        yield Described(device, tags=found.tags)


def alias_of(facts: Facts, scope: Scope, key: str) -> str | None:
    """Return the alias of the key that encrypts a secret; None when it is Secrets Manager's own."""
    known = facts.read(aliases, scope.region)
    names = [key] if key.startswith("alias/") else [name for name, id in known.items() if id == key.rpartition("/")[2]]
    return next((name for name in sorted(names) if name != ACCOUNTS_OWN), None)


def list_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing all of them needs."""
    yield SECRETS
    yield VIRTUAL_DEVICES
    yield allow("kms", "ListAliases")


def mfa_device_reads(want: MfaDevice) -> Iterator[Read]:
    """Yield the facts that the recipe of a mfa device reads, to prefetch them."""
    yield (authorization,)
    yield (virtual_devices,)
    yield seeds, want.scope.region
    if want.key:
        yield aliases, want.scope.region


def read_permissions(want: MfaDevice) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield ALL_OF_IAM
    yield VIRTUAL_DEVICES
    yield allow("iam", "ListMFADevices", on=iam_arns(want.scope, "user", want.user))
    yield allow("iam", "ListMFADeviceTags", on=(want.serial,))
    yield SECRETS
    if want.key:
        yield allow("kms", "ListAliases")


def write_permissions(want: MfaDevice) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    arns = secret_arns(want.scope, want.secret)
    yield allow("iam", "CreateVirtualMFADevice", "DeleteVirtualMFADevice", "TagMFADevice", on=(want.serial,))
    yield allow("iam", "EnableMFADevice", on=iam_arns(want.scope, "user", want.user))
    yield allow("secretsmanager", "CreateSecret", "PutSecretValue", "RestoreSecret", "TagResource", on=arns)
    if want.key:
        yield allow("secretsmanager", "UpdateSecret", on=arns)
        yield sealing(want.scope)


KIND = Kind(
    ensure_mfa_device,
    mfa_device_reads,
    resource=MfaDevice,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A virtual MFA device made for somebody, with its seed kept until they take it over.",
        why="Nobody works without MFA, not even on the first day.",
        undo=(TAKE_OUT, "awsbase mfa remove NAME --user NAME"),
        controls=("CIS 1.10", "FSBP IAM.5"),
        cost=f"{prices.SECRET} a month for the secret, until the seed is taken over",
    ),
    word="mfa-device",
    found_by="its user",
    owns="that there is one, until its seed is taken over; its secret's key",
    keeps="other devices, tags",
    describe=Describe(existing_devices, list_permissions),
    absent=Absent(
        remove_mfa_device,
        exempt="it is the second factor of a user, who stays",
        leaves={"secretsmanager": "pending deletion for 30 days"},
        permissions=removal_permissions,
    ),
)
