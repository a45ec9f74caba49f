"""CloudTrail: the trail in its home region; its role for the log group has to be passed."""

from awsbase.sandbox.authorization.calls.call import Resources, act, arn, own, param, passing, table
from awsbase.sandbox.rule import Ask


def trail(path: str) -> Resources:
    """Name the trail that a parameter names, by its ARN or its name."""

    def resources(ask: Ask) -> list[str]:
        named = param(ask, path)
        names = named if isinstance(named, list) else [named]
        return [_arn(ask, name) for name in names if name]

    return resources


def _arn(ask: Ask, name: str) -> str:
    if name.startswith("arn:"):
        return name
    for region, backend in ask.sandbox.world.backends("cloudtrail").items():
        for held in backend.trails.values():
            if held.trail_name == name and (region == ask.region or held.is_multi_region):
                return str(held.arn)
    return arn(ask, f"cloudtrail:{ask.region}:{ask.account}:trail/{name}")


LOGS = passing("CloudWatchLogsRoleArn", "cloudtrail.amazonaws.com")

CALLS = table(
    {
        "DescribeTrails ListTrails LookupEvents": [own()],
        "CreateTrail": [own(trail("Name")), act("cloudtrail:AddTags", trail("Name"), when="TagsList"), LOGS],
        "UpdateTrail": [own(trail("Name")), LOGS],
        "GetTrail GetTrailStatus DeleteTrail StartLogging StopLogging": [own(trail("Name"))],
        "GetEventSelectors PutEventSelectors GetInsightSelectors PutInsightSelectors": [own(trail("TrailName"))],
        "ListTags": [own(trail("ResourceIdList"))],
        "AddTags RemoveTags": [own(trail("ResourceId"))],
    }
)
