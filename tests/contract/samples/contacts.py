"""Samples of alternate contacts."""

from awsbase.ensure.contact import Contact
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME, Sample, Tampering

SECURITY = Contact(
    scope=HOME, matter="security", name="Sec Team", title="Security", email="sec@acme.example", phone="+1 555 0100"
)
BILLING = Contact(
    scope=HOME, matter="billing", name="Finance", title="CFO", email="cfo@acme.example", phone="+1 555 0101"
)


def somebody_else(aws: Sandbox) -> None:
    """Let AWS call somebody else about security."""
    aws.client("account").put_alternate_contact(
        AlternateContactType="SECURITY",
        Name="Mallory",
        Title="Security",
        EmailAddress="mallory@evil.example",
        PhoneNumber="+1 555 0199",
    )


def blank(aws: Sandbox) -> None:
    """Write the same with blanks around it, as the console lets people do."""
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
        before=blank,
        tamperings={
            "somebody else": Tampering(somebody_else, [f"{SECURITY.address}: update contact"]),
            "deleted": Tampering(
                lambda aws: aws.client("account").delete_alternate_contact(AlternateContactType="SECURITY"),
                [f"{SECURITY.address}: create contact"],
            ),
        },
    ),
)
