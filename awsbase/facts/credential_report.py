"""What people sign in with: passwords, MFA devices, keys. Read only, and never a secret."""

from __future__ import annotations

import csv
from collections.abc import Mapping

from awsbase.engine.facts import Facts
from awsbase.engine.permissions import allow
from awsbase.records import record

# What the report calls the root user.
ROOT = "<root_account>"
# The report is being made, or was never asked for: until it is there, each user is asked about alone.
NO_REPORT = frozenset({"ReportNotPresent", "ReportInProgress", "ReportExpired"})


@record
class Reported:
    """A line of the credential report, up to four hours old: whether there is a password, and an MFA device."""

    password: bool
    mfa: bool


@record
class Credentials:
    """All that one user has, and that must be gone before the user can be deleted."""

    login: bool
    keys: tuple[str, ...]
    certificates: tuple[str, ...]
    ssh_keys: tuple[str, ...]
    services: tuple[str, ...]
    devices: tuple[str, ...]


def report(facts: Facts) -> Mapping[str, Reported]:
    """Return what the credential report says of each user, by case-folded name; nothing while AWS is making it."""
    return {
        name: Reported(yes(row["password_enabled"]), yes(row["mfa_active"]))
        for name, row in facts.read(report_rows).items()
    }


def report_rows(facts: Facts) -> Mapping[str, Mapping[str, str]]:
    """Return the lines of the credential report by case-folded user; nothing while AWS is making it."""
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
    """Read a field of the report: some users have "not_supported" or "N/A" there."""
    return word == "true"


def virtual_devices(facts: Facts) -> Mapping[str, str | None]:
    """Return the serial numbers of all virtual MFA devices, each with its user, or None while it has no user."""
    pages = facts.aws.iam.get_paginator("list_virtual_mfa_devices").paginate()
    return {
        device["SerialNumber"]: device["User"]["Arn"].rpartition("/")[2] if "User" in device else None
        for page in pages
        for device in page["VirtualMFADevices"]
    }


def devices(facts: Facts, user: str) -> tuple[str, ...]:
    """Return the serial numbers of one user's MFA devices of every sort."""
    pages = facts.aws.iam.get_paginator("list_mfa_devices").paginate(UserName=user)
    return tuple(device["SerialNumber"] for page in pages for device in page["MFADevices"])


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
    """Return the ids of a user's passwords for single services."""
    listed = facts.aws.iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"]
    return tuple(credential["ServiceSpecificCredentialId"] for credential in listed)


def credentials(facts: Facts, user: str) -> Credentials:
    """Read everything that one user has, side by side."""
    asked = (login, access_keys, certificates, ssh_keys, service_credentials, devices)
    return Credentials(*facts.read_all(*((fact, user) for fact in asked)))


REPORT = allow("iam", "GenerateCredentialReport", "GetCredentialReport")
VIRTUAL_DEVICES = allow("iam", "ListVirtualMFADevices")
