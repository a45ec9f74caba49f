"""Samples of what a fleet's engine consists of: a function and a state machine, with their roles."""

from __future__ import annotations

import json
from threading import Event

from awsbase.bundle import Platform, packed
from awsbase.ensure.function import Code, Function
from awsbase.ensure.role import Role
from awsbase.ensure.state_machine import StateMachine
from awsbase.manifest.fleet import trusting
from awsbase.manifest.fleet_map import definition
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

CODE = Code(packed([("handler.py", b"def handle(event, context): return {}\n")], Platform("python3.12", "arm64")))
OTHER = packed([("handler.py", b"def handle(event, context): raise ValueError\n")], Platform("python3.12", "arm64"))
WORKER = Role(scope=HOME, name="acme-fleet-worker", trust=trusting("lambda.amazonaws.com"))
MAP = Role(scope=HOME, name="acme-fleet-map", trust=trusting("states.amazonaws.com"))
FUNCTION = Function(
    scope=HOME,
    name="acme-fleet-plan",
    role=WORKER.name,
    handler="handler.handle",
    description="Works on one account",
    code=CODE,
    tags={"owner": "platform"},
)
MACHINE = StateMachine(
    scope=HOME,
    name="acme-fleet-plan",
    definition=definition("aws", FUNCTION.name, "acme-fleet"),
    role=MAP.name,
    tags={"owner": "platform"},
    made_here=(FUNCTION.address,),
)
WAIT = 30
"""Seconds after which a function that was changed can be changed again."""


def change_code(aws: Reached) -> None:
    """Upload other code by hand."""
    client = aws.client("lambda", HOME.region)
    aws.clock.sleep(WAIT, Event())
    client.update_function_code(FunctionName=FUNCTION.name, ZipFile=OTHER)


def change_settings(aws: Reached) -> None:
    """Give the function less time by hand."""
    client = aws.client("lambda", HOME.region)
    aws.clock.sleep(WAIT, Event())
    client.update_function_configuration(FunctionName=FUNCTION.name, Timeout=3, MemorySize=128)


def change_definition(aws: Reached) -> None:
    """Let nobody fail, and call another function, by hand."""
    changed = definition("aws", "other", "acme-fleet")
    aws.client("stepfunctions", HOME.region).update_state_machine(
        stateMachineArn=MACHINE.arn, definition=json.dumps(changed)
    )


def untag_function(aws: Reached) -> None:
    """Take a tag from the function by hand."""
    aws.client("lambda", HOME.region).untag_resource(Resource=FUNCTION.arn, TagKeys=["owner"])


def untag_machine(aws: Reached) -> None:
    """Take a tag from the state machine by hand."""
    aws.client("stepfunctions", HOME.region).untag_resource(resourceArn=MACHINE.arn, tagKeys=["owner"])


SAMPLES = (
    Sample(
        "fleet engine",
        [WORKER, MAP, FUNCTION, MACHINE],
        tamperings={
            "other code": Tampering(
                change_code, [f"{FUNCTION.address}: update code"], risky=[f"{FUNCTION.address}: update code"]
            ),
            "less time": Tampering(change_settings, [f"{FUNCTION.address}: update settings"]),
            "an untagged function": Tampering(untag_function, [f"{FUNCTION.address}: update tags"]),
            "another definition": Tampering(change_definition, [f"{MACHINE.address}: update definition"]),
            "an untagged machine": Tampering(untag_machine, [f"{MACHINE.address}: update tags"]),
            "both deleted": Tampering(
                lambda aws: (
                    aws.client("lambda", HOME.region).delete_function(FunctionName=FUNCTION.name),
                    aws.client("stepfunctions", HOME.region).delete_state_machine(stateMachineArn=MACHINE.arn),
                ),
                [f"{FUNCTION.address}: create function", f"{MACHINE.address}: create state machine"],
            ),
        },
    ),
)
