"""The contacts section writes the named contacts and leaves the others."""

from __future__ import annotations

import pytest

from awsbase.ensure.contact import Contact
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from tests.manifest.saying import ACCOUNT, mistakes, source

SEC = 'name: Sec Team, title: Security, email: sec@acme.example, phone: "+1 555 0100"'


@pytest.mark.parametrize(
    ("text", "matters"),
    [
        (f"contacts: {{security: {{{SEC}}}}}", ["security"]),
        (f"contacts: {{operations: {{{SEC}}}, security: {{{SEC}}}}}", ["security", "operations"]),
        ("contacts: {}", []),
        ("", []),
    ],
    ids=["one", "two", "none", "left out"],
)
def test_named_contacts_are_resources(text: str, matters: list[str]) -> None:
    made = resources(understand(source(ACCOUNT + text), Manifest)).get("contacts", [])
    assert [one.matter for one in made if isinstance(one, Contact)] == matters


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("sec@acme.example", "sec@acme"), "email: 'sec@acme' is no e-mail address"),
        (("sec@acme.example", "it's@acme.example"), "is no e-mail address"),
        (("+1 555 0100", "call me"), "phone: 'call me' is no phone number"),
        (("+1 555 0100", "+1 555 0100 555 0100 555 0100"), "is no phone number"),
        (("sec@acme.example", "séc@acme.example"), "email: 'séc@acme.example' is no e-mail address"),
        (("+1 555 0100", "  "), "phone: '  ' is no phone number"),
        (("Sec Team", '""'), "name"),
        (("Sec Team", '"  "'), "name: there is nothing but blanks"),
        (("title: Security", 'title: " "'), "title: there is nothing but blanks"),
        (("title: Security", "title: " + "x" * 51), "title"),
        ((", title: Security", ""), "title"),
    ],
    ids=[
        "no domain",
        "character AWS refuses",
        "no number",
        "too long",
        "foreign",
        "blank number",
        "no name",
        "blank name",
        "blank title",
        "long title",
        "no title",
    ],
)
def test_mistake_in_a_contact_gives_advice(change: tuple[str, str], expected: str) -> None:
    (mistake,) = mistakes(ACCOUNT + f"contacts: {{security: {{{SEC.replace(*change)}}}}}", Manifest)
    assert expected in mistake
