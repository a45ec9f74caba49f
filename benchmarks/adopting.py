"""`awsbase adopt` of a large account: calls beside what they may be, seconds of CPU, and memory at its peak."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import UnknownServiceError

from benchmarks.distant import account
from benchmarks.measure import Measure, measure, spread

HOME = "eu-west-1"
WITHOUT_REGIONS = frozenset({"account", "billing", "budgets", "ce", "iam", "organizations", "s3control", "sts"})
HEAD = "| account | calls | allowed | seconds | seconds of CPU | peak MiB |"


@dataclass(frozen=True)
class Large:
    """How much of everything there is."""

    roles: int = 2000
    users: int = 500
    policies: int = 300
    groups: int = 20
    buckets: int = 30
    keys: int = 20
    topics: int = 20
    secrets: int = 20

    def __str__(self) -> str:
        return f"{self.roles} roles, {self.users} users, {self.policies} policies, {self.buckets} buckets"


def fill(url: str, size: Large) -> int:
    """Put that much into an account; return how many regions it has."""
    session: Any = boto3.Session("sandbox", "sandbox")

    def client(service: str, region: str = HOME) -> Any:
        return session.client(service, region_name=region, endpoint_url=url)

    regions = sorted(each["RegionName"] for each in client("ec2").describe_regions()["Regions"])
    iam = client("iam")
    policies = [
        iam.create_policy(PolicyName=f"policy-{n}", PolicyDocument=document(n))["Policy"]["Arn"]
        for n in range(size.policies)
    ]
    for n in range(size.roles):
        iam.create_role(RoleName=f"role-{n}", AssumeRolePolicyDocument=trust())
        iam.attach_role_policy(RoleName=f"role-{n}", PolicyArn=policies[n % size.policies])
        iam.put_role_policy(RoleName=f"role-{n}", PolicyName="own", PolicyDocument=document(n))
    for n in range(size.groups):
        iam.create_group(GroupName=f"group-{n}")
        iam.attach_group_policy(GroupName=f"group-{n}", PolicyArn=policies[n % size.policies])
    for n in range(size.users):
        iam.create_user(UserName=f"user-{n}")
        iam.add_user_to_group(UserName=f"user-{n}", GroupName=f"group-{n % size.groups}")
    for n in range(size.buckets):
        client("s3").create_bucket(Bucket=f"bucket-{n}", CreateBucketConfiguration={"LocationConstraint": HOME})
    for n in range(size.keys):
        kms = client("kms", regions[n % len(regions)])
        kms.create_alias(AliasName=f"alias/key-{n}", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    for n in range(size.topics):
        client("sns", regions[n % len(regions)]).create_topic(Name=f"topic-{n}")
    for n in range(size.secrets):
        client("secretsmanager", regions[n % len(regions)]).create_secret(Name=f"secret-{n}", SecretString="x")
    return len(regions)


def document(number: int) -> str:
    """Return a policy that no other has."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::bucket-{number}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust() -> str:
    """Return a trust policy."""
    who = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [who]})


def allowed(reads: Counter[str], size: Large, regions: int) -> int:
    """Return how many calls there may be: pages, 12 a region, 8 a bucket, 4 a key, topic or secret.

    A page is a call of a list that AWS pages, by botocore's models, or of a service without regions.
    """
    pages = sum(count for name, count in reads.items() if is_page(*name.split(":")))
    return pages + 12 * regions + 8 * size.buckets + 4 * (size.keys + size.topics + size.secrets)


def is_page(service: str, operation: str) -> bool:
    """Tell whether a call is a page of a list, or asks a service without regions."""
    session: Any = botocore.session.get_session()
    if service in WITHOUT_REGIONS:
        return True
    try:
        session.get_component("data_loader").load_service_model(service, "paginators-1")["pagination"][operation]
    except (KeyError, UnknownServiceError):
        return False
    return True


def adopting(runs: int, size: Large | None = None, latency: int = 0) -> Sequence[str]:
    """Return a table of what it takes to adopt a large account."""
    size = size or Large()
    measured: list[Measure] = []
    with account(latency) as distant, tempfile.TemporaryDirectory() as folder:
        regions = fill(distant.url, size)
        for run in range(runs):
            file = Path(folder) / str(run) / "acme.yaml"
            file.parent.mkdir()
            command = [sys.executable, "-m", "awsbase", "adopt", "-o", str(file), "--json"]
            measured.append(measure(command, distant, {"AWS_REGION": HOME}))
    limit = allowed(measured[0].heard.reads, size, regions)
    cells = (
        str(size),
        " / ".join(sorted({str(each.calls) for each in measured})),
        str(limit),
        spread([each.wall for each in measured]),
        spread([each.cpu for each in measured]),
        spread([each.memory for each in measured], 0),
    )
    return (HEAD, "| --- " * HEAD.count(" | ") + "| --- |", "| " + " | ".join(cells) + " |")
