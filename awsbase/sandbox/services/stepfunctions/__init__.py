"""Step Functions: machines, and executions that run without threads, Distributed Map included."""

from collections.abc import Iterator
from typing import Any

from awsbase.sandbox.authorization.permissions import act, arn, own, passing, table
from awsbase.sandbox.service import AccountState, Codes, Request, Service
from awsbase.sandbox.services.stepfunctions import rules
from awsbase.sandbox.services.stepfunctions.executions import Executions
from awsbase.sandbox.snapshot import by_region, document, remembered, tag_dict


def new_machine(request: Request) -> Iterator[str]:
    """Name the machine that is created."""
    yield arn(request, f"states:{request.region}:{request.account}:stateMachine:{request.params['name']}")


def machine(request: Request) -> Iterator[str]:
    """Name the machine."""
    yield request.params["stateMachineArn"]


def execution(request: Request) -> Iterator[str]:
    """Name the execution."""
    yield request.params["executionArn"]


def run(request: Request) -> Iterator[str]:
    """Name the map run."""
    yield request.params["mapRunArn"]


def tagged(request: Request) -> Iterator[str]:
    """Name what carries the tags."""
    yield request.params["resourceArn"]


def listed(request: Request) -> Iterator[str]:
    """Name the machine, or the map run, whose executions are listed."""
    yield request.params.get("stateMachineArn") or request.params["mapRunArn"]


ROLE = passing("roleArn", rules.PRINCIPAL)
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
CALLS = table(
    {
        "ListStateMachines": [own()],
        "CreateStateMachine": [own(new_machine), act("states:TagResource", new_machine, when="tags"), ROLE],
        "UpdateStateMachine": [own(machine), ROLE],
        "DescribeStateMachine DeleteStateMachine StartExecution": [own(machine)],
        "ListTagsForResource TagResource UntagResource": [own(tagged)],
        "DescribeExecution DescribeStateMachineForExecution ListMapRuns": [own(execution)],
        "StopExecution RedriveExecution": [own(execution)],
        "ListExecutions": [own(listed)],
        "DescribeMapRun UpdateMapRun": [own(run)],
        "SendTaskSuccess SendTaskFailure SendTaskHeartbeat": [own()],
    }
)


def machines(backend: Any) -> dict[str, Any]:
    """Return the machines of a region, by name."""
    return {
        each.name: {
            "definition": document(each.definition),
            "role": each.roleArn,
            "type": each.type,
            "logging": each.loggingConfiguration,
            "tracing": each.tracingConfiguration,
            "tags": tag_dict(
                {"Key": tag["key"], "Value": tag["value"]} for tag in backend.list_tags_for_resource(each.arn)["tags"]
            ),
        }
        for each in backend.state_machines
    }


def held(sandbox: AccountState) -> dict[str, Any]:
    """Return the machines of an account, and what has been executed."""
    state = by_region("stepfunctions", machines)(sandbox)
    executed = remembered(Executions)(sandbox)
    return {**state, **({"executions": executed} if executed else {})}


SERVICE = Service(
    "stepfunctions",
    rules=rules.RULES,
    calls=CALLS,
    snapshot=held,
    codes=Codes(),
    prefix="states",
    warm_up={"ListStateMachines": {}},
)
