"""Key pairs: EC2 gets the public half; nobody but its owner ever has the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.facts import ec2, tags
from awsbase.records import record


@record(kw_only=True)
class KeyPair(Resource):
    """A public key under a name. Another key makes it anew, which instances that run do not notice."""

    name: str
    public_key: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("key-pair", self.name)


@record
class KeyPairFacts:
    """A key pair as it is; AWS does not tell the public key of some that are old."""

    id: Any
    name: str
    public_key: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


def key_pairs(facts: Facts, region: str) -> Mapping[str, KeyPairFacts]:
    """Return all key pairs of a region, by name."""
    return {pair.name: pair for pair in ec2.understood(facts.read(listed, region), _pair)}


def listed(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Read all key pairs of a region as EC2 writes them."""
    answer = facts.aws.at(region).ec2.describe_key_pairs(IncludePublicKey=True)
    return list(answer["KeyPairs"])


def _pair(pair: Mapping[str, Any]) -> KeyPairFacts:
    # Older answers have no ids, and without one there are no tags.
    return KeyPairFacts(pair.get("KeyPairId"), pair["KeyName"], pair.get("PublicKey", ""), ec2.tags_in(pair))


def bare(public_key: str) -> str:
    """Return a public key without its comment, which AWS replaces by the name."""
    return " ".join(public_key.split()[:2])


def key_pair_reads(want: KeyPair) -> Iterator[Read]:
    """Yield the facts that the recipe of a key pair reads, to prefetch them."""
    yield key_pairs, want.scope.region


def ensure_key_pair(run: Run, want: KeyPair) -> str:
    """Keep one key pair with this public key; returns its name."""
    client = run.aws.ec2
    have = run.read(key_pairs, want.scope.region).get(want.name)
    other = have is not None and bare(have.public_key) != bare(want.public_key)

    imported: dict[str, Any] = {
        "KeyName": want.name,
        "PublicKeyMaterial": want.public_key.encode(),
        "TagSpecifications": ec2.tagging("key-pair", want),
    }
    if have and other:
        # The name is taken as long as the old one is there.
        run.delete("other public key", client.delete_key_pair, KeyName=want.name)
        drift = [Drift("public key", ending(have.public_key), ending(want.public_key))]
        # Running instances keep the key that they were launched with; it opens those to come.
        risk = access(f"who has the key {ending(want.public_key)} gets into what is launched with {want.name}")
        run.replace("key pair", drift, client.import_key_pair, risk=risk, **imported)
    elif have is None:
        run.create("key pair", client.import_key_pair, **imported)
    elif have.id:
        ec2.tag(run, want, have, retagging)
    return want.name


def ending(public_key: str) -> str:
    """Show a public key by its kind and its end, by which people tell keys apart."""
    kind, _, body = bare(public_key).partition(" ")
    return f"{kind} …{body[-8:]}" if body else "unknown"


def remove_key_pair(run: Run, want: KeyPair) -> None:
    """Delete a key pair that this manifest made; instances keep the key that they were started with."""
    have = run.read(key_pairs, want.scope.region).get(want.name)
    if have and tags.made_here(run, want, have.tags):
        run.delete("key pair", run.aws.ec2.delete_key_pair, KeyName=have.name)


def removal_permissions(want: KeyPair) -> Allows:
    """Yield the IAM permissions that the removal needs beyond those of a plan."""
    yield allow("ec2", "DeleteKeyPair", on=(want.scope.arn("ec2", f"key-pair/{want.name}"),))


def key_pair_things(facts: Facts, scope: Scope) -> Things:
    """Yield the key pairs of a region; those outside of the home region all as one."""
    if scope.region != scope.home:
        yield from ec2.elsewhere(scope, "key-pair", facts.read(key_pairs, scope.region))
        return
    for have, held in ec2.tagged(facts.read(listed, scope.region), _pair):
        pair = KeyPair(scope=scope, name=have.name, public_key=bare(have.public_key), tags=ec2.own_tags(have))
        if have.public_key:
            yield Described(pair, held)
        else:
            yield NotExpressible(pair.address, ("public key: EC2 does not tell that of an old key pair",), held)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list key pairs."""
    yield allow("ec2", "DescribeKeyPairs")


def read_permissions(want: KeyPair) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeKeyPairs")


def write_permissions(want: KeyPair) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield from ec2.tagging_permissions(want, "key-pair", "ImportKeyPair")
    yield from ec2.adoption_permissions(want, "key-pair")
    yield allow("ec2", "DeleteKeyPair", "ImportKeyPair", on=(want.scope.arn("ec2", f"key-pair/{want.name}"),))


KIND = Kind(
    ensure_key_pair,
    key_pair_reads,
    resource=KeyPair,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The public half of somebody's SSH key under a name in EC2, for instances to be started with.",
        why="The other half never leaves its owner: EC2 makes none, and awsbase sees none.",
        undo=(
            TAKE_OUT,
            "aws ec2 delete-key-pair --key-name NAME --region REGION",
            "instances that were started with it still let it in: take it out of their authorized_keys",
        ),
    ),
    word="key-pair",
    found_by="name",
    owns="the public key",
    describe=Describe(key_pair_things, describe_permissions, everywhere=True),
    absent=Absent(remove_key_pair, permissions=removal_permissions),
)
