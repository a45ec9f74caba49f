"""EventBridge Scheduler: a role that lets it in, names once, and schedules that come due."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from awsbase.sandbox.documents import permits
from awsbase.sandbox.rule import Ask, Refusal, Rule
from awsbase.sandbox.rules.documents import Fresh
from awsbase.sandbox.rules.ec2_networks import let_go

SERVICE = "scheduler.amazonaws.com"
AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")


def taken_on(ask: Ask) -> None:
    """Refuse a role that does not let the scheduler in, or is not known to it yet, and words that are no time."""
    words = ask.params["ScheduleExpression"]
    if not AT.fullmatch(words) and not words.startswith(("rate(", "cron(")):
        raise Refusal("ValidationException", f"Invalid Schedule Expression {words}.")
    arn = ask.params["Target"]["RoleArn"]
    role = next((held for held in ask.backend("iam", "aws").roles.values() if held.arn == arn), None)
    if role is None or ask.memory(Fresh).unknown(arn, ask) or not lets_in(ask, role):
        raise Refusal(
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        )


def lets_in(ask: Ask, role: Any) -> bool:
    """Say whether a role trusts the scheduler of this account."""
    trust = role.assume_role_policy_document
    document = trust if isinstance(trust, dict) else json.loads(trust)
    statements = [each | {"Resource": "*"} for each in document.get("Statement", [])]
    context = {"aws:sourceaccount": ask.account}
    return permits({"Statement": statements}, SERVICE, "sts:AssumeRole", "*", context)


def come_due(ask: Ask) -> None:
    """Do what schedules were to do by now, before anybody looks."""
    for region, backend in ask.sandbox.world.backends("scheduler").items():
        for group in backend.schedule_groups.values():
            for schedule in list(group.schedules.values()):
                moment = AT.fullmatch(schedule.schedule_expression)
                if moment and datetime.fromisoformat(moment[1]).replace(tzinfo=UTC) <= ask.sandbox.clock():
                    if schedule.action_after_completion == "DELETE":
                        del group.schedules[schedule.name]
                    carry_out(ask, region, schedule)


def carry_out(ask: Ask, region: str, schedule: Any) -> None:
    """Call what a schedule names; what fails, fails unheard."""
    if schedule.target["Arn"].endswith(":::aws-sdk:ec2:terminateInstances"):
        for id in json.loads(schedule.target.get("Input") or "{}").get("InstanceIds", []):
            if any(i.id == id for held in ask.backend("ec2", region).reservations.values() for i in held.instances):
                ask.moto("ec2:TerminateInstances", region=region, InstanceIds=[id])
                let_go(ask, region, [id])


def kept(ask: Ask, said: dict[str, Any]) -> None:
    """Keep what moto forgets when a schedule is updated."""
    schedule = ask.backend("scheduler").get_schedule(ask.params.get("GroupName"), ask.params["Name"])
    schedule.action_after_completion = ask.params.get("ActionAfterCompletion")


RULES = (
    Rule("ec2:Describe* scheduler:*", before=come_due, strict=False),
    Rule("scheduler:CreateSchedule scheduler:UpdateSchedule", before=taken_on),
    Rule("scheduler:UpdateSchedule", after=kept, strict=False),
)
