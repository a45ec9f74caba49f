"""Public keys for ssh: written into the manifest, or in files beside it; never private ones."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, ValidationInfo

from awsbase.manifest.paths import shown
from awsbase.manifest.section import ValidationProblem, invalid
from awsbase.records import record

ED25519, RSA = "ssh-ed25519", "ssh-rsa"
KINDS = (
    ED25519,
    RSA,
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
RSA_BITS = 2048
NEW = "`ssh-keygen -t ed25519` makes a good one, and its .pub file is the one to use"


@record
class Given:
    """Public keys as the manifest gives them: one that is written there, or a file and what it holds."""

    written: str
    keys: tuple[str, ...] = field(repr=False)


def read_keys(value: object, info: ValidationInfo) -> Given:
    """Read one public key, or the file with public keys that the manifest names.

    Raises PydanticCustomError for any other.
    """
    if isinstance(value, Given):
        return value
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"must be a public key, or the name of a file with one, not {shown(value)}")
    text = value.strip()
    refuse_private(text, "this")
    if "\n" not in text and not looks_like_a_key(text):
        from awsbase.manifest.files import contents

        return Given(value, tuple(lines(contents(value, info), value)))
    return Given(value, tuple(lines(text, "this")))


def looks_like_a_key(text: str) -> bool:
    """Tell a key from the name of a file; one with options in front of it is meant as a key too."""
    return bool(re.search(r"(^|\s)(ssh-|ecdsa-|sk-)\S+\s+AAAA", text)) or text.split()[0] in (*KINDS, "ssh-dss")


def refuse_private(text: str, where: str) -> None:
    """Refuse a private key without repeating any of it; raises PydanticCustomError for any other."""
    if "PRIVATE KEY" in text or text.startswith("PuTTY-User-Key-File"):
        raise invalid(
            f"{where} is a private key, which belongs to its owner alone",
            "give the .pub file beside it; if others could read this one, make a new pair",
        )
    if text.startswith("---- BEGIN SSH2"):
        raise invalid(f"{where} is not in OpenSSH's format", "`ssh-keygen -i -f FILE` converts it")


def lines(text: str, where: str) -> Iterator[str]:
    """Yield the keys in a text, one a line; comment lines are passed over.

    Raises PydanticCustomError for any other.
    """
    refuse_private(text.strip(), where)
    found = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            found = True
            yield public_key(line.strip(), where if where == "this" else f"{where}, line {number},")
    if not found:
        raise invalid(f"{where} holds no public key", NEW)


def public_key(line: str, where: str) -> str:
    """Return a key in one spelling, with its comment; raise for what sshd or EC2 would not take."""
    kind, _, rest = line.partition(" ")
    if kind == "ssh-dss":
        raise invalid(f"{where} is a DSA key, which OpenSSH no longer takes", NEW)
    if kind not in KINDS:
        if looks_like_a_key(line):
            raise invalid(f"{where} has options or an unknown kind before the key", "write the kind and the key alone")
        raise invalid(f"{where} is no public key", f"it begins with {ED25519} or {RSA}; {NEW}")
    encoded, _, comment = rest.strip().partition(" ")
    try:
        blob = base64.b64decode(encoded, validate=True)
        inner, *numbers = strings(blob)
    except (binascii.Error, ValueError):
        raise invalid(f"{where} is damaged: the key is cut off, or wrapped into several lines", NEW) from None
    if inner != kind.encode() or (kind == ED25519 and [len(each) for each in numbers] != [32]):
        raise invalid(f"{where} is damaged: what is in it is no {kind} key", NEW)
    if kind == RSA and (len(numbers) != 2 or int.from_bytes(numbers[1]).bit_length() < RSA_BITS):
        raise invalid(f"{where} is an RSA key of less than {RSA_BITS} bits", NEW)
    return " ".join(filter(None, (kind, encoded, comment.strip())))


def strings(blob: bytes) -> list[bytes]:
    """Split what is in a key into its strings, each behind its length; raise ValueError when that does not come out."""
    found: list[bytes] = []
    while blob:
        length = int.from_bytes(blob[:4])
        if len(blob) < 4 + length or len(blob) < 4:
            raise ValueError("cut off")
        found.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    if len(found) < 2:
        raise ValueError("nothing in it")
    return found


def logins_taken(names: Sequence[str]) -> Iterator[ValidationProblem]:
    """Yield users who cannot have an account on a host under their name, or would share one."""
    if not names:
        return
    from awsbase.userdata import login, login_fault

    owners: dict[str, str] = {}
    for name in names:
        if error := login_fault(name):
            yield ValidationProblem((name, "ssh_keys"), error, "leave the keys out, or name the user otherwise")
        elif (other := owners.setdefault(login(name), name)) != name:
            message = f"{other} and {name} would both be {login(name)!r} on a host"
            yield ValidationProblem((name, "ssh_keys"), message, "leave the keys of one of them out")


def written(value: Given) -> str:
    """Return a public key as the manifest has it."""
    return value.written


PublicKeys = Annotated[
    Given, PlainValidator(read_keys, json_schema_input_type=str), PlainSerializer(written, return_type=str)
]
