"""MFA devices that are made for people: `mfa: {provision: true}` of a user."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationInfo

from awsbase.engine.resource import Resource
from awsbase.manifest.base import Base
from awsbase.manifest.section import Section, ValidationProblem, invalid
from awsbase.manifest.values import KmsAlias, expand

if TYPE_CHECKING:
    from awsbase.ensure.mfa_device import MfaDevice

IN_SECRETS, USER = "secret:", "{user}"
NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
# Secrets Manager puts a hyphen and six characters behind a name to make its ARN, and mistakes such a name for one.
LIKE_AN_ARN = re.compile(r"-[A-Za-z0-9]{6}$")


def place_of_seed(value: str, info: ValidationInfo) -> str:
    """Check where a seed is to be kept: `secret:NAME`, where NAME is a template that may hold `{user}` too.

    Raises PydanticCustomError for any other.
    """
    if not value.startswith(IN_SECRETS):
        raise invalid(f"{value!r} is no place for a seed", "write secret:NAME, for Secrets Manager")
    # The users' names are not known yet: their place is held by a letter that no name has.
    template = expand(value.removeprefix(IN_SECRETS).replace(USER, "\0"), info).replace("\0", USER)
    sample = template.replace(USER, "user")
    if "{" not in sample and not (NAME.fullmatch(sample) and not LIKE_AN_ARN.search(sample)):
        raise invalid(
            f"{template!r} cannot be the name of a secret",
            "it has letters, digits and /_+=.@- only, and no hyphen with six characters at the end",
        )
    return IN_SECRETS + template


class Provision(Section):
    """A device that awsbase makes, for the user to take over with `awsbase mfa show`."""

    provision: Literal[True] = Field(description="Make a virtual device for a user who has none of any sort.")
    seed_to: Annotated[str, AfterValidator(place_of_seed)] = Field(
        default="secret:awsbase/mfa/{user}",
        description="Where the seed waits for the user, who deletes it by taking it over; {user} is the user's name.",
    )
    key: KmsAlias | None = Field(
        default=None, description="Alias of the key that encrypts the seed; left out, Secrets Manager's own."
    )

    def secret(self, user: str) -> str:
        """Return the name of the secret for a user's seed."""
        return self.seed_to.removeprefix(IN_SECRETS).replace(USER, user)

    def device(self, user: str, base: Base, tags: Mapping[str, str]) -> MfaDevice:
        """Return the device of a user."""
        from awsbase.ensure.mfa_device import MfaDevice

        key = base.expand(self.key) if self.key else None
        return MfaDevice(
            scope=base.scope,
            user=user,
            secret=self.secret(user),
            key=key,
            tags=tags,
            made_here=(f"user/{user}",),
        )


def sort(given: object) -> str:
    """Tell the two ways of writing `mfa` apart, so that a mistake is told for the one that was meant."""
    return "device" if isinstance(given, Mapping | Provision) else "word"


Mfa = Annotated[
    Annotated[Literal["required", "optional"], Tag("word")] | Annotated[Provision, Tag("device")], Discriminator(sort)
]


def secrets_taken(wanted: Mapping[str, Provision]) -> Iterator[ValidationProblem]:
    """Yield the users whose seeds would be kept where another one's is, or where none can be."""
    takers: dict[str, str] = {}
    for user, mfa in wanted.items():
        name = mfa.secret(user)
        if (other := takers.setdefault(name, user)) != user:
            yield ValidationProblem(
                (user, "mfa", "seed_to"), f"the seed of {other} is kept there", "write {user} into it"
            )
        if not NAME.fullmatch(name) or LIKE_AN_ARN.search(name):
            hint = "call the secret otherwise, without {user}"
            yield ValidationProblem((user, "mfa", "seed_to"), f"{name!r} cannot be the name of a secret", hint)


def with_key(device: Resource, keys: Collection[str]) -> Resource:
    """Return a device with its dependency on the key of its seed, if that is one of the manifest's."""
    from awsbase.ensure.mfa_device import MfaDevice

    if not isinstance(device, MfaDevice) or not device.key:
        return device
    key = device.scope.address("key", device.key.removeprefix("alias/"))
    return replace(device, made_here=(*device.made_here, key)) if key in keys else device


def seed_of(device: Resource) -> str:
    """Return the address of the secret that a device makes for its seed."""
    from awsbase.ensure.mfa_device import MfaDevice

    assert isinstance(device, MfaDevice)
    return device.scope.address("secret", device.secret)
