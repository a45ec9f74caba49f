"""The flow log of one VPC: who spoke to whom in it, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.flow_logs import (
    COST,
    Traffic,
    all_logs,
    ending_permissions,
    log,
    logging_permissions,
    networks,
    stop_logging,
)
from awsbase.facts import ec2, tags
from awsbase.facts.vpcs import vpcs
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record


@record(kw_only=True)
class VpcFlowLog(Resource):
    """A flow log of the VPC at an address; one that logs as much of its traffic serves as well."""

    name: str
    vpc: str
    bucket: str
    bucket_arn: str
    traffic: Traffic = "ALL"
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("vpc-flow-log", self.name)

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.VENDED_LOGS, self.scope.region)
        yield by_use(prices.S3_STORAGE, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield from (self.vpc, self.bucket)


def vpc_flow_log_reads(want: VpcFlowLog) -> Iterator[Read]:
    """Yield the facts that the recipe of a vpc flow log reads, to prefetch them."""
    yield networks, want.scope.region


def ensure_vpc_flow_log(run: Run, want: VpcFlowLog) -> None:
    """Log the traffic of one VPC, unless something does."""
    vpc, region = run.result(want.vpc)["id"], want.scope.region
    logged = next((each.logged for each in run.read(networks, region) if each.id == vpc), frozenset[str]())

    if not logged & {want.traffic, "ALL"}:
        log(run, want, "VPC flow log", region, [vpc])


def remove_vpc_flow_log(run: Run, want: VpcFlowLog) -> None:
    """Delete the flow log that this manifest made for the address; what it wrote stays in the bucket."""
    region = want.scope.region
    for have in map(ec2.tags_in, run.read(all_logs, region)):
        if have.get(tags.ADDRESS) == want.address:
            tags.made_here(run, want, have)
    stop_logging(run, want, "VPC flow log", region)


def removal_permissions(want: VpcFlowLog) -> Allows:
    """Yield the IAM permissions that the removal needs beyond those of a plan."""
    yield from ending_permissions(ec2.arns(want.scope, "vpc-flow-log"))


def vpc_flow_log_things(facts: Facts, scope: Scope) -> Things:
    """Yield the flow logs that awsbase made for a VPC of its own; the others are those of `flow-logs`."""
    names = {each.id: each.tags.get(tags.ADDRESS, each.id) for each in facts.read(vpcs, scope.region)}
    for have in facts.read(all_logs, scope.region):
        held = ec2.all_tags(have)
        name = held.get(tags.ADDRESS, "").removeprefix("vpc-flow-log/")
        if held.get(tags.ADDRESS) == scope.address("vpc-flow-log", name):
            arn, vpc = str(have.get("LogDestination", "")), str(have.get("ResourceId", ""))
            traffic: Traffic = "REJECT" if have.get("TrafficType") == "REJECT" else "ALL"
            logged = VpcFlowLog(
                scope=scope,
                name=name,
                vpc=names.get(vpc, vpc),
                bucket=f"bucket/{arn.rpartition(':')[2]}",
                bucket_arn=arn,
                traffic=traffic,
            )
            yield Described(logged, held)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list flow logs."""
    yield allow("ec2", "DescribeFlowLogs", "DescribeVpcs")


def read_permissions(want: VpcFlowLog) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeFlowLogs", "DescribeVpcs")


def write_permissions(want: VpcFlowLog) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield from logging_permissions(ec2.arns(want.scope, "vpc-flow-log"), ec2.arns(want.scope, "vpc"))


KIND = Kind(
    ensure_vpc_flow_log,
    vpc_flow_log_reads,
    resource=VpcFlowLog,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A record of every connection into, out of and within the manifest's VPC.",
        why="After a break-in it tells where the data went.",
        undo=(
            TAKE_OUT,
            "aws ec2 describe-flow-logs --filter Name=tag:awsbase:address,Values=vpc-flow-log/NAME --region REGION"
            " tells its id",
            "aws ec2 delete-flow-logs --flow-log-ids ID --region REGION",
        ),
        controls=("CIS 3.7", "FSBP EC2.6"),
        cost=COST,
    ),
    word="vpc-flow-log",
    found_by="its VPC",
    owns="that there is one of its traffic",
    keeps="any that is there",
    describe=Describe(vpc_flow_log_things, describe_permissions),
    absent=Absent(remove_vpc_flow_log, permissions=removal_permissions),
)
