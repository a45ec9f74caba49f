"""The key_pairs section: the public keys of the home region that a manifest may hold."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.key_pair import KeyPair
from awsbase.manifest.key_pairs import KeyPairName, KeyPairSpec

KINDS = (KeyPair,)
NAME: TypeAdapter[str] = TypeAdapter(KeyPairName)


def draft(seen: Seen, section: Draft) -> None:
    """Write each key pair with its public key."""
    for pair in seen.at_home(KeyPair):
        said = {"public_key": pair.public_key}
        if faults := [*name_faults(seen, pair.name), *key_faults(said)]:
            section.cannot(pair.address, *faults)
        else:
            section.put(pair.name, value=said, of=pair.address)


def name_faults(seen: Seen, name: str) -> list[str]:
    """Return what of a name a manifest does not take; what it would fill in is one that nobody can write."""
    try:
        NAME.validate_python(name)
    except ValidationError as error:
        return [f"name: {each['msg']}" for each in error.errors()]
    return [] if seen.base.expand(name) == name else ["name: a manifest fills in what stands in braces"]


def key_faults(said: dict[str, str]) -> list[str]:
    """Return what of a public key a manifest does not take."""
    try:
        KeyPairSpec.model_validate(said)
    except ValidationError as error:
        return [f"public key: {each['msg']}" for each in error.errors()]
    return []
