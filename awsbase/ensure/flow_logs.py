"""VPC flow logs: who spoke to whom in each network, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from awsbase.engine.facts import Facts, Read
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure import tags
from awsbase.ensure.regions import ADDRESS, Only, everywhere
from awsbase.errors import AwsbaseError

Traffic = Literal["ALL", "REJECT"]


class NotLogged(AwsbaseError):
    """EC2 answered with success and made no log all the same."""


@dataclass(frozen=True, kw_only=True)
class FlowLogs(Resource):
    """A flow log of each VPC, to one bucket; a VPC that has any log of as much traffic keeps that one."""

    bucket: str
    bucket_arn: str
    traffic: Traffic = "ALL"
    only: Only = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return "flow-logs/account"

    @property
    def price(self) -> str:
        return "$0.25 per GB of logs and $0.023 per GB a month to keep them: half of what CloudWatch Logs takes"

    def needs(self) -> Iterator[str]:
        yield from (ADDRESS, self.bucket)


@dataclass(frozen=True)
class Network:
    """A VPC, and which traffic of it is logged by any flow log that works."""

    id: str
    owner: str
    logged: frozenset[str] = frozenset()


def networks(facts: Facts, region: str) -> tuple[Network, ...]:
    """Read the VPCs of a region with what is logged of them."""
    owners, logs = facts.together((vpcs, region), (logs_of, region))
    logged: dict[str, set[str]] = {}
    for log in logs:
        # Logs of transit gateways are in the list too, and know no kinds of traffic.
        logged.setdefault(log["ResourceId"], set()).add(log.get("TrafficType", ""))
    return tuple(Network(id, owner, frozenset(logged.get(id, ()))) for id, owner in sorted(owners.items()))


def vpcs(facts: Facts, region: str) -> Mapping[str, str]:
    """Read who owns each VPC that the account sees in a region."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_vpcs").paginate()
    return {vpc["VpcId"]: vpc["OwnerId"] for page in pages for vpc in page["Vpcs"]}


def logs_of(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    pages = facts.aws.at(region).ec2.get_paginator("describe_flow_logs").paginate()
    return [log for page in pages for log in page["FlowLogs"] if arrives(log)]


def arrives(log: Mapping[str, Any]) -> bool:
    """Tell whether a flow log gets to where it is sent; EC2 calls it active even when it may not write there."""
    return log.get("FlowLogStatus") == "ACTIVE" and log.get("DeliverLogsErrorMessage") != "Access error"


def flow_logs_reads(want: FlowLogs) -> Iterator[Read]:
    yield everywhere, networks, want.only


def ensure_flow_logs(run: Run, want: FlowLogs) -> None:
    """Log the traffic of every VPC that nothing logs, a call a region."""
    for region, have in run.read(everywhere, networks, want.only).items():
        # One that another account shares with this one is logged over there.
        mine = [network for network in have if network.owner == want.place.account]
        silent = [network.id for network in mine if not network.logged & {want.traffic, "ALL"}]
        if silent:
            answer = run.create(
                f"flow log of {', '.join(silent)} in {region}",
                run.aws.at(region).ec2.create_flow_logs,
                ResourceIds=silent,
                ResourceType="VPC",
                TrafficType=want.traffic,
                LogDestinationType="s3",
                LogDestination=want.bucket_arn,
                MaxAggregationInterval=600,
                TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": tags.pairs(tags.wanted(want))}],
            )
            check(answer, region)


def check(answer: object, region: str) -> None:
    """Raise NotLogged for what EC2 did not do: it says so in its answer, not by an error."""
    if isinstance(answer, Mapping) and (failed := answer.get("Unsuccessful")):
        why = "; ".join(f"{each['ResourceId']}: {each['Error']['Message']}" for each in failed)
        raise NotLogged(
            f"no flow log in {region}: {why}", hint="see that the policy of the bucket lets log delivery in"
        )
