"""The account that the manifest describes: who it is, where its home is, what everything in it is called after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, Field

from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope, partition
from awsbase.ensure.account_alias import AccountAlias as Alias
from awsbase.manifest.base import Base
from awsbase.manifest.paths import one_of, shown
from awsbase.manifest.section import Section, ValidationProblem, invalid
from awsbase.manifest.values import AccountAlias, AccountId, Region, Tags

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

# What DLM, GuardDuty and Security Hub take of the characters that all others do.
PLAIN_KEY = re.compile(r"[A-Za-z0-9_.:/=+-]+")


def account_name(value: str) -> str:
    """Accept a name that can begin the names of buckets and keys; raises PydanticCustomError for any other."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", value) or not 2 <= len(value) <= 32:
        rule = "write 2 to 32 lower-case letters, digits and single hyphens, a letter first"
        raise invalid(f"{shown(value)} cannot begin the names of buckets", rule)
    return value


class Account(Section):
    """The account that this manifest describes."""

    id: AccountId = Field(description="The 12 digits of the account, in quotes. Any other account is refused.")
    name: Annotated[str, AfterValidator(account_name)] = Field(
        description="A short name; default names are made from it: the state bucket is called {name}-state.",
        examples=["acme"],
    )
    region: Region = Field(description="The home region, where everything lives that has no region of its own.")
    alias: AccountAlias | None = Field(
        default=None, description="The sign-in alias, unique in the world: https://ALIAS.signin.aws.amazon.com/console"
    )
    tags: Tags = Field(default_factory=dict, description="Tags on everything that takes tags.")
    protected: bool = Field(default=False, description="Whether `awsbase destroy` refuses this account.")

    later: ClassVar[frozenset[str]] = frozenset({"protected"})

    @property
    def partition(self) -> str:
        """The partition of the home region, such as aws or aws-cn."""
        return partition(self.region)

    @property
    def scope(self) -> Scope:
        """The home region of this account."""
        return Scope(self.id, self.region, self.region, self.name)

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield tags that a service of this manifest refuses, and all others take."""
        protect = manifest.protect
        narrow = {
            "DLM (backups)": manifest.backups,
            "GuardDuty": protect and protect.guardduty,
            "Security Hub": protect and protect.security_hub,
        }
        picky = [name for name, wanted in narrow.items() if wanted]
        for key, text in self.tags.items():
            if picky and not PLAIN_KEY.fullmatch(key):
                message = f"the tag key {shown(key)} has a character that {one_of(picky)} refuses"
                yield ValidationProblem(("tags", key), message, "write letters from a to z, digits and _.:/=+-")
            elif manifest.audit and not text:
                yield ValidationProblem(
                    ("tags", key), "CloudTrail refuses a tag without a value", "give it one, or leave it out"
                )

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield the sign-in alias."""
        if self.alias:
            yield Alias(scope=base.scope, alias=base.expand(self.alias))
