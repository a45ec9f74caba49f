"""Which services and actions an identity used last: reports that IAM writes from what it has logged.

A report is asked for, written in the background, and shown for hours. It lags by four hours, and reaches back 400 days.
Data events are not in it. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from awsbase.sandbox.call_log import Call
from awsbase.sandbox.event_history import DATA, region_of
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

LAG = timedelta(hours=4)
TRACKED = timedelta(days=400)
# How often a report says that it is not there yet.
LOOKS = 1


@dataclass
class Report:
    """One report: about whom, how detailed, and how often somebody may still look in vain."""

    arn: str
    actions: bool
    asked: datetime
    looks: int = LOOKS


@dataclass
class Reports:
    """The reports of an account, by the ids of their jobs."""

    held: dict[str, Report] = field(default_factory=dict)


def generate(request: Request) -> dict[str, Any]:
    """Begin a report about an identity; raises Refusal with NoSuchEntity.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html
    """
    arn = request.params["Arn"]
    if arn not in set(known(request)):
        raise Refusal("NoSuchEntity", f"ARN {arn} is not found.", 404)
    held = request.memory(Reports).held
    job = f"00000000-0000-4000-8000-{len(held):012d}"
    held[job] = Report(arn, request.params.get("Granularity") == "ACTION_LEVEL", request.sandbox.clock())
    return {"JobId": job}


def known(request: Request) -> Iterator[str]:
    """Yield the ARNs of what a report can be about: users, groups, roles and policies."""
    iam = request.backend("iam")
    yield from (each.arn for each in (*iam.users.values(), *iam.groups.values(), *iam.roles.values()))
    yield from iam.managed_policies


def show(request: Request) -> dict[str, Any]:
    """Return a report once it is written; raises Refusal with NoSuchEntity.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html
    """
    report = request.memory(Reports).held.get(request.params["JobId"])
    if report is None:
        raise Refusal("NoSuchEntity", f"JobId {request.params['JobId']} is not found.", 404)
    kind = {"JobType": "ACTION_LEVEL" if report.actions else "SERVICE_LEVEL", "JobCreationDate": report.asked}
    if report.looks > 0:
        report.looks -= 1
        # The model of the API demands both, and AWS sends them empty.
        begun = {"ServicesLastAccessed": [], "JobCompletionDate": report.asked, "IsTruncated": False}
        return {"JobStatus": "IN_PROGRESS", **kind, **begun}
    listed = [*services(request, report)]
    start = int(request.params.get("Marker") or 0)
    end = start + min(int(request.params.get("MaxItems", 100)), request.sandbox.pages or 100)
    page = {"IsTruncated": end < len(listed), **({"Marker": str(end)} if end < len(listed) else {})}
    done = {"ServicesLastAccessed": listed[start:end], "JobCompletionDate": report.asked}
    return {"JobStatus": "COMPLETED", **kind, **done, **page}


def services(request: Request, report: Report) -> Iterator[dict[str, Any]]:
    """Yield each service that an identity used, with the last use of it and of each of its actions."""
    used: dict[str, dict[str, Call]] = {}
    for call in sorted(calls(request, report), key=lambda call: str(call.at)):
        used.setdefault(request.sandbox.services.find(call.service).iam_prefix, {})[call.operation] = call
    for prefix, actions in sorted(used.items()):
        last = max(actions.values(), key=lambda call: str(call.at))
        yield {
            "ServiceName": prefix,
            "ServiceNamespace": prefix,
            "LastAuthenticated": last.at,
            "LastAuthenticatedEntity": report.arn,
            "LastAuthenticatedRegion": region_of(request, last),
            "TotalAuthenticatedEntities": 1,
            **({"TrackedActionsLastAccessed": [*map(tracked, actions.values())]} if report.actions else {}),
        }


def tracked(call: Call) -> dict[str, Any]:
    """Return the last use of one action."""
    return {"ActionName": call.operation, "LastAccessedTime": call.at, "LastAccessedRegion": call.region}


def calls(request: Request, report: Report) -> Iterator[Call]:
    """Yield the calls of an identity that a report tells of, refused ones included."""
    newest, oldest = report.asked - LAG, report.asked - TRACKED
    for call in request.sandbox.history:
        if call.at is None or call.caller is None or not oldest <= call.at <= newest:
            continue
        if call.caller.principal == report.arn and call.operation not in DATA.get(call.service, ()):
            yield call


def in_details(request: Request, response: dict[str, Any]) -> None:
    """Say of each role when it was last used, as far as a report would; moto leaves it out.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html
    """
    newest: dict[str, Call] = {}
    until = request.sandbox.clock() - LAG
    for call in request.sandbox.history:
        if call.caller and call.caller.kind == "role" and call.at and call.at <= until:
            newest[call.caller.name] = call
    for role in response["RoleDetailList"]:
        last = newest.get(role["RoleName"])
        role["RoleLastUsed"] = {"LastUsedDate": last.at, "Region": region_of(request, last)} if last else {}


RULES = (
    Rule("iam:GenerateServiceLastAccessedDetails", before=generate, strict=False),
    Rule("iam:GetServiceLastAccessedDetails", before=show, strict=False),
    Rule("iam:GetAccountAuthorizationDetails", after=in_details, strict=False),
)
