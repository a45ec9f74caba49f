"""The zones and certificates sections are zones, their records, and certificates with the records that prove them."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from awsbase.engine.references import Reference
from awsbase.ensure.zone_records import Record
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, outputs, resources
from awsbase.manifest.merge import RecordsIn, merge
from tests.manifest.saying import ACCOUNT, mistakes, source

ZONE = "zones: {acme.example: {delegated: true, records: {www: {A: [192.0.2.1]}}}, sub.acme.example: {}}"
WEB = 'certificates: {web: {domains: [acme.example, "*.acme.example"], use: [cloudfront, elb]}}'


def of(*sections: str) -> dict[str, Any]:
    """Return the resources of a manifest by address."""
    manifest = understand(source(ACCOUNT + "\n".join(sections)), Manifest)
    return {resource.address: resource for each in resources(manifest).values() for resource in each}


def names(records: tuple[Record, ...]) -> list[str]:
    return sorted(f"{each.name} {each.type}" for each in records if isinstance(each.name, str))


def proofs(records: tuple[Record, ...]) -> list[tuple[str, str | None]]:
    return sorted((each.name.address, each.name.part) for each in records if isinstance(each.name, Reference))


def test_names_are_those_of_the_domain_in_one_form() -> None:
    said = """
    "@": {alias: {to: D1.CloudFront.net., ipv6: true}, MX: ["10 Mail.acme.example."], TXT: ["v=spf1 -all"]}
    "*": {AAAA: ["2001:DB8:0::1"], ttl: 60}
    _dmarc.mail: {CNAME: Acme.GitHub.io}
    """
    made = of(f"zones:\n  acme.example:\n   records:{said}")
    assert set(made["zone-records/acme.example"].records) == {
        Record("acme.example", "A", alias=("d1.cloudfront.net", "Z2FDTNDATAQYW2")),
        Record("acme.example", "AAAA", alias=("d1.cloudfront.net", "Z2FDTNDATAQYW2")),
        Record("acme.example", "MX", ("10 mail.acme.example",)),
        Record("acme.example", "TXT", ("v=spf1 -all",)),
        Record("*.acme.example", "AAAA", ("2001:db8::1",), 60),
        Record("_dmarc.mail.acme.example", "CNAME", ("acme.github.io",)),
    }
    assert not made["zone/acme.example"].delegated


@pytest.mark.parametrize("sections", [*permutations([ZONE, WEB])], ids=["zone first", "certificate first"])
def test_domain_is_proved_by_one_record_whoever_needs_it(sections: tuple[str, ...]) -> None:
    made = of(*sections)
    assert list(made["zone-records/acme.example"].needs()) == ["zone/acme.example", "certificate/web"]
    assert proofs(made["zone-records/acme.example"].records) == [("certificate/web", "acme.example name")]
    assert names(made["zone-records/acme.example"].records) == ["www.acme.example A"]
    assert made["zone-records/sub.acme.example"].records == ()


def test_certificate_is_in_each_region_that_shows_it() -> None:
    made = of(ZONE, WEB)
    here, east = made["certificate/web"], made["certificate/web@us-east-1"]
    assert here.domains == east.domains == ("acme.example", "*.acme.example")
    assert (here.zones, here.by_hand) == (("acme.example",), ())
    text = 'certificates: {web: {domains: [other.org, "*.sub.acme.example"]}}'
    elsewhere = of(ZONE, text)
    assert elsewhere["certificate/web"].by_hand == ("other.org",)
    assert elsewhere["certificate/web"].zones == ()
    assert proofs(elsewhere["zone-records/sub.acme.example"].records) == [("certificate/web", "sub.acme.example name")]
    virginia = ACCOUNT.replace("eu-west-1", "us-east-1") + f"{ZONE}\n{WEB}"
    found = resources(understand(source(virginia), Manifest))["certificates"]
    assert [each.address for each in found] == ["certificate/web"]


def test_outputs_are_ids_and_arns() -> None:
    found = outputs(understand(source(f"{ACCOUNT}{ZONE}\n{WEB}"), Manifest))
    assert [(each.name, each.key, each.address) for each in found if each.key] == [
        ("zone_ids", "acme.example", "zone/acme.example"),
        ("zone_name_servers", "acme.example", "zone/acme.example"),
        ("zone_ids", "sub.acme.example", "zone/sub.acme.example"),
        ("zone_name_servers", "sub.acme.example", "zone/sub.acme.example"),
        ("cloudfront_certificate_arns", "web", "certificate/web@us-east-1"),
        ("certificate_arns", "web", "certificate/web"),
    ]


def record(name: str, said: str) -> str:
    return f'zones: {{acme.example: {{records: {{"{name}": {{{said}}}}}}}}}'


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (record("@", "CNAME: x.example"), "the domain itself takes no CNAME"),
        (record("@", "NS: [ns1.x.example]"), "the name servers of the zone itself are those"),
        (record("@", "DS: [1 13 2 AB]"), "stand in the zone above it"),
        (record("_awsbase-acme", "TXT: [x]"), "where awsbase writes down which records it has made"),
        (record("www", "CNAME: x.example, A: [192.0.2.1]"), "a CNAME stands alone, and here is A too"),
        (record("www", "alias: {to: d1.cloudfront.net}, A: [192.0.2.1]"), "an alias answers A already"),
        (record("www", "alias: {to: x.elb.amazonaws.com}"), "nothing says which hosted zone of AWS"),
        (record("www", ""), "nothing is answered"),
        (record("www", "ttl: 60"), "nothing is answered"),
        (record("www", "A: [192.0.2.256]"), "'192.0.2.256' is no IPv4 address"),
        (record("www", "AAAA: [192.0.2.1]"), "'192.0.2.1' is no IPv6 address"),
        (record("www", "MX: [mail.acme.example]"), "lacks its numbers"),
        (record("www", "SRV: ['1 2 chat.acme.example']"), "lacks its numbers"),
        (record("www", """TXT: ['"quoted"']"""), "has quotes of its own"),
        (record("www", f"TXT: [{'x' * 3501}]"), "no text of more than 3,500 bytes"),
        (record("www", "CAA: [amazon.com]"), "no CAA value"),
        (record("www", "CNAME: 'not a name'"), "is no domain name"),
        (record("www.acme.example.", "A: [192.0.2.1]"), "no name of a record"),
        (record("WWW", "A: [192.0.2.1]"), "no name of a record"),
        ("zones: {Acme.example: {}}", "no domain name"),
        ("zones: {acme: {}}", "no domain name"),
        (f"zones: {{{'.'.join(['a' * 63] * 4)}: {{}}}}", "has more than 253 characters"),
        (
            f"zones: {{x.org: {{records: {{{', '.join(f'n{n}: {{A: [192.0.2.1]}}' for n in range(501))}}}}}}}",
            "501 records are more than the 500 of a manifest",
        ),
        ("certificates: {web: {domains: []}}", "a certificate has at least one domain"),
        ("certificates: {web: {domains: [a_b.example]}}", "no domain of a certificate"),
        (f"certificates: {{web: {{domains: [{'a' * 60}.example]}}}}", "is longer than 64 characters"),
        (f"certificates: {{web: {{domains: [{', '.join(f'n{n}.acme.example' for n in range(11))}]}}}}", "11 domains"),
        ("certificates: {web: {domains: [acme.example], use: []}}", "nothing shows it"),
        (
            "zones: {x.org: {records: {'@': {CAA: ['0 issue \"other.org\"']}}}}\n"
            "certificates: {a: {domains: ['*.a.x.org']}}",
            "AWS may not issue it: the CAA records of x.org name other authorities alone",
        ),
        ("certificates: {a: {domains: [x.org, y.org]}, b: {domains: [y.org, x.org]}}", "for the same domains"),
    ],
)
def test_what_no_zone_and_no_certificate_takes_is_a_mistake(section: str, message: str) -> None:
    found = mistakes(ACCOUNT + section, Manifest)
    assert any(message in each for each in found), found


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (Record("www.acme.example", "CNAME", ("x.example",)), "has a record A already, and needs CNAME for this"),
        (Record("www.acme.example", "A", ("192.0.2.2",)), "has a record A already, and needs A for this"),
        (Record("www.acme.example", "A", ("192.0.2.1",)), ""),
        (Record("text.acme.example", "TXT", ("more",)), ""),
    ],
    ids=["CNAME beside", "other values", "the same", "one more text"],
)
def test_records_that_other_sections_need_stand_beside_those_of_the_zone(record: Record, message: str) -> None:
    text = "zones: {acme.example: {records: {www: {A: [192.0.2.1]}, text: {TXT: [one]}}}}"
    held = dict(resources(understand(source(ACCOUNT + text), Manifest)))
    needed = RecordsIn(zone="acme.example", records=(record,), at=("domains",))
    merged = merge({**held, "mail": [needed]})
    assert [each.message for each in merged.conflicts] == ([f"www.acme.example {message}"] if message else [])
    texts = {each.name: each.values for each in merged.sections["zones"][1].records if each.type == "TXT"}  # type: ignore[attr-defined]
    assert texts["text.acme.example"] == (("one", "more") if record.type == "TXT" else ("one",))
    (missing,) = merge({"mail": [needed]}).conflicts
    assert missing.message == "no zone called 'acme.example'"
