"""The contacts section: whom AWS tells of abuse, bills and maintenance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from awsbase.engine.resource import Resource
from awsbase.ensure.contact import MATTERS, Contact
from awsbase.manifest.base import Base
from awsbase.manifest.section import Section, invalid
from awsbase.manifest.values import ContactEmail, Phone


def printed(value: str) -> str:
    """Accept a text that one can see; raises PydanticCustomError for any other."""
    if value and not value.strip():
        raise invalid("there is nothing but blanks", "write who it is")
    return value


Printed = Annotated[str, AfterValidator(printed)]


class ContactSpec(Section):
    """Somebody whom AWS writes to and calls. AWS asks for all four."""

    name: Printed = Field(min_length=1, max_length=64, description="Who it is; a team outlives a person.")
    title: Printed = Field(min_length=1, max_length=50, description="What they are, such as Security.")
    email: ContactEmail = Field(description="A shared mailbox is read when somebody is on holiday.")
    phone: Phone = Field(description='With the country code, such as "+1 555 0100".')


class Contacts(Section):
    """The alternate contacts of the account. Without them AWS writes to root's address alone, which few people read."""

    security: ContactSpec | None = Field(
        default=None, description="Who hears of abuse, of leaked keys and of vulnerabilities (CIS 1.2)."
    )
    billing: ContactSpec | None = Field(default=None, description="Who hears of invoices and payments that failed.")
    operations: ContactSpec | None = Field(default=None, description="Who hears of outages and of what AWS retires.")

    def resources(self, base: Base, manifest: object) -> Iterator[Resource]:
        """Yield the contacts that are named; the others stay as they are."""
        for matter in MATTERS:
            one: ContactSpec | None = getattr(self, matter)
            if one:
                yield Contact(
                    scope=base.scope, matter=matter, name=one.name, title=one.title, email=one.email, phone=one.phone
                )
