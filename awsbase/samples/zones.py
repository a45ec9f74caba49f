"""Samples of hosted zones, their records, and certificates that are proved in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awsbase.ensure.certificate import Certificate
from awsbase.ensure.zone import Zone
from awsbase.ensure.zone_records import Record, ZoneRecords
from awsbase.manifest.certificates import proof
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

NOBODYS = "the domain is nobody's, and AWS issues no certificate for it"
NAME = "acme.example"
ZONE = Zone(scope=HOME, name=NAME, tags={"owner": "platform"})
WEB = Certificate(scope=HOME, name="web", domains=(NAME, f"*.{NAME}"), tags={"owner": "platform"})
CLOUDFRONT = Certificate(scope=HOME.at("us-east-1"), name="web", domains=WEB.domains)
OWN = (
    Record(NAME, "A", alias=("d1.cloudfront.net", "Z2FDTNDATAQYW2")),
    Record(NAME, "MX", ("10 mail.acme.example",)),
    Record(f"*.{NAME}", "A", ("192.0.2.1", "192.0.2.2")),
    Record(f"long.{NAME}", "TXT", ('say "hi" \\ ' + "ä" * 200,), ttl=60),
)
RECORDS = ZoneRecords(scope=HOME, zone=NAME, records=(*OWN, proof(WEB.address, NAME)))
ADOPTED = ZoneRecords(scope=HOME, zone=NAME, records=OWN[:3])


def zone_id(aws: Reached) -> str:
    """Return the id of the zone."""
    id: str = aws.client("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    return id.rpartition("/")[2]


def entered(action: str, name: str, type: str, *values: str) -> Callable[[Reached], object]:
    """Return a function that changes a record by hand."""
    record = {"Name": name, "Type": type, "TTL": 300, "ResourceRecords": [{"Value": value} for value in values]}
    changes: dict[str, Any] = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    return lambda aws: aws.client("route53").change_resource_record_sets(HostedZoneId=zone_id(aws), ChangeBatch=changes)


def untagged(aws: Reached) -> None:
    """Take a tag off the zone."""
    aws.client("route53").change_tags_for_resource(
        ResourceType="hostedzone", ResourceId=zone_id(aws), RemoveTagKeys=["owner"]
    )


def certificate_untagged(aws: Reached) -> None:
    """Take a tag off the certificate."""
    acm = aws.client("acm", HOME.region)
    arn = acm.list_certificates()["CertificateSummaryList"][0]["CertificateArn"]
    acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "owner"}])


def made_by_hand(aws: Reached) -> None:
    """Make the zone by hand, beside a private one, with one record that differs and one that is somebody else's."""
    route53 = aws.client("route53")
    route53.create_hosted_zone(Name=f"{NAME}.", CallerReference="by hand")
    entered("CREATE", f"{NAME}.", "MX", "20 old.acme.example.")(aws)
    entered("CREATE", f"theirs.{NAME}.", "A", "192.0.2.99")(aws)


SAMPLES = (
    Sample(
        "zone with certificates",
        [ZONE, WEB, CLOUDFRONT, RECORDS],
        not_on_aws=NOBODYS,
        tamperings={
            "other value": Tampering(
                entered("UPSERT", f"*.{NAME}", "A", "192.0.2.1"),
                [f"{RECORDS.address}: update records"],
                risky=[f"{RECORDS.address}: update records"],
            ),
            "deleted record": Tampering(
                entered("DELETE", f"{NAME}.", "MX", "10 mail.acme.example."), [f"{RECORDS.address}: update records"]
            ),
            "untagged": Tampering(untagged, [f"{ZONE.address}: update tags"]),
            "certificate untagged": Tampering(certificate_untagged, [f"{WEB.address}: update tags"]),
        },
    ),
    Sample("zone made by hand", [ZONE, ADOPTED], before=made_by_hand, not_on_aws=NOBODYS),
)
