"""Samples of alternate contacts."""

from awsbase.ensure.contact import Contact
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

SECURITY = Contact(
    scope=HOME, matter="security", name="Sec Team", title="Security", email="sec@acme.example", phone="+1 555 0100"
)
BILLING = Contact(
    scope=HOME, matter="billing", name="Finance", title="CFO", email="cfo@acme.example", phone="+1 555 0101"
)


def other_contact(aws: Reached) -> None:
    """Set another security contact."""
    aws.client("account").put_alternate_contact(
        AlternateContactType="SECURITY",
        Name="Mallory",
        Title="Security",
        EmailAddress="mallory@evil.example",
        PhoneNumber="+1 555 0199",
    )


def with_spaces(aws: Reached) -> None:
    """Write the same contact with spaces around its values, as the console allows."""
    aws.client("account").put_alternate_contact(
        AlternateContactType="BILLING",
        Name="Finance ",
        Title=" CFO",
        EmailAddress="cfo@acme.example",
        PhoneNumber=" +1 555 0101",
    )


SAMPLES = (
    Sample(
        "alternate contacts",
        [SECURITY, BILLING],
        before=with_spaces,
        tamperings={
            "other contact": Tampering(
                other_contact, [f"{SECURITY.address}: update contact"], [f"{SECURITY.address}: update contact"]
            ),
            "deleted": Tampering(
                lambda aws: aws.client("account").delete_alternate_contact(AlternateContactType="SECURITY"),
                [f"{SECURITY.address}: create contact"],
            ),
        },
    ),
)
