"""EventBridge Scheduler: a role that lets it in, names once, and schedules that come due."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from awsbase.sandbox.authorization.permissions import arn, own, passing, table
from awsbase.sandbox.client_tokens import keep_token, known_token
from awsbase.sandbox.policy_documents import permits
from awsbase.sandbox.propagation import Propagation
from awsbase.sandbox.schedules import valid_cron, valid_rate
from awsbase.sandbox.service import Request, Rule, Service
from awsbase.sandbox.services.ec2.networks import release_addresses
from awsbase.sandbox.snapshot import by_region
from awsbase.sandbox.wire import Refusal

PRINCIPAL = "scheduler.amazonaws.com"
AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")


def taken_on(request: Request) -> None:
    """Refuse a role that does not let the scheduler in, or is not known to it yet, and words that are no time.

    Raises Refusal with ValidationException.

    Recorded: LocalStack, tests_create_schedule_with_invalid_schedule_expression; the role's message,
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html.
    """
    words = request.params["ScheduleExpression"]
    if not AT.fullmatch(words) and not valid_rate(words) and not valid_cron(words):
        raise Refusal("ValidationException", f"Invalid Schedule Expression {words}.")
    arn = request.params["Target"]["RoleArn"]
    role = next((held for held in request.backend("iam", "aws").roles.values() if held.arn == arn), None)
    if role is None or request.memory(Propagation).unknown(arn, request) or not may_assume(request, role):
        raise Refusal(
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        )


def may_assume(request: Request, role: Any) -> bool:
    """Return whether a role trusts the scheduler of this account."""
    trust = role.assume_role_policy_document
    document = trust if isinstance(trust, dict) else json.loads(trust)
    statements = [each | {"Resource": "*"} for each in document.get("Statement", [])]
    context = {"aws:sourceaccount": request.account}
    return permits({"Statement": statements}, PRINCIPAL, "sts:AssumeRole", "*", context)


def run_due_schedules(request: Request) -> None:
    """Do what schedules were to do by now, before anybody looks.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """
    for region, backend in request.sandbox.backends("scheduler").items():
        for group in backend.schedule_groups.values():
            for schedule in list(group.schedules.values()):
                moment = AT.fullmatch(schedule.schedule_expression)
                if moment and datetime.fromisoformat(moment[1]).replace(tzinfo=UTC) <= request.sandbox.clock():
                    if schedule.action_after_completion == "DELETE":
                        del group.schedules[schedule.name]
                    run_schedule(request, region, schedule)


def run_schedule(request: Request, region: str, schedule: Any) -> None:
    """Call what a schedule names; what fails, fails unheard."""
    if schedule.target["Arn"].endswith(":::aws-sdk:ec2:terminateInstances"):
        for id in json.loads(schedule.target.get("Input") or "{}").get("InstanceIds", []):
            if any(i.id == id for held in request.backend("ec2", region).reservations.values() for i in held.instances):
                request.call_moto("ec2:TerminateInstances", region=region, InstanceIds=[id])
                release_addresses(request, region, [id])


def kept(request: Request, response: dict[str, Any]) -> None:
    """Keep what moto forgets when a schedule is updated.

    https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
    """
    schedule = request.backend("scheduler").get_schedule(request.params.get("GroupName"), request.params["Name"])
    schedule.action_after_completion = request.params.get("ActionAfterCompletion")


SCHEDULER_ROLE = passing("Target.RoleArn", "scheduler.amazonaws.com")


def schedule(request: Request) -> list[str]:
    """Name the schedule in its group."""
    group = request.params.get("GroupName") or "default"
    return [arn(request, f"scheduler:{request.region}:{request.account}:schedule/{group}/{request.params['Name']}")]


CALLS = table(
    {
        "ListSchedules": [own()],
        "CreateSchedule UpdateSchedule": [own(schedule), SCHEDULER_ROLE],
        "GetSchedule DeleteSchedule": [own(schedule)],
    }
)


def schedules(scheduler: Any) -> Any:
    """Return the schedules of a region, by name."""
    return {
        schedule.name: {
            "when": schedule.schedule_expression,
            "zone": schedule.schedule_expression_timezone,
            "then": schedule.action_after_completion,
            "calls": schedule.target["Arn"],
            "as": schedule.target["RoleArn"],
            # An instance has another id every time.
            "with": re.sub(r"i-[0-9a-f]{17}", "<instance>", schedule.target.get("Input", "")),
        }
        for group in scheduler.schedule_groups.values()
        for schedule in group.schedules.values()
    }


RULES = (
    Rule("ec2:Describe* scheduler:*", before=run_due_schedules, strict=False),
    Rule("scheduler:CreateSchedule scheduler:UpdateSchedule", before=taken_on),
    Rule("scheduler:UpdateSchedule", after=kept, strict=False),
    Rule("scheduler:CreateSchedule", before=known_token, after=keep_token, strict=False),
)

SERVICE = Service(
    "scheduler", rules=RULES, calls=CALLS, snapshot=by_region("scheduler", schedules), warm_up={"ListSchedules": {}}
)
