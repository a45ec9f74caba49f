"""The key_pairs section: public keys that EC2 may put onto new instances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from awsbase.engine.resource import Resource
from awsbase.ensure.key_pair import KeyPair
from awsbase.manifest.base import Base
from awsbase.manifest.outputs import Output
from awsbase.manifest.public_keys import ED25519, RSA, Given, PublicKeys
from awsbase.manifest.section import Section, invalid
from awsbase.manifest.values import OneNameEach, named

KeyPairName = Annotated[
    str, named(r"(?! )[\x20-\x7e]{1,255}(?<! )", "key pair name: 1 to 255 ASCII characters, no space at either end")
]


def one_key(given: Given) -> Given:
    """Accept one key of a kind that EC2 takes; raises PydanticCustomError for any other."""
    if len(given.keys) != 1:
        raise invalid(f"{len(given.keys)} public keys, and a key pair has one", "give each a name of its own")
    if given.keys[0].split()[0] not in (ED25519, RSA):
        raise invalid(f"EC2 does not take {given.keys[0].split()[0]} keys", f"it takes {ED25519} and {RSA}")
    return given


class KeyPairSpec(Section):
    """The public half of a key pair; whoever made it keeps the other."""

    public_key: Annotated[PublicKeys, AfterValidator(one_key)] = Field(
        description="The public key, or the file that holds it, relative to this manifest."
    )

    def entry_resources(self, name: str, base: Base, manifest: object) -> Iterator[Resource]:
        """Yield the key pair."""
        yield KeyPair(scope=base.scope, name=base.expand(name), public_key=self.public_key.keys[0], tags=base.tags)

    def entry_outputs(self, name: str, base: Base, manifest: object) -> Iterator[Output]:
        """Yield the name of the key pair."""
        there = base.scope.address("key-pair", base.expand(name))
        yield Output("key_pair_names", base.expand(name), listed=True, data=("aws_key_pair", "key_name"), needs=there)


KeyPairs = Annotated[dict[KeyPairName, KeyPairSpec], OneNameEach]
