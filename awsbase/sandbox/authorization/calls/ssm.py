"""Systems Manager: parameters by name; those that AWS publishes are in no account."""

from collections.abc import Iterator

from awsbase.sandbox.authorization.calls.call import Resources, arn, own, param, table
from awsbase.sandbox.rule import Ask


def parameter(path: str) -> Resources:
    """Name the parameters that a request names."""

    def resources(ask: Ask) -> Iterator[str]:
        named = param(ask, path)
        for name in named if isinstance(named, list) else [named]:
            account = "" if name.startswith("/aws/") else ask.account
            yield arn(ask, f"ssm:{ask.region}:{account}:parameter/{name.removeprefix('/')}")

    return resources


CALLS = table(
    {
        "DescribeParameters DescribeInstanceInformation ListCommands": [own()],
        "GetParameter PutParameter DeleteParameter GetParameterHistory": [own(parameter("Name"))],
        "GetParameters DeleteParameters": [own(parameter("Names"))],
        "GetParametersByPath": [own(parameter("Path"))],
        "AddTagsToResource RemoveTagsFromResource ListTagsForResource": [own(parameter("ResourceId"))],
    }
)
