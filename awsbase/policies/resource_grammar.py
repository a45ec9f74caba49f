"""What IAM demands of an ARN in a policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html; the messages are IAM's.
"""

from __future__ import annotations

import re

from awsbase.policies.problem import LEGACY, Problem

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f")
FORM = 'write arn:partition:service:region:account:name or "*"'

# What IAM has, by the beginnings of its names.
IAM_NAMES = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
# What S3 has in a region; buckets and their objects are in none.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
S3_IN_REGIONS = re.compile(
    r"(accesspoint|job|storage-lens|storage-lens-group|async-request|access-grants)([/:].*|\*)?", re.DOTALL
)


def arn_problem(resource: str, partition: str | None) -> Problem | None:
    """Return what is wrong with a resource, as the end of a sentence; `partition` is the account's, if it is known."""
    if resource == "*":
        return None
    fields = resource.split(":", 5)
    if fields[0] != "arn" or len(fields) < 2:
        return Problem(f"is not an ARN, {FORM}", f'Resource {resource} must be in ARN format or "*".')
    if problem := partition_problem(fields, partition):
        return problem
    if len(fields) < 3 or re.search(r"[*?]", fields[2]) or not fields[2]:
        # A wildcard cannot stand for the service.
        return Problem(
            f"names no service, {FORM}", "Resource vendor must be fully qualified and cannot contain regexes."
        )
    if len(fields) < 6 or not fields[5]:
        # IAM completes what is missing with wildcards, so that arn:aws:sqs means every queue: nobody means that.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html, "Incomplete ARN"
        return Problem(f"is not an ARN, {FORM}", LEGACY if "::" in resource and len(fields) < 6 else "")
    return place_problem(resource, fields[2], fields[3], fields[5])


def partition_problem(fields: list[str], partition: str | None) -> Problem | None:
    """Return a problem when an ARN is of no partition, or of another one than the account."""
    have = fields[1]
    if have == "*" or have in ((partition,) if partition else PARTITIONS):
        return None
    rest = [field or "*" if len(fields) < 4 else field for field in fields[2:]]
    whole = ":".join(["arn", have, *rest, *["*"] * (4 - len(rest))])
    advice = f'is of another partition (IAM: Partition "{have}" is not valid), write arn:{partition or "aws"}:...'
    return Problem(advice, f'Partition "{have}" is not valid for resource "{whole}".')


def place_problem(resource: str, service: str, region: str, name: str) -> Problem | None:
    """Return a problem when an ARN of IAM or S3 has a region, or when IAM has nothing of that name."""
    without = ":".join([*resource.split(":", 5)[:3], "", *resource.split(":", 5)[4:]])
    if service == "iam" and region:
        message = f"IAM resource {resource} cannot contain region information."
        return Problem(f"cannot contain region information, write {without}", message)
    if service == "s3" and region and not S3_IN_REGIONS.fullmatch(name):
        message = f"Resource {resource} can not contain region information."
        return Problem(f"cannot contain region information, write {without}", message)
    if service == "iam" and name != "*" and not name.startswith(IAM_NAMES):
        message = f'IAM resource path must either be "*" or start with {", ".join(IAM_NAMES)}.'
        return Problem("is nothing that IAM has, begin its name with user/, group/, role/, policy/ ...", message)
    return None
