"""Flow logs as EC2 has them: a bucket must let log delivery in; what cannot be made is reported, not refused."""

import json
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.policy_documents import permits
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

PRINCIPAL = "delivery.logs.amazonaws.com"


@dataclass
class FlowLogs:
    """The flow logs of the account, by id."""

    STATE = "flow logs"

    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: int = 0

    def state(self) -> list[dict[str, Any]]:
        """Return what counts as the account's state; the ids of networks are random."""
        plain = [{k: v for k, v in one.items() if k not in ("ResourceId", "FlowLogId")} for one in self.held.values()]
        return sorted(plain, key=lambda one: json.dumps(one, sort_keys=True))


def create(request: Request) -> dict[str, Any]:
    """Make a log of each network that has none to the same place.

    Raises Refusal with SandboxGap or InvalidVpcId.NotFound.

    Recorded: LocalStack, TestEc2FlowLogs::test_ec2_flow_logs_s3 and test_ec2_flow_logs_s3_validation.
    """
    wanted, memory = request.params, request.memory(FlowLogs)
    if wanted.get("LogDestinationType") != "s3" or wanted["ResourceType"] != "VPC":
        raise Refusal("SandboxGap", "only flow logs of VPCs to S3 are built")
    made, unsuccessful = [], []
    for network in wanted["ResourceIds"]:
        if network not in request.backend("ec2").vpcs:
            raise Refusal("InvalidVpcId.NotFound", f"Vpc {network} was not found")
        if fault := failure(request, network, wanted):
            unsuccessful.append({"ResourceId": network, "Error": fault})
            continue
        memory.made += 1
        id = f"fl-{memory.made:017x}"
        tags = [tag for each in wanted.get("TagSpecifications", []) for tag in each["Tags"]]
        memory.held[id] = {
            "FlowLogId": id,
            "ResourceId": network,
            "region": request.region,
            "FlowLogStatus": "ACTIVE",
            "TrafficType": wanted["TrafficType"],
            "LogDestinationType": "s3",
            "LogDestination": wanted["LogDestination"],
            "MaxAggregationInterval": wanted.get("MaxAggregationInterval", 600),
            "Tags": tags,
        }
        made.append(id)
    return {"FlowLogIds": made, "Unsuccessful": unsuccessful}


def failure(request: Request, network: str, wanted: dict[str, Any]) -> dict[str, str] | None:
    """Return why a log cannot be made."""
    same = ("ResourceId", "LogDestination", "TrafficType")
    sought = (network, wanted["LogDestination"], wanted["TrafficType"])
    if any(tuple(one[key] for key in same) == sought for one in request.memory(FlowLogs).held.values()):
        return {"Code": "FlowLogAlreadyExists", "Message": "There is an existing Flow Log with the same configuration"}
    name = wanted["LogDestination"].split(":::")[1].split("/")[0]
    bucket = request.backend("s3", "aws").buckets.get(name)
    if bucket is None:
        return {"Code": "400", "Message": f"LogDestination: {name} does not exist"}
    document = json.loads(bucket.policy) if bucket.policy else {}
    itself = f"arn:{bucket.partition}:s3:::{name}"
    context = {
        "aws:sourceaccount": request.account,
        "aws:sourcearn": f"arn:{bucket.partition}:logs:{request.region}:{request.account}:*",
        "s3:x-amz-acl": "bucket-owner-full-control",
        "aws:securetransport": "true",
        "aws:principalisawsservice": "true",
    }
    written = f"{itself}/AWSLogs/{request.account}/vpcflowlogs/{request.region}/log.gz"
    if permits(document, PRINCIPAL, "s3:PutObject", written, context) and permits(
        document, PRINCIPAL, "s3:GetBucketAcl", itself, context
    ):
        return None
    return {"Code": "400", "Message": f"Access Denied for LogDestination: {name}"}


def describe(request: Request) -> dict[str, Any]:
    """List the logs of the region, page by page; raises Refusal with SandboxGap.

    Recorded: cloud-custodian, ec2.DescribeFlowLogs.
    """
    if request.params.get("Filter") or request.params.get("FlowLogIds"):
        raise Refusal("SandboxGap", "filters of flow logs are not built")
    held = [one for one in request.memory(FlowLogs).held.values() if one["region"] == request.region]
    start = int(request.params.get("NextToken") or 0)
    end = start + min(int(request.params.get("MaxResults", 1000)), request.sandbox.pages or 1000)
    page = [{key: value for key, value in one.items() if key != "region"} for one in held[start:end]]
    return {"FlowLogs": page, **({"NextToken": str(end)} if end < len(held) else {})}


def delete(request: Request) -> dict[str, Any]:
    """Remove logs; raises Refusal with InvalidFlowLogId.NotFound.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteFlowLogs.html
    """
    for id in request.params["FlowLogIds"]:
        if request.memory(FlowLogs).held.pop(id, None) is None:
            raise Refusal("InvalidFlowLogId.NotFound", f"These flow log ids in the input list are not found: {id}")
    return {"Unsuccessful": []}


RULES = (
    Rule("ec2:CreateFlowLogs", before=create, strict=False),
    Rule("ec2:DescribeFlowLogs", before=describe, strict=False),
    Rule("ec2:DeleteFlowLogs", before=delete, strict=False),
)
