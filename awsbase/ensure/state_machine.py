"""State machines of Step Functions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Passes, Permissions, allow
from awsbase.engine.references import references, resolve
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.optional import empty_if
from awsbase.policies.document import Document
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record

STATES = "states.amazonaws.com"
STANDARD = "STANDARD"


class OtherType(AwsbaseError):
    """There is a state machine of that name, and it is an Express one."""


@record(kw_only=True)
class StateMachine(Resource):
    """A Standard state machine: its definition, and the name of the `role` that it acts as."""

    name: str
    definition: Document
    role: str
    tags: Mapping[str, str] = field(default_factory=dict)
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return self.scope.address("state-machine", self.name)

    @property
    def arn(self) -> str:
        return self.scope.arn("states", f"stateMachine:{self.name}")

    @property
    def role_arn(self) -> str:
        """The ARN of its role."""
        return self.scope.global_arn("iam", f"role/{self.role}")

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.STATE_TRANSITIONS, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield f"role/{self.role}"
        yield from self.made_here
        yield from references(self.definition)


@record
class StateMachineFacts:
    """A state machine as it is; `tags` are read by themselves."""

    definition: Mapping[str, Any] = field(default_factory=dict)
    role: str = ""
    type: str = STANDARD


def state_machine(facts: Facts, region: str, arn: str) -> StateMachineFacts | None:
    """Read one state machine; None when there is none."""
    client = facts.aws.at(region).stepfunctions
    found = empty_if("StateMachineDoesNotExist", client.describe_state_machine, stateMachineArn=arn)
    # One that is being deleted is still described for a while.
    if not found or found.get("status") == "DELETING":
        return None
    return StateMachineFacts(json.loads(found["definition"]), found["roleArn"], found.get("type", STANDARD))


def state_machine_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of one state machine."""
    found = facts.aws.at(region).stepfunctions.list_tags_for_resource(resourceArn=arn)
    return {tag["key"]: tag["value"] for tag in found["tags"]}


def state_machine_reads(want: StateMachine) -> Iterator[Read]:
    """Yield the facts that the recipe of a state machine reads, to prefetch them."""
    yield state_machine, want.scope.region, want.arn
    yield tags.indexed, want.scope.region


def ensure_state_machine(run: Run, want: StateMachine) -> str:
    """Keep one state machine with its definition and its role; returns its ARN.

    Raises OtherType for an Express one of that name, since AWS changes no machine's type.
    """
    client, region = run.aws.stepfunctions, want.scope.region
    run.result(f"role/{want.role}")
    definition = resolve(run, want.definition)
    have = run.read(state_machine, region, want.arn)
    if have and have.type != STANDARD:
        raise OtherType(
            f"the state machine {want.name} is an {have.type} one, which ends after five minutes",
            hint="choose another name, or delete it: aws stepfunctions delete-state-machine",
        )
    labels = tags.wanted(want)
    tagged = tags.current(run, want, region, want.arn, (state_machine_tags, region, want.arn)) if have else labels

    if have is None:
        run.create(
            "state machine",
            client.create_state_machine,
            name=want.name,
            definition=definition,
            roleArn=want.role_arn,
            type=STANDARD,
            tags=pairs(tags.with_origin(want)),
        )
        return want.arn

    drift = compare(
        {"definition": have.definition, "role": have.role}, {"definition": definition, "role": want.role_arn}
    )
    if drift:
        why = "" if have.role == want.role_arn else f"it acts as {want.role_arn}"
        run.update(
            "definition",
            drift,
            client.update_state_machine,
            risk=access(why),
            stateMachineArn=want.arn,
            definition=definition,
            roleArn=want.role_arn,
        )
    if untagged := tags.missing(tagged, labels):
        run.update(
            "tags",
            [Drift(key, tagged.get(key), value) for key, value in untagged.items()],
            client.tag_resource,
            risk=access(retagging(run, tagged, untagged)),
            resourceArn=want.arn,
            tags=pairs(untagged),
        )
    return want.arn


def pairs(labels: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as Step Functions takes them."""
    return [{"key": key, "value": value} for key, value in labels.items()]


def remove_state_machine(run: Run, want: StateMachine) -> None:
    """Delete a state machine that this manifest made."""
    where = (want.scope.region, want.arn)
    if run.read(state_machine, *where) and tags.made_here(run, want, run.read(state_machine_tags, *where)):
        why = "what it runs stops, and who has failed is forgotten"
        call = run.aws.stepfunctions.delete_state_machine
        run.delete("state machine", call, risk=deletion(why), stateMachineArn=want.arn)


def state_machine_things(facts: Facts, scope: Scope) -> Things:
    """Yield each state machine of a region, as the resource that would make it just so."""
    client = facts.aws.at(scope.region).stepfunctions
    for page in client.get_paginator("list_state_machines").paginate():
        for each in page["stateMachines"]:
            name, arn = each["name"], each["stateMachineArn"]
            if each.get("type", STANDARD) != STANDARD:
                yield NotExpressible(scope.address("state-machine", name), ("it is an Express one",))
            elif have := facts.read(state_machine, scope.region, arn):
                role = have.role.partition(":role/")[2]
                found = StateMachine(scope=scope, name=name, definition=dict(have.definition), role=role)
                yield Described(found, facts.read(state_machine_tags, scope.region, arn))


def state_machine_arns(scope: Scope) -> tuple[str, ...]:
    """Return the ARN of all state machines of an account."""
    return (scope.at("*").arn("states", "stateMachine:*"),)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list state machines."""
    yield allow("states", "ListStateMachines")
    yield allow("states", "DescribeStateMachine", "ListTagsForResource", on=state_machine_arns(scope))


def read_permissions(want: StateMachine) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow("states", "DescribeStateMachine", "ListTagsForResource", on=(want.arn,))


def write_permissions(want: StateMachine) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("states", "CreateStateMachine", "TagResource", "UpdateStateMachine", on=(want.arn,))


def removal_permissions(want: StateMachine) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("states", "DeleteStateMachine", on=(want.arn,))


def passed_roles(want: StateMachine) -> Passes:
    """Yield the roles that are handed to a service of AWS."""
    yield f"role/{want.role}", STATES


KIND = Kind(
    ensure_state_machine,
    state_machine_reads,
    resource=StateMachine,
    permissions=Permissions(read=read_permissions, write=write_permissions, passes=passed_roles),
    about=About(
        what="A state machine of Step Functions that calls a function for each account of a run, so many at once.",
        why="AWS counts who is done and who has failed. A run outlives your terminal, and what failed is restarted.",
        undo=(
            TAKE_OUT,
            "aws stepfunctions delete-state-machine --region REGION --state-machine-arn ARN: what it runs stops",
        ),
        cost=prices.STATE_TRANSITIONS.rate,
    ),
    word="state-machine",
    found_by="name",
    owns="definition, role",
    keeps="logging, tracing, tags",
    describe=Describe(state_machine_things, describe_permissions, everywhere=True),
    absent=Absent(remove_state_machine, exempt="the history of runs is lost with it", permissions=removal_permissions),
)
