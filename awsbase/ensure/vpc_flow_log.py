"""The flow log of one VPC: who spoke to whom in it, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.engine.facts import Read
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure.flow_logs import PRICE, Traffic, log, networks
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

    @property
    def price(self) -> str:
        return PRICE

    def needs(self) -> Iterator[str]:
        yield from (self.vpc, self.bucket)


def vpc_flow_log_reads(want: VpcFlowLog) -> Iterator[Read]:
    yield networks, want.scope.region


def ensure_vpc_flow_log(run: Run, want: VpcFlowLog) -> None:
    """Log the traffic of one VPC, unless something does."""
    vpc, region = run.result(want.vpc)["id"], want.scope.region
    logged = next((each.logged for each in run.read(networks, region) if each.id == vpc), frozenset[str]())

    if not logged & {want.traffic, "ALL"}:
        log(run, want, "VPC flow log", region, [vpc])
