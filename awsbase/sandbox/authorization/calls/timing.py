"""EventBridge, its Scheduler, and Data Lifecycle Manager: what AWS does by itself, with a role that is passed to it."""

from collections.abc import Iterator

from awsbase.sandbox.authorization.calls.call import Need, act, arn, at, given, own, passing, table
from awsbase.sandbox.rule import Ask

NAMED_RULE = at("events:{region}:{account}:rule/{Name}")
RULE = at("events:{region}:{account}:rule/{Rule}")
POLICY = at("dlm:{region}:{account}:policy/{PolicyId}")
DLM_ROLE = passing("ExecutionRoleArn", "dlm.amazonaws.com")
SCHEDULER_ROLE = passing("Target.RoleArn", "scheduler.amazonaws.com")


def schedule(ask: Ask) -> list[str]:
    """Name the schedule in its group."""
    group = ask.params.get("GroupName") or "default"
    return [arn(ask, f"scheduler:{ask.region}:{ask.account}:schedule/{group}/{ask.params['Name']}")]


def target_roles(ask: Ask) -> Iterator[Need]:
    """Need to pass the roles that EventBridge reaches targets with."""
    for target in ask.params["Targets"]:
        if role := target.get("RoleArn"):
            yield Need("iam:PassRole", role, {"iam:PassedToService": "events.amazonaws.com"})


EVENTS = table(
    {
        "ListRules": [own()],
        "PutRule": [own(NAMED_RULE), act("events:TagResource", NAMED_RULE, when="Tags")],
        "DescribeRule EnableRule DisableRule DeleteRule": [own(NAMED_RULE)],
        "PutTargets": [own(RULE), target_roles],
        "ListTargetsByRule RemoveTargets": [own(RULE)],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceARN"))],
    }
)
SCHEDULER = table(
    {
        "ListSchedules": [own()],
        "CreateSchedule UpdateSchedule": [own(schedule), SCHEDULER_ROLE],
        "GetSchedule DeleteSchedule": [own(schedule)],
    }
)
LIFECYCLE = table(
    {
        "GetLifecyclePolicies": [own()],
        "CreateLifecyclePolicy": [own(), DLM_ROLE],
        "UpdateLifecyclePolicy": [own(POLICY), DLM_ROLE],
        "GetLifecyclePolicy DeleteLifecyclePolicy": [own(POLICY)],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn"))],
    }
)
