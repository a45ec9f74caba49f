"""EventBridge: rules and their targets."""

import json
from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource

from awsbase.sandbox.authorization.permissions import act, at, given, own, table
from awsbase.sandbox.schedules import valid_cron, valid_rate
from awsbase.sandbox.service import Need, Request, Rule, Service
from awsbase.sandbox.snapshot import as_text, by_region, tag_dict
from awsbase.sandbox.wire import Refusal

NAMED_RULE = at("events:{region}:{account}:rule/{Name}")
RULE = at("events:{region}:{account}:rule/{Rule}")
TARGETS = 5


def target_roles(request: Request) -> Iterator[Need]:
    """Need to pass the roles that EventBridge reaches targets with."""
    for target in request.params["Targets"]:
        if role := target.get("RoleArn"):
            yield Need("iam:PassRole", role, {"iam:PassedToService": "events.amazonaws.com"})


def room_for_targets(request: Request) -> None:
    """Refuse a rule's sixth target; raises Refusal with LimitExceededException.

    Recorded: LocalStack, test_add_exceed_fife_targets_per_rule.
    """
    buses = request.backend("events").event_buses
    rule = buses["default"].rules.get(request.params["Rule"])
    held = {target["Id"] for target in rule.targets} if rule else set()
    if len(held | {target["Id"] for target in request.params["Targets"]}) > TARGETS:
        raise Refusal("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def valid_schedule(request: Request) -> None:
    """Refuse a schedule that is neither a rate nor cron; raises Refusal with ValidationException.

    Recorded: LocalStack, tests_put_rule_with_invalid_schedule_cron.
    """
    words = request.params.get("ScheduleExpression")
    if words and not valid_rate(words) and not valid_cron(words):
        raise Refusal("ValidationException", "Parameter ScheduleExpression is not valid.")


def own_rule(request: Request) -> None:
    """Refuse to change a rule that a service of AWS looks after; raises Refusal with ManagedRuleException.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteRule.html
    """
    name = request.params.get("Name") or request.params.get("Rule")
    rule = request.backend("events").event_buses["default"].rules.get(name)
    if rule and rule.managed_by and not request.params.get("Force"):
        raise Refusal("ManagedRuleException", f"Rule {name} is managed by {rule.managed_by}.")


CALLS = table(
    {
        "ListRules ListRuleNamesByTarget": [own()],
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


def tagged(request: Request) -> Iterator[TaggedResource]:
    """Yield the rules of the region, which moto does not list among what is tagged."""
    held = request.made("events")
    for bus in held.event_buses.values() if held else ():
        for rule in bus.rules.values():
            labels = tag_dict(held.tagger.list_tags_for_resource(rule.arn)["Tags"])
            yield TaggedResource(rule.arn, labels, "events:rule")


RULES = (
    Rule(
        "events:PutRule events:PutTargets events:RemoveTargets events:DeleteRule events:EnableRule events:DisableRule",
        before=own_rule,
    ),
    Rule("events:PutTargets", before=room_for_targets),
    Rule("events:PutRule", before=valid_schedule),
)

SERVICE = Service(
    "events",
    rules=RULES,
    calls=CALLS,
    tagged=tagged,
    snapshot=by_region("events", rules_held),
    # Recorded by cloud-custodian's tests: events.DescribeRule.
    words={r"Rule (\S+) does not exist\.": r"Rule \1 does not exist on EventBus default."},
    warm_up={"ListRules": {}},
)
