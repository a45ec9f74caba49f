"""Which records of a hosted zone a manifest has made: a TXT record in the zone says so, since records take no tags.

Each batch that makes records writes it as well, and a batch is carried out wholly or not at all. So the register never
says too much or too little, wherever a run ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from awsbase.engine.scope import Scope
from awsbase.facts.zones import Key, RecordSet, strings
from awsbase.records import record

# The records that the zone itself needs: nobody but Route 53 touches them.
OF_THE_ZONE = ("NS", "SOA")
HALF = 8
# What fits into one string of a TXT record.
A_STRING = 14
LASTING = "~"


@record
class Entry:
    """One record that the manifest has made, by the digest of what it said.

    One that `lasts` stays when the manifest names it no more: certificates are renewed by it.
    """

    digest: str
    lasts: bool = False


Register = Mapping[Key, Entry]
RecordSets = Mapping[Key, RecordSet]


def register_name(zone: str, scope: Scope) -> str:
    """Return the name of the record that holds a manifest's register."""
    return f"_awsbase-{scope.name}.{zone}"


def short(said: object) -> str:
    """Return a short digest of a name or of what a record says."""
    plain = sorted(said) if isinstance(said, frozenset) else said
    return hashlib.sha256(repr(plain).encode()).hexdigest()[:HALF]


def read_register(have: RecordSets, zone: str, scope: Scope) -> Register:
    """Return which of the records that are there the manifest has made."""
    held = have.get((register_name(zone, scope), "TXT"))
    words = [word for value in (held.values if held else ()) for text in strings(value) for word in text.split()]
    entries = {word[:HALF]: Entry(word[HALF : 2 * HALF], word.endswith(LASTING)) for word in words}
    return {key: entries[short(key)] for key in have if short(key) in entries}


def register_values(register: Register, scope: Scope) -> tuple[str, ...]:
    """Return a register as the values of its record; none when it is empty."""
    words = [f"{short(key)}{entry.digest}{LASTING * entry.lasts}" for key, entry in sorted(register.items())]
    lines = [" ".join(words[start : start + A_STRING]) for start in range(0, len(words), A_STRING)]
    return (f"awsbase made these records for the manifest {scope.name}:", *lines)


def ours(have: RecordSets, register: Register) -> Sequence[Key]:
    """Return what the manifest has made and nobody has changed since."""
    return [key for key, entry in register.items() if short(have[key].meaning) == entry.digest]


def of_others(have: RecordSets, zone: str, scope: Scope) -> Sequence[Key]:
    """Return what is in a zone beside what the zone itself needs and what the manifest has made."""
    register = read_register(have, zone, scope)
    known = {*ours(have, register), (register_name(zone, scope), "TXT"), *((zone, type) for type in OF_THE_ZONE)}
    return [key for key in have if key not in known]
