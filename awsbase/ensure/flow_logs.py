"""VPC flow logs: who spoke to whom in each network, and what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Literal, Protocol

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, equals
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.ensure.regions import ADDRESS, Only, answers, everywhere, in_regions, several
from awsbase.errors import AwsbaseError
from awsbase.facts import ec2, tags
from awsbase.facts.vpcs import vpcs
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record

Traffic = Literal["ALL", "REJECT"]
COST = f"{prices.VENDED_LOGS.rate} and {prices.S3_STORAGE.rate} to keep them"


class NotLogged(AwsbaseError):
    """EC2 answered with success and made, or deleted, no log all the same."""


@record(kw_only=True)
class FlowLogs(Resource):
    """A flow log of each VPC, to one bucket; a VPC that has any log of as much traffic keeps that one.

    VPCs that were made for the addresses in `but` have a resource of their own for it.
    """

    bucket: str
    bucket_arn: str
    traffic: Traffic = "ALL"
    only: Only = None
    but: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return "flow-logs/account"

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.VENDED_LOGS, self.scope.region)
        yield by_use(prices.S3_STORAGE, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield from (ADDRESS, self.bucket)


@record
class Network:
    """A VPC, which traffic of it is logged by any flow log that works, and the address that it was made for."""

    id: str
    owner: str
    logged: frozenset[str] = frozenset()
    made_for: str | None = None


def networks(facts: Facts, region: str) -> tuple[Network, ...]:
    """Read the VPCs of a region with what is logged of them."""
    there, logs = facts.read_all((vpcs, region), (logs_of, region))
    logged: dict[str, set[str]] = {}
    for log in logs:
        # Logs of transit gateways are in the list too, and know no kinds of traffic.
        logged.setdefault(log.get("ResourceId", ""), set()).add(log.get("TrafficType", ""))
    return tuple(
        Network(vpc.id, vpc.owner, frozenset(logged.get(vpc.id, ())), vpc.tags.get(tags.ADDRESS))
        for vpc in sorted(there, key=lambda vpc: str(vpc.id))
    )


def logs_of(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Return the flow logs of a region that work."""
    return [log for log in facts.read(all_logs, region) if arrives(log)]


def all_logs(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Return the flow logs of a region, those too that do not get to where they are sent."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_flow_logs").paginate()
    return [log for page in pages for log in page["FlowLogs"]]


def arrives(log: Mapping[str, Any]) -> bool:
    """Tell whether a flow log gets to where it is sent; EC2 calls it active even when it may not write there."""
    return log.get("FlowLogStatus") == "ACTIVE" and log.get("DeliverLogsErrorMessage") != "Access error"


def flow_logs_reads(want: FlowLogs) -> Iterator[Read]:
    """Yield the facts that the recipe of flow logs reads, to prefetch them."""
    yield everywhere, networks, want.only


def ensure_flow_logs(run: Run, want: FlowLogs) -> None:
    """Log the traffic of every VPC that nothing logs, a call a region."""

    def log_all(run: Run, region: str, have: tuple[Network, ...]) -> None:
        # One that another account shares with this one is logged over there.
        mine = [each for each in have if each.owner in ("", want.scope.account) and each.made_for not in want.but]
        if silent := [network.id for network in mine if not network.logged & {want.traffic, "ALL"}]:
            log(run, want, f"flow log of {', '.join(silent)} in {region}", region, silent)

    run.side_by_side(log_all, run.read(everywhere, networks, want.only))


def remove_flow_logs(run: Run, want: FlowLogs) -> None:
    """Delete the flow logs that this manifest made for the whole account; what they have logged stays."""
    for region, logs in run.read(everywhere, all_logs, want.only).items():
        others = [
            log["FlowLogId"]
            for log in logs
            if log.get("LogDestination") == want.bucket_arn and not tags.is_ours(ec2.tags_in(log), want.scope)
        ]
        if others:
            run.note(f"kept in {region}: {', '.join(others)}, which this manifest did not make")
        stop_logging(run, want, f"flow logs in {region}", region)


def stop_logging(run: Run, want: Logging, what: str, region: str) -> None:
    """Delete the flow logs of a region that were made for an address."""
    found = [(log["FlowLogId"], ec2.tags_in(log)) for log in run.read(all_logs, region)]
    made = [id for id, held in found if held.get(tags.ADDRESS) == want.address and tags.is_ours(held, want.scope)]
    if made:
        answer = run.delete(what, run.aws.at(region).ec2.delete_flow_logs, FlowLogIds=made)
        check_removal(answer, region)


class Logging(tags.Tagged, Protocol):
    """A resource that makes flow logs."""

    @property
    def bucket_arn(self) -> str: ...
    @property
    def traffic(self) -> Traffic: ...


def log(run: Run, want: Logging, what: str, region: str, networks: list[Any]) -> None:
    """Let EC2 log the traffic of VPCs to a bucket."""
    answer = run.create(
        what,
        run.aws.at(region).ec2.create_flow_logs,
        ResourceIds=networks,
        ResourceType="VPC",
        TrafficType=want.traffic,
        LogDestinationType="s3",
        LogDestination=want.bucket_arn,
        MaxAggregationInterval=600,
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": tags.pairs(tags.with_origin(want))}],
    )
    check(answer, region)


def check(answer: object, region: str) -> None:
    """Raise NotLogged for what EC2 did not do: it says so in its answer, not by an error."""
    if isinstance(answer, Mapping) and (failed := answer.get("Unsuccessful")):
        why = "; ".join(f"{each['ResourceId']}: {each['Error']['Message']}" for each in failed)
        raise NotLogged(
            f"no flow log in {region}: {why}", hint="see that the policy of the bucket lets log delivery in"
        )


def check_removal(answer: object, region: str) -> None:
    """Raise NotLogged for what EC2 did not delete, unless it is gone already."""
    failed = answer.get("Unsuccessful", []) if isinstance(answer, Mapping) else []
    if left := [each for each in failed if each["Error"]["Code"] != "InvalidFlowLogId.NotFound"]:
        why = "; ".join(f"{each['ResourceId']}: {each['Error']['Message']}" for each in left)
        raise NotLogged(f"not all flow logs of {region} are deleted: {why}", hint="run again")


def logging_permissions(logs: tuple[str, ...], vpcs: tuple[str, ...]) -> Allows:
    """Yield what it takes to make flow logs of VPCs."""
    yield allow("ec2", "CreateFlowLogs", on=(*logs, *vpcs))
    yield allow("ec2", "CreateTags", on=logs, when=equals("ec2:CreateAction", "CreateFlowLogs"))
    # Whoever makes a flow log orders its delivery, which is an affair of CloudWatch Logs even to S3.
    yield allow("logs", "CreateLogDelivery", "DeleteLogDelivery")


def read_permissions(want: FlowLogs) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeFlowLogs", "DescribeVpcs")


def write_permissions(want: FlowLogs) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield from logging_permissions(in_regions(want, "ec2", "vpc-flow-log/*"), in_regions(want, "ec2", "vpc/*"))


def removal_permissions(want: FlowLogs) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield from ending_permissions(in_regions(want, "ec2", "vpc-flow-log/*"))


def ending_permissions(logs: tuple[str, ...]) -> Allows:
    """Yield what it takes to delete flow logs."""
    yield allow("ec2", "DeleteFlowLogs", on=logs)
    yield allow("logs", "DeleteLogDelivery")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the flow logs as one where all VPCs of the account are logged to one bucket, and others by their ids."""
    found = answers(facts, all_logs)
    yield from found.unread()
    logs = {(region, log["FlowLogId"]): log for region, held in found.by_region.items() for log in held if counts(log)}
    if not logs:
        return
    there = facts.read_all(*((networks, region) for region in found.by_region))
    mine = [each for held in there for each in held if each.owner in ("", scope.account) and not is_own(each.made_for)]
    all_is_logged = all("ALL" in each.logged for each in mine)
    silent = [each.id for each in mine if not each.logged & {"ALL", "REJECT"}]
    (place, _), *_ = Counter(str(log.get("LogDestination")) for log in logs.values()).most_common(1)

    for (region, id), log in logs.items():
        if problem := difference(log, place):
            yield NotExpressible(scope.at(region).address("flow-logs", id), (problem,))
    same = [log for log in logs.values() if not difference(log, place)]
    want = FlowLogs(
        scope=scope,
        bucket=f"bucket/{place.rpartition(':')[2]}",
        bucket_arn=place,
        traffic="ALL" if all_is_logged else "REJECT",
        only=found.only,
    )
    if same and silent:
        yield NotExpressible(want.address, (f"not all VPCs are logged: {several(silent)} are not",))
    elif same:
        yield Described(want, tags=tags.common(map(ec2.tags_in, same)))


def counts(log: Mapping[str, Any]) -> bool:
    """Tell whether a log is not that of a VPC of a manifest, which is a kind of its own."""
    return not ec2.tags_in(log).get(tags.ADDRESS, "").startswith("vpc-flow-log/")


def is_own(address: str | None) -> bool:
    """Tell whether an address is that of a VPC of a manifest, whose log is a kind of its own."""
    return (address or "").startswith("vpc/")


def difference(log: Mapping[str, Any], place: str) -> str:
    """Return why no manifest says a log: it says the same of all VPCs, and names one bucket."""
    if not log.get("ResourceId", "").startswith("vpc-"):
        return f"it is one of {log.get('ResourceId')}, and not of a VPC"
    if log.get("LogDestinationType") != "s3" or "/" in place or log.get("LogDestination") != place:
        return f"it goes to {log.get('LogDestination') or log.get('LogGroupName')}"
    return ""


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("ec2", "DescribeFlowLogs", "DescribeVpcs")


KIND = Kind(
    ensure_flow_logs,
    flow_logs_reads,
    resource=FlowLogs,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A record of every connection into, out of and within each VPC.",
        why="After a break-in it tells where the data went.",
        undo=(TAKE_OUT, "aws ec2 describe-flow-logs --region REGION", "aws ec2 delete-flow-logs --flow-log-ids ID"),
        controls=("CIS 3.7", "FSBP EC2.6"),
        cost=COST,
    ),
    word="flow-logs",
    found_by="the VPC",
    owns="that there is one",
    keeps="any that is there",
    describe=Describe(things, listing_permissions),
    absent=Absent(remove_flow_logs, permissions=removal_permissions),
)
