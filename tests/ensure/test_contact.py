"""An alternate contact follows the manifest, however AWS formats it."""

from __future__ import annotations

import pytest

from awsbase.ensure.contact import Contact, contact
from tests.ensure.planned import HOME, described, planned

WANT = Contact(
    scope=HOME, matter="security", name="Sec Team", title="Security", email="sec@acme.example", phone="+1 555 0100"
)
SAME = {"Name": "Sec Team", "Title": "Security", "EmailAddress": "sec@acme.example", "PhoneNumber": "+1 555 0100"}


@pytest.mark.parametrize(
    ("have", "changes", "fields"),
    [
        ({}, ["create contact"], []),
        (SAME, [], []),
        (SAME | {"PhoneNumber": "+1 555 0199"}, ["update contact"], ["PhoneNumber"]),
        (SAME | {"Name": "Mallory", "Title": "CEO"}, ["update contact"], ["Name", "Title"]),
    ],
    ids=["nobody", "the same", "another phone", "somebody else"],
)
def test_contact_follows_the_manifest(have: dict[str, str], changes: list[str], fields: list[str]) -> None:
    run = planned(WANT, {contact: have})
    assert described(run) == changes
    assert [drift.field for change in run.changes for drift in change.drift] == fields
