"""How the calls grow with each more of what companies have many of, as docs/performance.md tells."""

from __future__ import annotations

from collections import Counter

from awsbase.sandbox import Sandbox
from awsbase.testing.sample import go, problems
from tests.adopt.reconciled import compiled

BASE = """\
version: 1
account: {id: "123456789012", name: acme, region: eu-west-1}
network: {}
"""
# A section, and one of what it holds.
SECTIONS = {
    "backups: {ebs: false, plans: {%s}}": "p{n}: {{}}",
    "buckets: {%s}": "b{n}: {{}}",
    "certificates: {%s}": "c{n}: {{domains: [c{n}.z1.example]}}",
    "iam: {roles: {%s}}": "server{n}: {{preset: instance}}",
    "launch_templates: {%s}": "web{n}: {{security_groups: [g1]}}",
    "log_groups: {%s}": "/acme/{n}: {{}}",
    "mail: {domains: {%s}}": "z{n}.example: {{}}",
    "repositories: {%s}": "r{n}: {{}}",
    "security_groups: {%s}": "g{n}: {{ingress: [{{ports: 443, cidr: [10.42.0.0/24]}}]}}",
    "zones: {%s}": "z{n}.example: {{records: {{www: {{A: [192.0.2.1]}}}}}}",
}
# What a converged run reads for one more of each.
READS = {
    "acm:DescribeCertificate": 1,
    "backup:GetBackupPlan": 1,
    "backup:GetBackupSelection": 1,
    "backup:ListBackupSelections": 1,
    "ecr:GetLifecyclePolicy": 1,
    "ecr:GetRepositoryPolicy": 1,
    "logs:DescribeLogGroups": 1,
    "route53:ListResourceRecordSets": 1,
    "s3:GetBucketEncryption": 1,
    "s3:GetBucketLifecycleConfiguration": 1,
    "s3:GetBucketOwnershipControls": 1,
    "s3:GetBucketPolicy": 1,
    "s3:GetBucketVersioning": 1,
    "s3:GetPublicAccessBlock": 1,
    "sesv2:GetEmailIdentity": 1,
}


def with_so_many(number: int) -> str:
    """Return a manifest with so many of each."""
    return BASE + "\n".join(
        section % ", ".join(one.format(n=n) for n in range(1, number + 1)) for section, one in SECTIONS.items()
    )


def calls(number: int) -> tuple[int, Counter[str]]:
    """Return how many writes a first run sends for so many of each, and what a converged run reads."""
    sandbox, wanted = Sandbox(), list(compiled(with_so_many(number)).values())
    assert problems(go(sandbox, "reconcile", wanted)) == []
    made = sum(call.writes for call in sandbox.calls if not call.error)
    sandbox.calls.clear()
    assert problems(go(sandbox, "reconcile", wanted)) == []
    assert [call.name for call in sandbox.calls if call.writes] == []
    return made, Counter(call.name for call in sandbox.calls)


def test_calls_grow_as_the_page_says() -> None:
    (few, before), (more, after) = calls(1), calls(2)
    assert after - before == READS
    assert more - few <= 28
