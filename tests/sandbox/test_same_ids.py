"""A new sandbox of an account has the same default networks, so that two plans of it can be compared."""

from __future__ import annotations

from awsbase.sandbox import Sandbox

REGIONS = ("us-east-1", "eu-west-1")


def ids(account: str, regions: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return the ids of the default network and its group in each region, asked for in this order."""
    sandbox, found = Sandbox(account=account), {}
    for region in regions:
        ec2 = sandbox.client("ec2", region)
        (group,) = ec2.describe_security_groups()["SecurityGroups"]
        found[region] = group["VpcId"], group["GroupId"]
    return found


def test_default_networks_of_an_account_have_the_same_ids_whichever_region_comes_first() -> None:
    first = ids("111122223333", REGIONS)
    assert ids("111122223333", REGIONS[::-1]) == first
    assert len(set(first.values()) | set(ids("444455556666", REGIONS).values())) == 4


def test_what_is_made_has_another_id_each_time() -> None:
    made = [Sandbox().client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] for _ in range(2)]
    assert len(set(made)) == 2
