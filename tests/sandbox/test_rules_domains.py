"""Route 53, Certificate Manager and the public DNS in the sandbox: what moto lets through, and what it answers."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from awsbase.sandbox.dns_server import reply
from awsbase.sandbox.services.acm import Certificates
from tests.sandbox.refused import refused

ZONE = {"Name": "Acme.example", "CallerReference": "one"}


def zone(sandbox: Sandbox, **more: Any) -> str:
    id: str = sandbox.client("route53").create_hosted_zone(**{**ZONE, **more})["HostedZone"]["Id"]
    return id


def a(action: str, name: str, type: str, *values: str, **more: Any) -> dict[str, Any]:
    said = {"TTL": 300, "ResourceRecords": [{"Value": value} for value in values]} if values else {}
    return {"Action": action, "ResourceRecordSet": {"Name": name, "Type": type, **said, **more}}


def change(sandbox: Sandbox, id: str, *changes: Any) -> str | None:
    call = sandbox.client("route53").change_resource_record_sets
    return refused(call, HostedZoneId=id, ChangeBatch={"Changes": list(changes)})


THERE = (a("CREATE", "www.acme.example", "A", "192.0.2.1"), a("CREATE", "api.acme.example", "CNAME", "x.example"))
ALIAS = {
    "AliasTarget": {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d1.cloudfront.net", "EvaluateTargetHealth": False}
}
MISTAKES = {
    "CNAME at the apex": a("UPSERT", "acme.example", "CNAME", "x.example"),
    "CNAME beside another type": a("UPSERT", "www.acme.example", "CNAME", "x.example"),
    "another type beside a CNAME": a("UPSERT", "api.acme.example", "A", "192.0.2.1"),
    "text without quotes": a("UPSERT", "t.acme.example", "TXT", "v=spf1 -all"),
    "text that is not split": a("UPSERT", "t.acme.example", "TXT", f'"{"x" * 256}"'),
    "values and an alias": a("UPSERT", "t.acme.example", "A", "192.0.2.1", **ALIAS),
    "a value twice": a("UPSERT", "t.acme.example", "A", "192.0.2.1", "192.0.2.1"),
    "two CNAMEs of a name": a("UPSERT", "t.acme.example", "CNAME", "x.example", "y.example"),
    "beside a routed one": a("UPSERT", "r.acme.example", "A", "192.0.2.1"),
    "no name servers": a("DELETE", "acme.example", "NS", "ns-1.awsdns-01.com."),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_batch_with_a_mistake_is_refused_as_a_whole(mistake: Any) -> None:
    strict, moto = Sandbox(), Sandbox(strict=False)
    routed = a("CREATE", "r.acme.example", "A", "192.0.2.9", SetIdentifier="a", Weight=1)
    # Of what is not there moto says something else.
    for sandbox, answers in ((strict, ["InvalidChangeBatch"]), (moto, [None, "InvalidInput"])):
        id = zone(sandbox)
        assert change(sandbox, id, *THERE, routed) is None
        before = sandbox.snapshot()["route53"]
        good = a("UPSERT", "good.acme.example", "A", "192.0.2.1")
        found = change(sandbox, id, good, mistake)
        assert found in answers
        assert (sandbox.snapshot()["route53"] == before) is (sandbox is strict or found is not None)


@pytest.mark.parametrize(
    "changes",
    [
        [a("CREATE", "www.acme.example", "A", "192.0.2.2")],
        [a("DELETE", "www.acme.example", "A", "192.0.2.2")],
        [a("DELETE", "absent.acme.example", "A", "192.0.2.2")],
        [a("UPSERT", "www.other.example", "A", "192.0.2.2")],
        [a("UPSERT", f"n{n}.acme.example", "A", "192.0.2.1") for n in range(501)],
        [a("UPSERT", f"n{n}.acme.example", "TXT", *(f'"{m}{"x" * 200}"' for m in range(4))) for n in range(21)],
    ],
    ids=["there already", "other value", "not there", "of another zone", "too many", "too long"],
)
def test_batch_that_does_not_fit_what_is_there_is_invalid(changes: Any) -> None:
    sandbox = Sandbox()
    id = zone(sandbox)
    assert change(sandbox, id, *THERE) is None
    assert change(sandbox, id, *changes) == "InvalidChangeBatch"


def test_reference_makes_one_zone_and_a_name_several() -> None:
    sandbox = Sandbox()
    route53 = sandbox.client("route53")
    first = zone(sandbox)
    assert refused(route53.create_hosted_zone, **ZONE) == "HostedZoneAlreadyExists"
    assert refused(Sandbox(strict=False).client("route53").create_hosted_zone, **ZONE) is None
    second = zone(sandbox, CallerReference="two")
    listed = route53.list_hosted_zones()["HostedZones"]
    assert [(each["Id"], each["Name"]) for each in listed] == [(first, "acme.example."), (second, "acme.example.")]
    servers = [set(route53.get_hosted_zone(Id=id)["DelegationSet"]["NameServers"]) for id in (first, second)]
    assert servers[0].isdisjoint(servers[1])


def test_zone_takes_one_batch_at_a_time() -> None:
    sandbox = Sandbox()
    id = zone(sandbox)
    found: list[str | None] = []

    def send(n: int) -> None:
        found.append(change(sandbox, id, a("UPSERT", f"n{n}.acme.example", "A", "192.0.2.1")))

    with sandbox._lock:
        arrived = sandbox.in_flight.arrived["route53"]
        threads = [Thread(target=send, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        assert sandbox.in_flight.wait_for("route53", arrived + 2, 10)
    for thread in threads:
        thread.join()
    assert sorted(map(str, found)) == ["None", "PriorRequestNotComplete"]


def test_names_come_back_absolute_and_in_lower_case() -> None:
    sandbox = Sandbox()
    id = zone(sandbox)
    assert change(sandbox, id, a("UPSERT", "*.ACME.example", "A", **ALIAS)) is None
    sets = sandbox.client("route53").list_resource_record_sets(HostedZoneId=id)["ResourceRecordSets"]
    assert [(each["Name"], "TTL" in each) for each in sets if each["Type"] == "A"] == [("\\052.acme.example.", False)]


def certificate(acm: Any, *domains: str, **more: Any) -> str:
    names = {"DomainName": domains[0], **({"SubjectAlternativeNames": list(domains[1:])} if domains[1:] else {})}
    arn: str = acm.request_certificate(ValidationMethod="DNS", **names, **more)["CertificateArn"]
    return arn


def described(acm: Any, arn: str) -> Any:
    return acm.describe_certificate(CertificateArn=arn)["Certificate"]


def test_certificate_is_issued_when_the_dns_has_its_record() -> None:
    sandbox = Sandbox()
    acm, id = sandbox.client("acm", "eu-west-1"), zone(sandbox)
    arn = certificate(acm, "acme.example", "*.acme.example")
    assert not any("ResourceRecord" in each for each in described(acm, arn)["DomainValidationOptions"])
    first, second = [each["ResourceRecord"] for each in described(acm, arn)["DomainValidationOptions"]]
    assert first == second
    assert change(sandbox, id, a("UPSERT", first["Name"], "CNAME", first["Value"])) is None
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    sandbox.delegate("acme.example", ["ns-1.awsdns-99.com"])
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    sandbox.delegate("acme.example")
    assert described(acm, arn)["Status"] == "ISSUED"


def test_certificate_nobody_proves_times_out_for_good() -> None:
    sandbox = Sandbox()
    acm = sandbox.client("acm", "eu-west-1")
    arn = certificate(acm, "acme.example")
    sandbox.clock.advance(72 * 3600 + 1)
    assert described(acm, arn)["Status"] == "VALIDATION_TIMED_OUT"


def test_token_makes_one_certificate_for_an_hour() -> None:
    sandbox = Sandbox()
    acm = sandbox.client("acm", "eu-west-1")
    first = certificate(acm, "acme.example", IdempotencyToken="a")
    assert certificate(acm, "acme.example", IdempotencyToken="a") == first
    sandbox.clock.advance(3601)
    assert certificate(acm, "acme.example", IdempotencyToken="a") != first


@pytest.mark.parametrize(("strict", "answer"), [(True, "ResourceInUseException"), (False, None)])
def test_certificate_in_use_is_not_deleted(strict: bool, answer: str | None) -> None:
    sandbox = Sandbox(strict=strict)
    acm = sandbox.client("acm", "eu-west-1")
    arn = certificate(acm, "acme.example")
    for held in sandbox.memory(Certificates).held.values():
        held.used_by.append("arn:balancer")
    assert refused(acm.delete_certificate, CertificateArn=arn) == answer


def test_aws_issues_none_for_its_own_names_and_lists_keys_of_rsa_alone() -> None:
    sandbox = Sandbox()
    acm = sandbox.client("acm", "eu-west-1")
    arn = certificate(acm, "x.amazonaws.com", KeyAlgorithm="EC_prime256v1")
    failed = described(acm, arn)
    assert (failed["Status"], failed["FailureReason"]) == ("FAILED", "DOMAIN_NOT_ALLOWED")
    assert acm.list_certificates()["CertificateSummaryList"] == []
    (one,) = acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"]
    assert one["CertificateArn"] == arn
    many = {"DomainName": "acme.example", "SubjectAlternativeNames": [f"n{n}.acme.example" for n in range(10)]}
    assert refused(acm.request_certificate, ValidationMethod="DNS", **many) == "LimitExceededException"


def test_resolver_follows_what_the_domain_above_says() -> None:
    sandbox = Sandbox()
    id = zone(sandbox)
    assert change(sandbox, id, a("UPSERT", "www.acme.example", "A", "192.0.2.1")) is None
    assert sandbox.resolve("acme.example", "NS") == sandbox.resolve("www.acme.example", "A") == ()
    servers = sandbox.client("route53").get_hosted_zone(Id=id)["DelegationSet"]["NameServers"]
    sandbox.client("route53domains").update_domain_nameservers(
        DomainName="acme.example", Nameservers=[{"Name": server} for server in servers]
    )
    assert len(sandbox.resolve("acme.example", "NS") or ()) == 4
    assert sandbox.resolve("www.acme.example", "A") == ("192.0.2.1",)
    sandbox.delegate("acme.example", ["ns-1.awsdns-99.com"])
    assert sandbox.resolve("acme.example", "NS") is None
    assert reply(sandbox, b"no question") == b""
