"""The password policy of an account as it is; what is weaker than the manifest's default is marked."""

from __future__ import annotations

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.password_policy import LENGTH, PasswordPolicy
from awsbase.manifest.iam import Passwords

AT = "password_policy"


def draft(seen: Seen, section: Draft) -> None:
    """Write the password policy, if one was ever set: what is not said stays as it is."""
    for have in seen.of(PasswordPolicy):
        section.put(AT, value={}, of=have.address)
        length(have, section)
        default = Passwords()
        switches = {
            "lowercase": have.lowercase,
            "uppercase": have.uppercase,
            "numbers": have.numbers,
            "symbols": have.symbols,
            "users_may_change": have.change_allowed,
        }
        if have.remembered < default.reuse_prevention:
            section.weaker(AT, "reuse_prevention", value=have.remembered, default=str(default.reuse_prevention))
        for name, on in switches.items():
            if not on:
                section.weaker(AT, name, value=False, default="true")
        if have.max_age:
            section.put(AT, "max_age_days", value=have.max_age)
        if have.hard_expiry:
            section.put(AT, "hard_expiry", value=True)


def length(have: PasswordPolicy, section: Draft) -> None:
    """Write the shortest password, if it is not the default."""
    if have.length is not None and have.length < LENGTH:
        section.weaker(AT, "minimum_length", value=have.length, default=str(LENGTH))
    elif have.length != LENGTH:
        section.put(AT, "minimum_length", value=have.length)
