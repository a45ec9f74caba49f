"""EventBridge rules that tell a topic what happens, within seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.engine import quotas
from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, Things
from awsbase.errors import AwsbaseError
from awsbase.facts import tags, watching
from awsbase.policies.document import Document, parsed
from awsbase.records import record

TARGET = "awsbase"


class NoTarget(AwsbaseError):
    """EventBridge answered with success and neither took nor removed a target all the same."""


@record(kw_only=True)
class EventRule(Resource):
    """A rule on the default event bus that is switched on and sends what matches to one topic.

    The `message` is a sentence in which `<name>` stands for a value of the event, at the path that `values` gives.
    Targets and tags that somebody else added stay. `made_here` are the addresses that the rule depends on.
    """

    name: str
    description: str
    pattern: Document
    topic: str
    message: str
    values: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return self.scope.address("event-rule", self.name)

    @property
    def arn(self) -> str:
        return self.scope.arn("events", f"rule/{self.name}")

    def needs(self) -> Iterator[str]:
        yield from self.made_here


@record
class RuleFacts:
    """A rule as it is; the pattern is what its JSON says. `managed_by` is the service of AWS whose rule it is."""

    pattern: Mapping[str, object] = field(default_factory=dict)
    description: str = ""
    state: str = ""
    managed_by: str = ""


def rule(facts: Facts, region: str, name: str) -> RuleFacts | None:
    """Read one rule of the default bus."""
    pages = facts.aws.at(region).events.get_paginator("list_rules").paginate(NamePrefix=name)
    return next((understood(each) for page in pages for each in page["Rules"] if each["Name"] == name), None)


def rules(facts: Facts, region: str) -> Mapping[str, RuleFacts]:
    """Read all rules of the default bus, by name."""
    pages = facts.aws.at(region).events.get_paginator("list_rules").paginate()
    return {each["Name"]: understood(each) for page in pages for each in page["Rules"]}


def understood(each: Mapping[str, Any]) -> RuleFacts:
    """Return a rule as EventBridge lists it in our words."""
    pattern = parsed(each.get("EventPattern") or {})
    return RuleFacts(pattern, each.get("Description", ""), each["State"], each.get("ManagedBy", ""))


def event_rule_things(facts: Facts, scope: Scope) -> Things:
    """Yield the rules of a region; where they send to is read of those that are called as a manifest calls its own."""
    for name, have in facts.read(rules, scope.region).items():
        if have.managed_by:
            yield LeftAlone(scope.address("event-rule", name), have.managed_by, "the rule says who manages it")
            continue
        facts.learn(have, rule, scope.region, name)
        target = facts.read(targets, scope.region, name).get(TARGET, {}) if name.startswith(f"{scope.name}-") else {}
        words = target.get("InputTransformer", {})
        found = EventRule(
            scope=scope,
            name=name,
            description=have.description,
            pattern=dict(have.pattern),
            topic=target.get("Arn", ""),
            message=words.get("InputTemplate", "").strip('"'),
            values=words.get("InputPathsMap", {}),
        )
        yield Described(found, tags=watching.labels(facts, scope.region, found.arn, rule_tags))


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list rules."""
    yield tags.TAG_INDEX
    yield allow("events", "ListRules")
    yield allow("events", "ListTargetsByRule", on=(scope.at("*").arn("events", "rule/*"),))


def targets(facts: Facts, region: str, name: str) -> Mapping[str, Mapping[str, Any]]:
    """Read where a rule sends to, by the target's id; nowhere when there is no rule."""
    if facts.read(rule, region, name) is None:
        return {}
    pages = facts.aws.at(region).events.get_paginator("list_targets_by_rule").paginate(Rule=name)
    return {target["Id"]: target for page in pages for target in page["Targets"]}


def rule_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of one rule from EventBridge itself."""
    answer = facts.aws.at(region).events.list_tags_for_resource(ResourceARN=arn)
    return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}


def event_rule_reads(want: EventRule) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield targets, want.scope.region, want.name
    yield tags.indexed, want.scope.region


def ensure_event_rule(run: Run, want: EventRule) -> str:
    """Bring one rule to the manifest: on, with this pattern and this target; returns its ARN."""
    region, events = want.scope.region, run.aws.events
    found = run.read(rule, region, want.name)
    sends = run.read(targets, region, want.name)
    tagged = tags.current(run, want, region, want.arn, (rule_tags, region, want.arn)) if found else tags.wanted(want)
    coming, remedy = int(TARGET not in sends), "remove {excess} that nobody needs: aws events remove-targets"
    quotas.first_out(run, quotas.TARGETS, f"rule {want.name}", held=len(sends), coming=coming, remedy=remedy)
    sent: dict[str, Any] = {
        "Name": want.name,
        "EventPattern": want.pattern,
        "State": "ENABLED",
        "Description": want.description,
    }

    if found is None:
        run.create("rule", events.put_rule, **sent, Tags=tags.pairs(tags.with_origin(want)))
    elif drift := compare(
        {"pattern": found.pattern, "description": found.description, "state": found.state},
        {"pattern": want.pattern, "description": want.description, "state": "ENABLED"},
    ):
        # A put replaces the rule, keeps its targets, and takes no tags for one that exists.
        heard = found.state != "ENABLED" or includes(want.pattern, found.pattern)
        risk = visibility("" if heard else "it may tell less: its pattern is another one")
        run.update("rule", drift, events.put_rule, risk=risk, **sent)

    target = target_of(want)
    if TARGET not in sends:
        check(run.create("target", events.put_targets, Rule=want.name, Targets=[target]), want)
    elif drift := compare(sends[TARGET], target):
        turned = sends[TARGET].get("Arn") != target["Arn"]
        risk = visibility("its other target hears nothing any more" if turned else "")
        check(run.update("target", drift, events.put_targets, risk=risk, Rule=want.name, Targets=[target]), want)

    add_tags(run, want, tagged, events.tag_resource, ResourceARN=want.arn)
    return want.arn


def check(answer: object, want: EventRule) -> None:
    """Raise NoTarget for a target that was not taken: EventBridge says so in its answer, not by an error."""
    if why := failures(answer):
        raise NoTarget(f"the rule {want.name} got no target: {why}", hint="run it again; without a target it is mute")


def failures(answer: object) -> str:
    """Return what EventBridge did not do although it answers with success."""
    failed = answer.get("FailedEntries", ()) if isinstance(answer, Mapping) else ()
    return "; ".join(f"{each.get('ErrorCode')}: {each.get('ErrorMessage')}" for each in failed)


def remove_event_rule(run: Run, want: EventRule) -> None:
    """Delete a rule that this manifest made, after its target; raises NoTarget when that is not removed.

    AWS refuses to delete a rule that has targets. One to which somebody else added a target stays.
    """
    region, events = want.scope.region, run.aws.events
    have = run.read(rule, region, want.name)
    if have is None:
        return
    if have.managed_by:
        run.note(f"kept: it is a rule of {have.managed_by}")
        return
    sends = run.read(targets, region, want.name)
    if not tags.made_here(run, want, run.read(rule_tags, region, want.arn)):
        return
    if others := sorted(each["Arn"] for id, each in sends.items() if id != TARGET):
        run.note(f"kept: it sends to {', '.join(others)} as well, which somebody else added")
        return

    if TARGET in sends:
        answer = run.delete("target", events.remove_targets, Rule=want.name, Ids=[TARGET])
        if why := failures(answer):
            raise NoTarget(f"the rule {want.name} keeps its target: {why}", hint="run it again")
    run.delete("rule", events.delete_rule, risk=visibility("nobody is told of it any more"), Name=want.name)


def target_of(want: EventRule) -> dict[str, Any]:
    """Return the target as PutTargets takes it: the topic, and the sentence that people get to read."""
    # A template has to be JSON, so a sentence is a string in quotes; the placeholders stand inside of it.
    words = {"InputPathsMap": dict(want.values), "InputTemplate": f'"{want.message}"'}
    return {"Id": TARGET, "Arn": want.topic, "InputTransformer": words}


def includes(want: object, have: object) -> bool:
    """Tell whether a pattern matches every event that another one matches: it asks for no more, and takes as much."""
    if isinstance(want, Mapping):
        return isinstance(have, Mapping) and all(key in have and includes(want[key], have[key]) for key in want)
    if isinstance(want, list):
        return isinstance(have, list) and all(each in want for each in have)
    return want == have


def read_permissions(want: EventRule) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow("events", "ListRules")
    yield allow("events", "ListTagsForResource", "ListTargetsByRule", on=(want.arn,))


def write_permissions(want: EventRule) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("events", "PutRule", "PutTargets", "TagResource", on=(want.arn,))


def removal_permissions(want: EventRule) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("events", "DeleteRule", "RemoveTargets", on=(want.arn,))


KIND = Kind(
    ensure_event_rule,
    event_rule_reads,
    resource=EventRule,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Sends certain events to a topic as they happen, such as a sign-in of root.",
        why="An event arrives within seconds; a metric filter needs minutes, and knows only what the trail wrote.",
        undo=(
            TAKE_OUT,
            "aws events remove-targets --rule NAME --ids IDS --region REGION",
            "aws events delete-rule --name NAME --region REGION",
        ),
        controls=("CIS 1.7", "CIS 4.3"),
    ),
    word="event-rule",
    found_by="name",
    owns="pattern, our target, that it is on",
    keeps="other targets, tags",
    quotas=(quotas.TARGETS,),
    describe=Describe(event_rule_things, describe_permissions, everywhere=True),
    absent=Absent(remove_event_rule, turn="first", permissions=removal_permissions),
)
