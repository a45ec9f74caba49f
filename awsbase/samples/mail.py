"""Samples of mail: a domain that SES sends for, what AWS allows the account, and the password for SMTP."""

from collections.abc import Callable

from awsbase.ensure.group import Group
from awsbase.ensure.mail_identity import MailIdentity
from awsbase.ensure.mail_limits import MailLimits
from awsbase.ensure.policy import Policy
from awsbase.ensure.secret import Secret
from awsbase.ensure.smtp_password import BEGUN, SmtpPassword
from awsbase.ensure.user import User
from awsbase.manifest.mail import PURPOSE, only_send
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

NAME = "acme-smtp"
IDENTITY = MailIdentity(
    scope=HOME,
    domain="acme.example",
    mail_from="mail.acme.example",
    beside=("_dmarc.acme.example TXT v=DMARC1; p=quarantine",),
    tags={"owner": "platform"},
)
LIMITS = MailLimits(scope=HOME, website="https://acme.example")
SENDS = Policy(scope=HOME, name=NAME, document=only_send(("app@acme.example",), {IDENTITY.domain: IDENTITY}))
GROUP = Group(scope=HOME, name=NAME, policies=frozenset({SENDS.arn}), made_here=(SENDS.address,))
USER = User(scope=HOME, name=NAME, groups=frozenset({NAME}), made_here=(GROUP.address,))
SECRET = Secret(scope=HOME, name="acme/smtp", key=None, description=PURPOSE.format(user=NAME), filled=True)
PASSWORD = SmtpPassword(scope=HOME, user=NAME, secret=SECRET.name)
ALL = [IDENTITY, LIMITS, SENDS, GROUP, USER, SECRET, PASSWORD]


def made_by_hand(aws: Reached) -> None:
    """Make the domain by hand with other settings, and a user with a key whose password somebody stored."""
    ses = aws.client("sesv2", HOME.region)
    ses.create_email_identity(EmailIdentity=IDENTITY.domain, Tags=[{"Key": "by", "Value": "hand"}])
    ses.put_email_identity_dkim_attributes(EmailIdentity=IDENTITY.domain, SigningEnabled=False)
    ses.put_email_identity_mail_from_attributes(
        EmailIdentity=IDENTITY.domain, MailFromDomain="bounce.acme.example", BehaviorOnMxFailure="REJECT_MESSAGE"
    )
    aws.client("iam").create_user(UserName=NAME)
    aws.client("iam").create_access_key(UserName=NAME)
    aws.client("secretsmanager", HOME.region).create_secret(Name=SECRET.name, SecretString="theirs")


def call(operation: str, **arguments: object) -> Callable[[Reached], object]:
    """Return a function that calls SES by hand."""
    return lambda aws: getattr(aws.client("sesv2", HOME.region), operation)(**arguments)


def delete_keys(aws: Reached) -> None:
    """Delete the user's access keys, as somebody does who saw one in a log."""
    iam = aws.client("iam")
    for key in iam.list_access_keys(UserName=NAME)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=NAME, AccessKeyId=key["AccessKeyId"])


def lose_a_key(aws: Reached) -> None:
    """Leave what a run does that is killed before it stores the password of a new key."""
    iam = aws.client("iam")
    (held,) = iam.list_access_keys(UserName=NAME)["AccessKeyMetadata"]
    iam.tag_user(UserName=NAME, Tags=[{"Key": BEGUN, "Value": held["AccessKeyId"]}])
    iam.create_access_key(UserName=NAME)


WHICH = {"EmailIdentity": IDENTITY.domain}
AGAIN = [
    f"{PASSWORD.address}: update note at the user",
    f"{PASSWORD.address}: create access key",
    f"{PASSWORD.address}: update note at the user, which goes",
]
LOST = f"{PASSWORD.address}: delete access key whose secret nobody has"
SAMPLES = (
    Sample(
        "mail",
        ALL,
        tamperings={
            "identity deleted": Tampering(
                call("delete_email_identity", **WHICH),
                [f"{IDENTITY.address}: create mail identity", f"{IDENTITY.address}: update MAIL FROM domain"],
            ),
            "no longer signed": Tampering(
                call("put_email_identity_dkim_attributes", **WHICH, SigningEnabled=False),
                [f"{IDENTITY.address}: update signing"],
            ),
            "bounces elsewhere": Tampering(
                call("put_email_identity_mail_from_attributes", **WHICH, MailFromDomain="b.acme.example"),
                [f"{IDENTITY.address}: update MAIL FROM domain"],
                risky=[f"{IDENTITY.address}: update MAIL FROM domain"],
            ),
            "untagged": Tampering(
                call("untag_resource", ResourceArn=IDENTITY.arn, TagKeys=["owner"]),
                [f"{IDENTITY.address}: update tags"],
            ),
            "access key deleted": Tampering(delete_keys, [*AGAIN, f"{PASSWORD.address}: update SMTP password"]),
            "key lost on the way": Tampering(lose_a_key, [LOST, AGAIN[-1]]),
        },
    ),
    Sample("mail made by hand", ALL, before=made_by_hand),
)
