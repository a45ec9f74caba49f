"""The regions of the account's partition: seventeen are on from birth, the younger ones when somebody opts in."""

from typing import Any

from awsbase.sandbox.rule import Ask, Rule
from awsbase.sandbox.rules.sessions import unknown_key

FROM_BIRTH = frozenset(
    """
    ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1
    eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
    cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1
    """.split()  # noqa: SIM905, twenty-one lines would not read better
)
OTHERS = ("cn-", "us-gov-")
REGIONAL = " ".join(
    f"{service}:*"
    for service in """
    accessanalyzer cloudtrail cloudwatch config dlm ec2 events guardduty kms logs resourcegroupstaggingapi scheduler
    secretsmanager securityhub sns ssm
    """.split()  # noqa: SIM905, a list of words
)


def status(ask: Ask, region: str) -> str:
    """Tell whether the account has a region, in AWS's words."""
    if region in FROM_BIRTH:
        return "opt-in-not-required"
    return "opted-in" if region in ask.sandbox.opted_in else "not-opted-in"


def partition(region: str) -> str:
    """Tell which part of AWS a region is in."""
    return next((prefix for prefix in OTHERS if region.startswith(prefix)), "")


def tell_regions(ask: Ask, said: dict[str, Any]) -> None:
    """Tell the regions of this partition, those that are off only when all are asked for; moto mixes them up."""
    everything = ask.params.get("AllRegions", False) or ask.params.get("RegionNames")
    said["Regions"] = [
        {**region, "OptInStatus": status(ask, region["RegionName"])}
        for region in said["Regions"]
        if partition(region["RegionName"]) == partition(ask.region)
        and (everything or status(ask, region["RegionName"]) != "not-opted-in")
    ]


def only_where_on(ask: Ask) -> None:
    """Refuse whatever is asked of a region that is off: its credentials are unknown there."""
    if status(ask, ask.region) == "not-opted-in":
        raise unknown_key(ask.service)


RULES = (
    Rule(REGIONAL, before=only_where_on),
    Rule("ec2:DescribeRegions", after=tell_regions, strict=False),
)
