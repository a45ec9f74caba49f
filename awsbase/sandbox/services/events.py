"""EventBridge: rules and their targets."""

import json
from collections.abc import Iterator
from typing import Any

from awsbase.sandbox.authorization.permissions import act, at, given, own, table
from awsbase.sandbox.service import Need, Request, Service
from awsbase.sandbox.snapshot import as_text, by_region, tag_dict

NAMED_RULE = at("events:{region}:{account}:rule/{Name}")
RULE = at("events:{region}:{account}:rule/{Rule}")


def target_roles(request: Request) -> Iterator[Need]:
    """Need to pass the roles that EventBridge reaches targets with."""
    for target in request.params["Targets"]:
        if role := target.get("RoleArn"):
            yield Need("iam:PassRole", role, {"iam:PassedToService": "events.amazonaws.com"})


CALLS = table(
    {
        "ListRules": [own()],
        "PutRule": [own(NAMED_RULE), act("events:TagResource", NAMED_RULE, when="Tags")],
        "DescribeRule EnableRule DisableRule DeleteRule": [own(NAMED_RULE)],
        "PutTargets": [own(RULE), target_roles],
        "ListTargetsByRule RemoveTargets": [own(RULE)],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceARN"))],
    }
)


def rules_held(events: Any) -> Any:
    """Return the rules of a region with their targets, by ARN."""
    return {
        rule.arn: {
            "pattern": json.loads(rule.event_pattern.dump() or "{}"),
            "description": rule.description,
            "state": rule.state,
            "targets": sorted(rule.targets, key=as_text),
            "tags": tag_dict(events.tagger.list_tags_for_resource(rule.arn)["Tags"]),
        }
        for bus in events.event_buses.values()
        for rule in bus.rules.values()
    }


SERVICE = Service("events", calls=CALLS, snapshot=by_region("events", rules_held), warm_up={"ListRules": {}})
