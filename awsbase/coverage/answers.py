"""What can answer a control of a standard: resources of the manifest, a look at the account, or a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from awsbase.coverage import checks
from awsbase.coverage.checks import Look
from awsbase.engine.resource import Resource
from awsbase.ensure.access_log import AccessLog
from awsbase.ensure.admin_ports import AdminPorts
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.analyzer import Analyzer
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.budget import Budget
from awsbase.ensure.config_recorders import ConfigRecorders
from awsbase.ensure.contact import Contact
from awsbase.ensure.default_groups import DefaultGroups
from awsbase.ensure.detectors import Detectors
from awsbase.ensure.ebs_encryption import EbsEncryption
from awsbase.ensure.flow_logs import FlowLogs
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.password_policy import PasswordPolicy
from awsbase.ensure.public_access_block import PublicAccessBlock
from awsbase.ensure.root import Root
from awsbase.ensure.security_hubs import SecurityHubs
from awsbase.ensure.trail import Trail
from awsbase.ensure.user import User
from awsbase.records import record


@record
class Made:
    """Answered by resources: each of `parts` must have one in the manifest, and all of them must be as wanted.

    `key` is where the manifest asks for them, `price` what makes that an opt-in. Of what they leave to a person, only
    what has one of the words of `about` in its title counts.
    """

    key: str
    parts: tuple[Callable[[Resource], bool], ...]
    price: str = ""
    about: tuple[str, ...] = ("",)


@record
class Looked:
    """Answered by the account as it is: a look that finds nothing wrong. What it finds, a person has to decide.

    With `report` the look reads IAM's credential report, which AWS may have to make first. What it takes for granted of
    the manifest's own resources are the `parts`, which have to be as wanted.
    """

    look: Look
    key: str = ""
    report: bool = False
    parts: tuple[Callable[[Resource], bool], ...] = ()


@record
class Yours:
    """Answered by a person alone: no API tells, or what it is about is not of the account's base."""

    step: str


Answer = Made | Looked | Yours


def a(kind: type[Any], where: Callable[[Any], bool] = lambda each: True) -> Callable[[Resource], bool]:
    """Return what tells whether a resource is of a kind, and set up so."""
    return lambda each: isinstance(each, kind) and where(each)


def alarm(name: str) -> Made:
    """Return the answer of one security alarm."""
    part = a(Alarm, lambda each: each.metric == name)
    # No control without the trail: what is not recorded matches no filter.
    return Made(
        "alarms.security", (part, a(Trail)), "$0.10 an alarm and $0.30 its metric, beyond ten free ones of each"
    )


def made(key: str, *parts: Callable[[Resource], bool], price: str = "", about: Sequence[str] = ("",)) -> Made:
    """Return the answer of some resources."""
    return Made(key, parts, price, tuple(about))


# The security alarms that a standard asks for, by the names that the manifest gives them.
ALARMS = (
    *("unauthorized-calls", "console-without-mfa", "root-use", "iam-changes", "trail-changes", "console-failures"),
    *("key-loss", "bucket-policies", "config-changes", "security-groups", "network-acls", "gateways", "route-tables"),
    *("vpcs", "organization"),
)
OBJECTS = made("audit.data_events", a(Trail, lambda each: each.objects), price="$1.00 per million reads and writes")
CUTS_OFF = "nothing, but it cuts off whoever administers machines from anywhere"
PORTS = made("protect.admin_ports", a(AdminPorts), price=CUTS_OFF, about=("security group",))
NETWORK_PORTS = made("protect.admin_ports", a(AdminPorts), price=CUTS_OFF, about=("network ACL",))

ANSWERS: dict[str, Answer] = {
    "contact details": Yours("look at the address, the phone number and the mail address of the account itself"),
    "security contact": made("contacts.security", a(Contact, lambda each: each.matter == "security")),
    "security questions": Yours("AWS asks for none any more; answer those of an old account as root"),
    "root keys": made("root", a(Root), about=("root has an access key",)),
    "root mfa": made("root", a(Root), about=("root has no MFA",)),
    "root restrained": made("root", a(Root), about=("root has no MFA", "root has an access key")),
    "root hardware mfa": made(
        "root.mfa: hardware",
        a(Root, lambda each: each.hardware),
        price="a security key, once",
        about=("root has no MFA", "root's MFA device"),
    ),
    "root unused": Looked(checks.root_unused, report=True),
    "password length": made("iam.password_policy", a(PasswordPolicy)),
    "password reuse": made("iam.password_policy", a(PasswordPolicy, lambda each: each.remembered == 24)),
    "users' mfa": Looked(checks.users_without_mfa, report=True),
    "no keys at first": Looked(checks.keys_never_used, report=True),
    "unused credentials": Looked(checks.unused, report=True),
    "one key": Looked(checks.two_keys, report=True),
    "old keys": Looked(checks.old_keys, report=True),
    "rights by groups": Looked(checks.rights_of_users),
    "no full rights": Looked(checks.full_rights),
    "support role": made("root", a(Root), about=("support cases",)),
    "instance roles": Yours("see that no instance holds access keys: give it an instance profile"),
    "certificates": Looked(checks.expired_certificates),
    "analyzer": made("protect", a(Analyzer)),
    "central users": Yours("with more than one account, let people sign in through IAM Identity Center"),
    "cloudshell": Looked(checks.cloudshell),
    "tls": Looked(checks.foreign_buckets, "state, audit", parts=(a(Bucket),)),
    "mfa delete": Yours("only root, with an MFA code, can switch MFA delete on; versions are kept without it"),
    "s3 data": Yours("find and classify what is in the buckets, for example with Amazon Macie"),
    "no public buckets": made("protect", a(PublicAccessBlock)),
    "volumes": made("protect", a(EbsEncryption)),
    "rds": Yours("awsbase makes no databases: see to it where they are made"),
    "efs": Yours("awsbase makes no file systems: see to it where they are made"),
    "trail": made("audit", a(Trail)),
    "trail bucket": made("audit", a(Trail), a(Bucket)),
    "config": made("protect.config", a(ConfigRecorders), price="$0.003 for each recorded change"),
    "access logs": made("audit.access_logs", a(AccessLog), price="$0.023 per GB a month: cents"),
    "rotation": made("audit, state", a(Key)),
    "flow logs": made("protect.flow_logs", a(FlowLogs), price="$0.25 per GB"),
    "objects": OBJECTS,
    "security hub": made("protect.security_hub", a(SecurityHubs), price="$0.0010 for each check"),
    "network ports": NETWORK_PORTS,
    "group ports": PORTS,
    "default groups": made("protect", a(DefaultGroups)),
    "peering": Yours("see that each route to a peered VPC names the subnets that are needed, and no more"),
    "imdsv2": made("protect", a(MetadataDefaults)),
    "cifs": Yours("see that port 445 is open to your own networks only"),
    "guardduty": made("protect.guardduty", a(Detectors), price="$4 per million events, after 30 free days"),
    "spending": made("alarms", lambda each: isinstance(each, Budget) or (isinstance(each, Alarm) and is_billing(each))),
    "console users": made("iam.users", a(User), about=("password for the console",)),
    "groups": made("iam.groups", a(Group)),
    "advisor": Yours("look at Trusted Advisor once a week; the full checks come with a support plan"),
    "unused networks": Yours("delete the default VPC in each region where nothing runs"),
    "resource policies": Yours("name, in policies of buckets, keys and queues, who may use them and from where"),
    "secrets": Yours("keep secrets in Secrets Manager (section `secrets`), and none in code or environment"),
    "no leaks": Yours("scan repositories and pipelines before each commit, and rotate what got out"),
    "no ssh": Yours("reach machines through Systems Manager, as the bastion section does"),
    "private subnets": Yours("put what the internet need not reach into private subnets"),
    "tight groups": Yours("let security groups name one another, and no wide ranges"),
    "endpoints": Yours("make VPC endpoints for what private subnets use: those of S3 and DynamoDB are free"),
    "https": Yours("redirect to HTTPS at every public endpoint, with certificates of ACM"),
    "edge": Yours("put CloudFront and WAF before what is public"),
    "templates": Yours("keep infrastructure in templates, and review them: this manifest is one"),
    **{name: alarm(name) for name in ALARMS},
}


def is_billing(each: Alarm) -> bool:
    """Tell whether an alarm is about the bill."""
    return each.namespace == "AWS/Billing"
