"""Whom AWS writes to and calls, beside the address of root: about security, about bills, about operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.facts.optional import empty_if
from awsbase.records import record

MATTERS = ("security", "billing", "operations")
FIELDS = ("Name", "Title", "EmailAddress", "PhoneNumber")


@record(kw_only=True)
class Contact(Resource):
    """The alternate contact for one matter, owned wholly: who it was before is replaced."""

    matter: str
    name: str
    title: str
    email: str
    phone: str

    @property
    def address(self) -> str:
        return f"contact/{self.matter}"

    @property
    def type(self) -> str:
        """What AWS calls the matter."""
        return self.matter.upper()

    @property
    def settings(self) -> dict[str, str]:
        """The contact in AWS's words."""
        return dict(zip(FIELDS, (self.name, self.title, self.email, self.phone), strict=True))


def contact(facts: Facts, type: str) -> Mapping[str, str]:
    """Read the contact for one matter; nothing when there is none."""
    # Without an account id it is the caller's own, and any account may ask; with one, only an organization's.
    read = facts.aws.account.get_alternate_contact
    answer = empty_if("ResourceNotFoundException", read, AlternateContactType=type)
    said = answer["AlternateContact"] if answer else {}
    return {name: said[name].strip() for name in FIELDS if name in said}


def ensure_contact(run: Run, want: Contact) -> None:
    """Bring one alternate contact to the manifest."""
    have = run.read(contact, want.type)
    put = run.aws.account.put_alternate_contact
    wanted: dict[str, Any] = {name: value.strip() for name, value in want.settings.items()}
    if not have:
        run.create("contact", put, AlternateContactType=want.type, **wanted)
    elif drift := compare(have, wanted):
        reached = {each.field: each.have for each in drift if each.field in ("EmailAddress", "PhoneNumber")}
        why = f"{' and '.join(map(str, reached.values()))} hears nothing from AWS any more" if reached else ""
        run.update("contact", drift, put, risk=visibility(why), AlternateContactType=want.type, **wanted)


def contact_reads(want: Contact) -> Iterator[Read]:
    """Yield the facts that the recipe of a contact reads, to prefetch them."""
    yield contact, want.type


def read_permissions(want: Contact) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("account", "GetAlternateContact", on=(want.scope.global_arn("account", "account"),))


def write_permissions(want: Contact) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("account", "PutAlternateContact", on=(want.scope.global_arn("account", "account"),))


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the contacts that are named."""
    found = facts.read_all(*((contact, matter.upper()) for matter in MATTERS))
    for matter, have in zip(MATTERS, found, strict=True):
        if have:
            name, title, email, phone = (have.get(field, "") for field in FIELDS)
            yield Described(Contact(scope=scope, matter=matter, name=name, title=title, email=email, phone=phone))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("account", "GetAlternateContact", on=(scope.global_arn("account", "account"),))


KIND = Kind(
    ensure_contact,
    contact_reads,
    resource=Contact,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Whom AWS writes to about one matter, beside the owner of the account's e-mail address.",
        why="AWS's warnings of leaked keys go to an address that somebody reads.",
        undo=(
            TAKE_OUT,
            "aws account delete-alternate-contact --alternate-contact-type SECURITY, BILLING or OPERATIONS",
        ),
        controls=("CIS 1.2", "FSBP Account.1"),
    ),
    word="contact",
    found_by="its matter",
    owns="name, title, mail, phone",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="AWS would write to root's address alone again"),
)
