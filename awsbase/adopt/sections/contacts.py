"""The contacts section: whom AWS writes to, as it is."""

from __future__ import annotations

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.contact import Contact

KINDS = (Contact,)


def draft(seen: Seen, section: Draft) -> None:
    """Write each contact that there is."""
    for each in seen.of(Contact):
        said = {"name": each.name, "title": each.title, "email": each.email, "phone": each.phone}
        section.put(each.matter, value=said, of=each.address)
