"""Checks of the account that belong to no resource of a manifest: each returns its findings as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from awsbase.engine.facts import Facts
from awsbase.engine.resource import Resource
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.certificate import certificates
from awsbase.ensure.ecr_repository import repositories
from awsbase.ensure.launch_template import launch_template
from awsbase.ensure.regions import RegionClosed, regions, there
from awsbase.ensure.topic import Topic
from awsbase.facts.authorization import authorization
from awsbase.facts.credential_report import ROOT, report_rows, yes
from awsbase.facts.instances import GONE
from awsbase.facts.launch_templates import launch_templates
from awsbase.policies.document import listed
from awsbase.prices import table as prices

AccountCheck = Callable[[Facts, Sequence[Resource], datetime], list[str]]
Row = Mapping[str, str]

# Days, as CIS counts them.
UNUSED, OLD, ROOT_UNUSED = 45, 90, 90


def people(facts: Facts) -> list[Row]:
    """Return the rows of the credential report about users, without root."""
    return [row for name, row in facts.read(report_rows).items() if name != ROOT]


def report_time(text: str | None) -> datetime | None:
    """Parse a time of the report; return None for an event that never happened or is unknown."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def keys_of(row: Row) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    """Yield the number, the creation and the last use of each active access key."""
    for number in ("1", "2"):
        if yes(row.get(f"access_key_{number}_active", "")):
            created = report_time(row.get(f"access_key_{number}_last_rotated"))
            yield number, created, report_time(row.get(f"access_key_{number}_last_used_date"))


def root_unused(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that root did not sign in for 90 days."""
    row = facts.read(report_rows).get(ROOT, {})
    used = report_time(row.get("password_last_used"))
    recent = used and now - used < timedelta(days=ROOT_UNUSED)
    return [f"root signed in on {used:%Y-%m-%d}: use an administrator instead"] if used and recent else []


def users_without_mfa(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that every user with a password has an MFA device."""
    report = people(facts)
    without = [row["user"] for row in report if yes(row["password_enabled"]) and not yes(row["mfa_active"])]
    return [f"{name} has a password and no MFA device" for name in sorted(without)]


def keys_never_used(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that no user with a password has an access key that was never used."""
    return [
        f"{row['user']} has an access key that was never used"
        for row in people(facts)
        if yes(row["password_enabled"]) and any(used is None for _, _, used in keys_of(row))
    ]


def unused(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that no active credentials are unused for 45 days."""
    found = []
    for row in people(facts):
        last = report_time(row.get("password_last_used")) or report_time(row.get("password_last_changed"))
        if yes(row["password_enabled"]) and last and now - last > timedelta(days=UNUSED):
            found.append(f"{row['user']} did not sign in for {UNUSED} days")
        for _, created, used in keys_of(row):
            idle = used or created
            if idle and now - idle > timedelta(days=UNUSED):
                found.append(f"an access key of {row['user']} was not used for {UNUSED} days")
    return found


def two_keys(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that no user has two active access keys."""
    return [f"{row['user']} has two active access keys" for row in people(facts) if len(list(keys_of(row))) > 1]


def old_keys(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that no access key is older than 90 days."""
    return [
        f"an access key of {row['user']} is older than {OLD} days"
        for row in people(facts)
        if any(created and now - created > timedelta(days=OLD) for _, created, _ in keys_of(row))
    ]


def policies_of_users(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that no policy is attached to a user."""
    users = facts.read(authorization).users.values()
    return [
        f"{user.name} has policies of its own: give them to a group" for user in users if user.policies or user.inline
    ]


def full_permissions(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that no policy of this account allows all actions on all resources."""
    return [
        f"the policy {policy.name} allows everything: check who has it"
        for policy in facts.read(authorization).policies.values()
        if any(everything(each) for each in listed(policy.document.get("Statement")))
    ]


def everything(statement: Any) -> bool:
    """Tell whether a statement allows all actions on all resources."""
    wide = all("*" in listed(statement.get(part)) for part in ("Action", "Resource"))
    return statement.get("Effect") == "Allow" and wide and not statement.get("Condition")


def cloudshell(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that nobody has the policy that allows all of CloudShell, including file transfer."""
    found = facts.read(authorization)
    principals = [(each.name, each.policies) for each in found.users.values()]
    principals += [(each.name, each.policies) for each in found.groups.values()]
    principals += [(each.name, each.policies) for each in found.roles.values()]
    return [
        f"{name} has AWSCloudShellFullAccess: it allows file transfer out of the account"
        for name, policies in principals
        if any(arn.endswith(":policy/AWSCloudShellFullAccess") for arn in policies)
    ]


def expired_certificates(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that no server certificate in IAM has expired."""
    pages = facts.aws.iam.get_paginator("list_server_certificates").paginate()
    return [
        f"the certificate {each['ServerCertificateName']} has expired: delete it"
        for page in pages
        for each in page["ServerCertificateMetadataList"]
        if each["Expiration"] < now
    ]


def instances(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Read the instances of a region that are not terminated."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_instances").paginate()
    found = [each for page in pages for reservation in page["Reservations"] for each in reservation["Instances"]]
    return [each for each in found if each.get("State", {}).get("Name") not in GONE]


def usable_instances(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Read the instances of a region; none where an organization closes it, since nobody can run one there."""
    try:
        return facts.read(there, instances, region)
    except RegionClosed:
        return []


def all_instances(facts: Facts) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each instance of each enabled region with its region."""
    names = facts.read(regions).on
    for region, found in zip(names, facts.read_all(*((usable_instances, name) for name in names)), strict=True):
        for each in found:
            yield region, each


def instances_without_role(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that every instance has an instance profile, so that none needs access keys."""
    return [
        f"the instance {each['InstanceId']} in {region} has no instance profile: it may hold access keys"
        for region, each in all_instances(facts)
        if not each.get("IamInstanceProfile")
    ]


def instances_without_tokens(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that every instance requires IMDSv2: defaults concern only new ones."""
    return [
        f"the instance {each['InstanceId']} in {region} answers IMDSv1 too: require tokens once its programs use IMDSv2"
        for region, each in all_instances(facts)
        if each.get("MetadataOptions", {}).get("HttpTokens") != "required"
    ]


def topics_without_key(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that the topics of the manifest are encrypted."""
    return [
        f"{each.name} in {each.scope.region} is not encrypted: a key costs {prices.KMS_KEY} a month (`encrypted: true`)"
        for each in resources
        if isinstance(each, Topic) and not each.key
    ]


def foreign_buckets(
    facts: Facts, resources: Sequence[Resource], now: datetime, *, what: str = "its policy refuses HTTP"
) -> list[str]:
    """Check that every bucket belongs to the manifest, whose buckets require TLS; of any other a person sees to it."""
    ours = {each.name for each in resources if isinstance(each, Bucket)}
    pages = facts.aws.s3.get_paginator("list_buckets").paginate()
    names = [bucket["Name"] for page in pages for bucket in page["Buckets"]]
    return [f"the bucket {name} is not in this manifest: check that {what}" for name in names if name not in ours]


def repositories_besides(
    facts: Facts,
    resources: Sequence[Resource],
    now: datetime,
    *,
    kept: Callable[[Resource], Iterable[str]],
    what: str,
) -> list[str]:
    """Check that every repository of images in the home region is one that a resource keeps so."""
    ours = {name for each in resources for name in kept(each)}
    names = [name for name in facts.read(repositories, facts.aws.region) if name not in ours]
    return [f"the manifest does not say so of the repository {name}: check that {what}" for name in names]


def templates(
    facts: Facts,
    resources: Sequence[Resource],
    now: datetime,
    *,
    wrong: Callable[[Mapping[str, Any]], bool],
    what: str,
) -> list[str]:
    """Check that no default version of a launch template of the home region is wrong."""
    region = facts.aws.region
    found = {name: facts.read(launch_template, region, name) for name in facts.read(launch_templates, region)}
    return [f"the launch template {name} {what}" for name, each in found.items() if each and wrong(each.data)]


def is_public(data: Mapping[str, Any]) -> bool:
    """Tell whether a launch template gives instances a public address, whatever their subnet says."""
    return any(each.get("AssociatePublicIpAddress") for each in data.get("NetworkInterfaces", ()))


def takes_no_tokens(data: Mapping[str, Any]) -> bool:
    """Tell whether instances of a launch template may answer IMDSv1."""
    return bool(data.get("MetadataOptions", {}).get("HttpTokens") != "required")


def is_plain(data: Mapping[str, Any]) -> bool:
    """Tell whether a launch template has a volume that it does not encrypt itself."""
    return any("Ebs" in each and not each["Ebs"].get("Encrypted") for each in data.get("BlockDeviceMappings", ()))


def imported_certificates(facts: Facts, resources: Sequence[Resource], now: datetime) -> list[str]:
    """Check that no certificate of the home region is imported: AWS renews none of those."""
    return [
        f"the certificate of {each.common_name} is imported: renew it before it ends, or let AWS issue one"
        for each in facts.read(certificates, facts.aws.region)
        if each.type == "IMPORTED"
    ]
