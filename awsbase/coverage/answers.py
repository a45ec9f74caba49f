"""The answers to controls of a standard: resources of the manifest, checks of the account, or a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from awsbase.coverage import checks
from awsbase.coverage.checks import AccountCheck
from awsbase.engine.changes import Change, is_whole_resource
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
from awsbase.ensure.ecr_repository import EcrRepository
from awsbase.ensure.flow_logs import FlowLogs
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.password_policy import PasswordPolicy
from awsbase.ensure.public_access_block import PublicAccessBlock
from awsbase.ensure.registry_scanning import RegistryScanning
from awsbase.ensure.root import Root
from awsbase.ensure.security_hubs import SecurityHubs
from awsbase.ensure.snapshot_block import SnapshotBlock
from awsbase.ensure.topic import Topic
from awsbase.ensure.trail import Trail
from awsbase.ensure.user import User
from awsbase.prices import table as prices
from awsbase.records import record


@record
class Part:
    """The resources that answer a control, and the changes of them that concern it.

    `fields` names steps of a recipe (`policy`, `logging`) or fields of a drift (`KmsKeyId`). Without fields every
    change concerns the control, but for the labels of a resource.
    """

    matches: Callable[[Resource], bool]
    fields: frozenset[str] = frozenset()

    def concerns(self, address: str, change: Change) -> bool:
        """Tell whether a change has to be made before the control is met."""
        if change.action == "replace" or is_whole_resource(address, change):
            return True
        if not self.fields:
            return step(change) not in LABELS
        return step(change) in self.fields or any(
            drift.field.partition(".")[0] in self.fields for drift in change.drift
        )


def step(change: Change) -> str:
    """Return the step of a recipe without its region: `encryption` of `encryption in eu-west-1`."""
    return change.what.partition(" in ")[0]


LABELS = frozenset({"tags", "description"})


@record
class ByResources:
    """Answered by resources: each of `parts` must match one in the manifest, and none is to change in what concerns it.

    `key` is the manifest key that defines them, and `price` what an opt-in costs. Of their manual actions only those
    count whose title contains one of the words of `about`. A person decides on what `check` finds.
    """

    key: str
    parts: tuple[Part, ...]
    price: str = ""
    about: tuple[str, ...] = ("",)
    check: AccountCheck | None = None


@record
class ByCheck:
    """Answered by a check of the account that finds nothing wrong; a person decides on its findings.

    With `report` the check reads IAM's credential report, which AWS may have to generate first. The check assumes that
    the resources of `parts` have no change that concerns it.
    """

    check: AccountCheck
    key: str = ""
    report: bool = False
    parts: tuple[Part, ...] = ()


@record
class ByPerson:
    """Answered only by a person: no API returns it, or awsbase does not manage its subject."""

    step: str


Answer = ByResources | ByCheck | ByPerson


def is_a(kind: type[Any], *fields: str, where: Callable[[Any], bool] = lambda each: True) -> Part:
    """Return the resources of a kind that match `where`, and the fields of them that concern a control."""
    return Part(lambda each: isinstance(each, kind) and where(each), frozenset(fields))


# What a trail needs to record all regions, and for its records to reach CloudWatch Logs.
RECORDING = ("logging", "event selectors", "IsMultiRegionTrail", "IncludeGlobalServiceEvents")
DELIVERY = ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")
RECORDS = is_a(Trail, *RECORDING, *DELIVERY)


def scanned(each: Resource) -> Iterable[str]:
    """Return the repositories whose images are scanned by a resource."""
    return each.repositories if isinstance(each, RegistryScanning) else ()


def fixed(each: Resource) -> Iterable[str]:
    """Return the repository whose tags a resource does not let move."""
    return (each.name,) if isinstance(each, EcrRepository) and each.immutable and not each.moving else ()


def cleared(each: Resource) -> Iterable[str]:
    """Return the repository from which a resource lets images go."""
    return (each.name,) if isinstance(each, EcrRepository) and each.keep_untagged is not None else ()


def alarm(name: str) -> ByResources:
    """Return the answer by one security alarm."""
    part = is_a(Alarm, where=lambda each: each.metric == name)
    # The alarm needs the trail: a call that is not recorded matches no filter.
    return ByResources(
        "alarms.security",
        (part, RECORDS),
        f"{prices.ALARM} an alarm and {prices.METRIC} its metric, beyond ten free ones of each",
    )


def by_resources(
    key: str, *parts: Part, price: str = "", about: Sequence[str] = ("",), check: AccountCheck | None = None
) -> ByResources:
    """Return an answer by resources."""
    return ByResources(key, parts, price, tuple(about), check)


# The security alarms that standards require, by their names in the manifest.
ALARMS = (
    *("unauthorized-calls", "console-without-mfa", "root-use", "iam-changes", "trail-changes", "console-failures"),
    *("key-loss", "bucket-policies", "config-changes", "security-groups", "network-acls", "gateways", "route-tables"),
    *("vpcs", "organization"),
)
OBJECTS = by_resources(
    "audit.data_events",
    is_a(Trail, *RECORDING, "data events of S3 objects", where=lambda each: each.objects),
    price=prices.TRAIL_OBJECTS.rate,
)
CUTS_OFF = "nothing, but it disconnects administrators who connect from anywhere"
PORTS = by_resources("protect.admin_ports", is_a(AdminPorts), price=CUTS_OFF, about=("security group",))
NETWORK_PORTS = by_resources("protect.admin_ports", is_a(AdminPorts), price=CUTS_OFF, about=("network ACL",))

ANSWERS: dict[str, Answer] = {
    "contact details": ByPerson("look at the address, the phone number and the mail address of the account itself"),
    "security contact": by_resources("contacts.security", is_a(Contact, where=lambda each: each.matter == "security")),
    "security questions": ByPerson("AWS no longer asks for any; answer those of an old account as root"),
    "root keys": by_resources("root", is_a(Root), about=("root has an access key",)),
    "root mfa": by_resources("root", is_a(Root), about=("root has no MFA",)),
    "root restrained": by_resources("root", is_a(Root), about=("root has no MFA", "root has an access key")),
    "root hardware mfa": by_resources(
        "root.mfa: hardware",
        is_a(Root, where=lambda each: each.hardware),
        price="a security key, once",
        about=("root has no MFA", "root's MFA device"),
    ),
    "root unused": ByCheck(checks.root_unused, report=True),
    "password policy": by_resources("iam.password_policy", is_a(PasswordPolicy)),
    "password length": by_resources("iam.password_policy", is_a(PasswordPolicy, "MinimumPasswordLength")),
    "password reuse": by_resources(
        "iam.password_policy", is_a(PasswordPolicy, "PasswordReusePrevention", where=lambda each: each.remembered == 24)
    ),
    "users' mfa": ByCheck(checks.users_without_mfa, report=True),
    "no keys at first": ByCheck(checks.keys_never_used, report=True),
    "unused credentials": ByCheck(checks.unused, report=True),
    "one key": ByCheck(checks.two_keys, report=True),
    "old keys": ByCheck(checks.old_keys, report=True),
    "permissions by groups": ByCheck(checks.policies_of_users),
    "no full permissions": ByCheck(checks.full_permissions),
    "support role": by_resources("root", is_a(Root), about=("support cases",)),
    "instance roles": ByCheck(checks.instances_without_role),
    "certificates": ByCheck(checks.expired_certificates),
    "analyzer": by_resources("protect", is_a(Analyzer)),
    "central root": ByPerson("in an organization, let the management account remove the members' root credentials"),
    "guardrails": ByPerson("in an organization, attach service control policies to all member accounts"),
    "management account": ByPerson("in an organization, run nothing in the management account"),
    "units": ByPerson("in an organization, sort accounts into units by environment and sensitivity"),
    "delegation": ByPerson("in an organization, name a member account as administrator of what it manages"),
    "front ends": ByPerson("switch access logs on for CloudFront, load balancers and API Gateway where they are made"),
    "central users": ByPerson("with more than one account, let people sign in through IAM Identity Center"),
    "cloudshell": ByCheck(checks.cloudshell),
    "tls": ByCheck(checks.foreign_buckets, "state, audit, buckets", parts=(is_a(Bucket, "policy"),)),
    "mfa delete": ByPerson("only root, with an MFA code, can switch MFA delete on; versions are kept without it"),
    "s3 data": ByPerson("find and classify the data in the buckets, for example with Amazon Macie"),
    "no access lists": ByCheck(
        partial(checks.foreign_buckets, what="its owner owns all that is in it (BucketOwnerEnforced)"),
        "buckets",
        parts=(is_a(Bucket, "ownership", "ACL"),),
    ),
    "lifecycles": ByCheck(
        partial(checks.foreign_buckets, what="a rule says when something goes away"),
        "buckets",
        parts=(is_a(Bucket, "lifecycle"),),
    ),
    "scans": ByCheck(
        partial(checks.repositories_besides, kept=scanned, what="images are scanned when they are pushed"),
        "repositories",
        parts=(is_a(RegistryScanning),),
    ),
    "image tags": ByCheck(
        partial(checks.repositories_besides, kept=fixed, what="its tags cannot be moved"),
        "repositories",
        parts=(is_a(EcrRepository, "tag mutability"),),
    ),
    "old images": ByCheck(
        partial(checks.repositories_besides, kept=cleared, what="images that nobody needs go away"),
        "repositories",
        parts=(is_a(EcrRepository, "lifecycle"),),
    ),
    "template addresses": ByCheck(
        partial(checks.templates, wrong=checks.is_public, what="gives instances a public address"),
        "launch_templates",
        parts=(is_a(LaunchTemplate, "NetworkInterfaces"),),
    ),
    "template tokens": ByCheck(
        partial(checks.templates, wrong=checks.takes_no_tokens, what="does not ask for IMDSv2"),
        "launch_templates",
        parts=(is_a(LaunchTemplate, "MetadataOptions"),),
    ),
    "template volumes": ByCheck(
        partial(checks.templates, wrong=checks.is_plain, what="does not say that its volumes are encrypted"),
        "launch_templates",
        parts=(is_a(LaunchTemplate, "BlockDeviceMappings"),),
    ),
    "renewal": ByCheck(checks.imported_certificates, "certificates"),
    "recovery points": ByPerson(
        "encrypt databases where they are created: AWS Backup keeps copies of them as they are"
    ),
    "no public buckets": by_resources("protect", is_a(PublicAccessBlock)),
    "volumes": by_resources("protect", is_a(EbsEncryption, "encryption")),
    "rds": ByPerson("awsbase manages no databases: check it where they are created"),
    "efs": ByPerson("awsbase manages no file systems: check it where they are created"),
    "trail": by_resources("audit", is_a(Trail, *RECORDING)),
    "trail validation": by_resources("audit", is_a(Trail, "EnableLogFileValidation")),
    "trail key": by_resources("audit", is_a(Trail, "KmsKeyId")),
    "trail delivery": by_resources("audit", is_a(Trail, *DELIVERY)),
    "trail bucket": by_resources(
        "audit", is_a(Trail, "S3BucketName"), is_a(Bucket, "policy", "public access block", "ownership", "encryption")
    ),
    "config": by_resources("protect.config", is_a(ConfigRecorders), price=prices.CONFIG.rate),
    "access logs": by_resources("audit.access_logs", is_a(AccessLog), price=f"{prices.S3_STORAGE.rate}: cents"),
    "rotation": by_resources("audit, state", is_a(Key, "rotation", "state")),
    "flow logs": by_resources("protect.flow_logs", is_a(FlowLogs), price=prices.VENDED_LOGS.rate),
    "objects": OBJECTS,
    "security hub": by_resources("protect.security_hub", is_a(SecurityHubs), price=prices.SECURITY_HUB.rate),
    "network ports": NETWORK_PORTS,
    "group ports": PORTS,
    "default groups": by_resources("protect", is_a(DefaultGroups)),
    "peering": ByPerson("check that each route to a peered VPC names only the subnets that it needs"),
    "imdsv2": by_resources("protect", is_a(MetadataDefaults, "HttpTokens"), check=checks.instances_without_tokens),
    "snapshots": by_resources("protect", is_a(SnapshotBlock)),
    "old volumes": ByPerson("encrypt volumes that are older than the default: copy their snapshots under a key"),
    "paid protection": ByPerson("decide which of GuardDuty's paid protections are worth their price"),
    "wildcards": ByPerson("name actions in policies of your own, instead of all that a service has"),
    "decryption": ByPerson("name keys in policies of your own that allow kms:Decrypt"),
    "keys kept": by_resources("audit, state", is_a(Key, "state")),
    "topic keys": by_resources("notify", is_a(Topic, "encryption"), check=checks.topics_without_key),
    "topic policies": by_resources("notify", is_a(Topic, "policy")),
    "secret rotation": ByPerson("rotate secrets where they are used: a secret of the manifest can name its function"),
    "unused secrets": ByPerson(f"delete secrets that nobody has read for 90 days: each costs {prices.SECRET} a month"),
    "cifs": ByPerson("check that port 445 is open only to your own networks"),
    "guardduty": by_resources(
        "protect.guardduty",
        is_a(Detectors),
        price=f"{prices.GUARDDUTY_EVENTS.rate}, after 30 free days",
    ),
    "spending": by_resources(
        "alarms", Part(lambda each: isinstance(each, Budget) or (isinstance(each, Alarm) and is_billing(each)))
    ),
    "console users": by_resources("iam.users", is_a(User), about=("password for the console",)),
    "groups": by_resources("iam.groups", is_a(Group)),
    "advisor": ByPerson("look at Trusted Advisor once a week; the full checks come with a support plan"),
    "unused networks": ByPerson("delete the default VPC in each region where nothing runs"),
    "resource policies": ByPerson("name, in policies of buckets, keys and queues, who can use them and from where"),
    "secrets": ByPerson("keep secrets in Secrets Manager (section `secrets`), and none in code or environment"),
    "no leaks": ByPerson("scan repositories and pipelines before each commit, and rotate leaked secrets"),
    "no ssh": ByPerson("reach machines through Systems Manager, as the bastion section does"),
    "private subnets": ByPerson("put resources that the internet does not need to reach into private subnets"),
    "tight groups": ByPerson("let security groups reference one another instead of wide ranges"),
    "endpoints": ByPerson("create VPC endpoints for what private subnets use: those of S3 and DynamoDB are free"),
    "https": ByPerson("redirect to HTTPS at every public endpoint, with certificates of ACM"),
    "edge": ByPerson("put CloudFront and WAF in front of public endpoints"),
    "templates": ByPerson("keep infrastructure in templates, and review them: this manifest is one"),
    **{name: alarm(name) for name in ALARMS},
}


def is_billing(each: Alarm) -> bool:
    """Tell whether an alarm is about the bill."""
    return each.namespace == "AWS/Billing"
