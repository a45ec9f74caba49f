"""Flow logs as EC2 has them: a bucket must let log delivery in, and what cannot be made is told, not refused."""

import json
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.documents import permits
from awsbase.sandbox.rule import Ask, Refusal, Rule

SERVICE = "delivery.logs.amazonaws.com"


@dataclass
class FlowLogs:
    """The flow logs of the account, by id."""

    STATE = "flow logs"

    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: int = 0

    def state(self) -> list[dict[str, Any]]:
        """Return what counts as the account's state; the ids of networks are random."""
        told = [{k: v for k, v in one.items() if k not in ("ResourceId", "FlowLogId")} for one in self.held.values()]
        return sorted(told, key=lambda one: json.dumps(one, sort_keys=True))


def create(ask: Ask) -> dict[str, Any]:
    """Make a log of each network that has none to the same place."""
    wanted, memory = ask.params, ask.memory(FlowLogs)
    if wanted.get("LogDestinationType") != "s3" or wanted["ResourceType"] != "VPC":
        raise Refusal("SandboxGap", "only flow logs of VPCs to S3 are built")
    made, unsuccessful = [], []
    for network in wanted["ResourceIds"]:
        if network not in ask.backend("ec2").vpcs:
            raise Refusal("InvalidVpcId.NotFound", f"Vpc {network} was not found")
        if fault := trouble(ask, network, wanted):
            unsuccessful.append({"ResourceId": network, "Error": fault})
            continue
        memory.made += 1
        id = f"fl-{memory.made:017x}"
        tags = [tag for each in wanted.get("TagSpecifications", []) for tag in each["Tags"]]
        memory.held[id] = {
            "FlowLogId": id,
            "ResourceId": network,
            "region": ask.region,
            "FlowLogStatus": "ACTIVE",
            "TrafficType": wanted["TrafficType"],
            "LogDestinationType": "s3",
            "LogDestination": wanted["LogDestination"],
            "MaxAggregationInterval": wanted.get("MaxAggregationInterval", 600),
            "Tags": tags,
        }
        made.append(id)
    return {"FlowLogIds": made, "Unsuccessful": unsuccessful}


def trouble(ask: Ask, network: str, wanted: dict[str, Any]) -> dict[str, str] | None:
    """Tell why a log cannot be made."""
    same = ("ResourceId", "LogDestination", "TrafficType")
    sought = (network, wanted["LogDestination"], wanted["TrafficType"])
    if any(tuple(one[key] for key in same) == sought for one in ask.memory(FlowLogs).held.values()):
        return {"Code": "FlowLogAlreadyExists", "Message": "There is an existing Flow Log with the same configuration"}
    name = wanted["LogDestination"].split(":::")[1].split("/")[0]
    bucket = ask.backend("s3", "aws").buckets.get(name)
    if bucket is None:
        return {"Code": "400", "Message": f"LogDestination: {name} does not exist"}
    document = json.loads(bucket.policy) if bucket.policy else {}
    itself = f"arn:{bucket.partition}:s3:::{name}"
    context = {
        "aws:sourceaccount": ask.account,
        "aws:sourcearn": f"arn:{bucket.partition}:logs:{ask.region}:{ask.account}:*",
        "s3:x-amz-acl": "bucket-owner-full-control",
        "aws:securetransport": "true",
    }
    written = f"{itself}/AWSLogs/{ask.account}/vpcflowlogs/{ask.region}/log.gz"
    if permits(document, SERVICE, "s3:PutObject", written, context) and permits(
        document, SERVICE, "s3:GetBucketAcl", itself, context
    ):
        return None
    return {"Code": "400", "Message": f"Access Denied for LogDestination: {name}"}


def tell(ask: Ask) -> dict[str, Any]:
    """List the logs of the region, page by page."""
    if ask.params.get("Filter") or ask.params.get("FlowLogIds"):
        raise Refusal("SandboxGap", "filters of flow logs are not built")
    held = [one for one in ask.memory(FlowLogs).held.values() if one["region"] == ask.region]
    start = int(ask.params.get("NextToken") or 0)
    end = start + min(int(ask.params.get("MaxResults", 1000)), ask.sandbox.pages or 1000)
    told = [{key: value for key, value in one.items() if key != "region"} for one in held[start:end]]
    return {"FlowLogs": told, **({"NextToken": str(end)} if end < len(held) else {})}


def delete(ask: Ask) -> dict[str, Any]:
    """Remove logs."""
    for id in ask.params["FlowLogIds"]:
        if ask.memory(FlowLogs).held.pop(id, None) is None:
            raise Refusal("InvalidFlowLogId.NotFound", f"These flow log ids in the input list are not found: {id}")
    return {"Unsuccessful": []}


RULES = (
    Rule("ec2:CreateFlowLogs", before=create, strict=False),
    Rule("ec2:DescribeFlowLogs", before=tell, strict=False),
    Rule("ec2:DeleteFlowLogs", before=delete, strict=False),
)
