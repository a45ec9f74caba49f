"""The credential report, as old as AWS lets it become: up to four hours."""

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

KEPT = timedelta(hours=4)
DATE = "%Y-%m-%dT%H:%M:%S+00:00"
KEY = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
COLUMNS = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(f"access_key_{number}_{what}" for number in (1, 2) for what in KEY),
    *(f"cert_{number}_{what}" for number in (1, 2) for what in ("active", "last_rotated")),
)


@dataclass
class Report:
    """The report that was made last."""

    content: str = ""
    at: datetime | None = None


def generate(request: Request) -> dict[str, Any]:
    """Make a report, unless there is one that is young enough.

    Recorded: cloud-custodian, iam.GenerateCredentialReport.
    """
    report = request.memory(Report)
    if report.at and request.sandbox.clock() - report.at < KEPT:
        return {"State": "COMPLETE"}
    report.content, report.at = _written(request), request.sandbox.clock()
    return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}


def get_report(request: Request) -> dict[str, Any]:
    """Return the report that there is; raises Refusal with ReportNotPresent or ReportExpired.

    Recorded: cloud-custodian, iam.GetCredentialReport; the four hours, https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
    """
    report = request.memory(Report)
    if report.at is None:
        raise Refusal("ReportNotPresent", "No report exists. Generate one.", 410)
    if request.sandbox.clock() - report.at >= KEPT:
        raise Refusal("ReportExpired", "The report is too old. Generate a new one.", 410)
    return {"Content": report.content.encode(), "ReportFormat": "text/csv", "GeneratedTime": report.at}


def count_root(request: Request, response: dict[str, Any]) -> None:
    """Return whether root has MFA.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
    """
    response["SummaryMap"]["AccountMFAEnabled"] = int(request.sandbox.root_mfa)


def _written(request: Request) -> str:
    iam = request.backend("iam")
    text = StringIO()
    table = csv.DictWriter(text, COLUMNS, restval="N/A", lineterminator="\n")
    table.writeheader()
    off = {f"{what}_{number}_active": "false" for what in ("access_key", "cert") for number in (1, 2)}
    table.writerow(
        off
        | {
            "user": "<root_account>",
            "arn": f"arn:{iam.partition}:iam::{request.account}:root",
            "user_creation_time": "2020-01-01T00:00:00+00:00",
            "password_enabled": "not_supported",
            "password_last_used": "no_information",
            "password_last_changed": "not_supported",
            "password_next_rotation": "not_supported",
            "mfa_active": str(request.sandbox.root_mfa).lower(),
        }
    )
    for user in iam.users.values():
        row = off | {
            "user": user.name,
            "arn": user.arn,
            "user_creation_time": user.create_date.strftime(DATE),
            "password_enabled": str(user.password is not None).lower(),
            "password_last_used": "no_information" if user.password else "N/A",
            "password_last_changed": user.create_date.strftime(DATE) if user.password else "N/A",
            "mfa_active": str(bool(user.mfa_devices)).lower(),
        }
        for number, key in enumerate(user.access_keys[:2], 1):
            row[f"access_key_{number}_active"] = str(key.status == "Active").lower()
            row[f"access_key_{number}_last_rotated"] = key.create_date.strftime(DATE)
        table.writerow(row)
    return text.getvalue()


RULES = (
    Rule("iam:GenerateCredentialReport", before=generate, strict=False),
    Rule("iam:GetCredentialReport", before=get_report, strict=False),
    Rule("iam:GetAccountSummary", after=count_root, strict=False),
)
