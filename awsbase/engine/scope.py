"""The scope of a resource: partition, account and region, and the ARNs that follow from them."""

from __future__ import annotations

from awsbase.records import record

PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("eusc-", "aws-eusc"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
)
# The region of each partition in which AWS keeps what belongs to no region: IAM, its events, and its tags.
FIRST_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def partition(region: str) -> str:
    """Return the partition of a region, derived from its name."""
    return next((name for prefix, name in PARTITIONS if region.startswith(prefix)), "aws")


@record
class Scope:
    """One region of one account; `home` is the manifest's home region, and `name` what it calls the account."""

    account: str
    home: str
    region: str
    name: str = ""

    @property
    def partition(self) -> str:
        return partition(self.home)

    def at(self, region: str) -> Scope:
        """Return the same account in another region."""
        return Scope(self.account, self.home, region, self.name)

    def arn(self, service: str, path: str) -> str:
        """Return the ARN of a regional resource."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{path}"

    def global_arn(self, service: str, path: str) -> str:
        """Return the ARN of a global resource, such as those of IAM."""
        return f"arn:{self.partition}:{service}::{self.account}:{path}"

    def address(self, kind: str, name: str) -> str:
        """Return `kind/name`, or `kind/name@region` outside the home region: unique within a manifest."""
        return f"{kind}/{name}" if self.region == self.home else f"{kind}/{name}@{self.region}"
