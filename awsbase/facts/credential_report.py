"""Credentials of users: whether there are passwords, MFA devices and keys, and their ids. No secret is read."""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.engine.facts import Facts
from awsbase.engine.permissions import allow
from awsbase.records import record

# The name of the root user in the report.
ROOT = "<root_account>"
# AWS has not made the report yet. Until it is ready, each user is read separately.
NO_REPORT = frozenset({"ReportNotPresent", "ReportInProgress", "ReportExpired"})


@record
class ReportedUser:
    """A user in the credential report, up to four hours old: whether there is a password, and an MFA device."""

    password: bool
    mfa: bool


@record
class Credentials:
    """The credentials of one user, which must all be deleted before the user can be."""

    login: bool
    keys: tuple[str, ...]
    certificates: tuple[str, ...]
    ssh_keys: tuple[str, ...]
    services: tuple[str, ...]
    devices: tuple[str, ...]


def report(facts: Facts) -> Mapping[str, ReportedUser]:
    """Return the users of the credential report by case-folded name; empty while AWS is making it."""
    return {
        name: ReportedUser(yes(row["password_enabled"]), yes(row["mfa_active"]))
        for name, row in facts.read(report_rows).items()
    }


def report_rows(facts: Facts) -> Mapping[str, Mapping[str, str]]:
    """Return the rows of the credential report by case-folded user name; empty while AWS is making it."""
    import csv

    from botocore.exceptions import ClientError

    facts.aws.iam.generate_credential_report()
    try:
        content = facts.aws.iam.get_credential_report()["Content"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in NO_REPORT:
            raise
        return {}
    return {row["user"].casefold(): row for row in csv.DictReader(content.decode().splitlines())}


def yes(word: str) -> bool:
    """Tell whether a field of the report is true; it can also be "not_supported" or "N/A"."""
    return word == "true"


def virtual_devices(facts: Facts) -> Mapping[str, str | None]:
    """Return the users of all virtual MFA devices by serial number; None when a device has no user."""
    pages = facts.aws.iam.get_paginator("list_virtual_mfa_devices").paginate(PaginationConfig={"PageSize": 1000})
    return {
        device["SerialNumber"]: device["User"]["Arn"].rpartition("/")[2] if "User" in device else None
        for page in pages
        for device in page["VirtualMFADevices"]
    }


def devices(facts: Facts, user: str) -> tuple[str, ...]:
    """Return the serial numbers of one user's MFA devices, virtual and hardware."""
    pages = facts.aws.iam.get_paginator("list_mfa_devices").paginate(UserName=user)
    return tuple(device["SerialNumber"] for page in pages for device in page["MFADevices"])


def device_tags(facts: Facts, serial: str) -> Mapping[str, str]:
    """Return the tags of a virtual MFA device, which the list of devices does not have."""
    pages = facts.aws.iam.get_paginator("list_mfa_device_tags").paginate(SerialNumber=serial)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def login(facts: Facts, user: str) -> bool:
    """Tell whether a user has a password for the console."""
    from botocore.exceptions import ClientError

    try:
        facts.aws.iam.get_login_profile(UserName=user)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return False
    return True


def access_keys(facts: Facts, user: str) -> tuple[str, ...]:
    """Return the ids of a user's access keys."""
    pages = facts.aws.iam.get_paginator("list_access_keys").paginate(UserName=user)
    return tuple(key["AccessKeyId"] for page in pages for key in page["AccessKeyMetadata"])


def certificates(facts: Facts, user: str) -> tuple[str, ...]:
    """Return the ids of a user's signing certificates."""
    pages = facts.aws.iam.get_paginator("list_signing_certificates").paginate(UserName=user)
    return tuple(certificate["CertificateId"] for page in pages for certificate in page["Certificates"])


def ssh_keys(facts: Facts, user: str) -> tuple[str, ...]:
    """Return the ids of a user's SSH keys for CodeCommit."""
    pages = facts.aws.iam.get_paginator("list_ssh_public_keys").paginate(UserName=user)
    return tuple(key["SSHPublicKeyId"] for page in pages for key in page["SSHPublicKeys"])


def service_credentials(facts: Facts, user: str) -> tuple[str, ...]:
    """Return the ids of a user's service-specific credentials."""
    listed = facts.aws.iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"]
    return tuple(credential["ServiceSpecificCredentialId"] for credential in listed)


def credentials(facts: Facts, user: str) -> Credentials:
    """Read all credentials of one user, in parallel."""
    reads = (login, access_keys, certificates, ssh_keys, service_credentials, devices)
    return Credentials(*facts.read_all(*((fact, user) for fact in reads)))


REPORT = allow("iam", "GenerateCredentialReport", "GetCredentialReport")
VIRTUAL_DEVICES = allow("iam", "ListVirtualMFADevices")
