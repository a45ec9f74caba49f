"""What each call needs to be allowed: one module a service, or a family of them, one row here."""

from collections.abc import Iterator, Mapping

from awsbase.sandbox.authorization.calls import (
    account,
    cloudtrail,
    cloudwatch,
    ec2,
    guarding,
    iam,
    kms,
    logs,
    s3,
    secretsmanager,
    sns,
    spending,
    ssm,
    sts,
    timing,
)
from awsbase.sandbox.authorization.calls.call import Call, Need
from awsbase.sandbox.rule import Ask, Refusal

__all__ = ["CALLS", "Need", "needs"]

CALLS: Mapping[str, Mapping[str, tuple[Call, ...]]] = {
    "accessanalyzer": guarding.ACCESS_ANALYZER,
    "account": account.CONTACTS,
    "billing": spending.BILLING,
    "budgets": spending.BUDGETS,
    "ce": spending.COSTS,
    "cloudtrail": cloudtrail.CALLS,
    "cloudwatch": cloudwatch.CALLS,
    "config": guarding.CONFIG,
    "dlm": timing.LIFECYCLE,
    "ec2": ec2.CALLS,
    "events": timing.EVENTS,
    "guardduty": guarding.GUARDDUTY,
    "iam": iam.CALLS,
    "kms": kms.CALLS,
    "logs": logs.CALLS,
    "organizations": account.ORGANIZATIONS,
    "resourcegroupstaggingapi": account.TAGGING,
    "s3": s3.CALLS,
    "s3control": s3.CONTROL,
    "scheduler": timing.SCHEDULER,
    "secretsmanager": secretsmanager.CALLS,
    "securityhub": guarding.SECURITY_HUB,
    "sns": sns.CALLS,
    "ssm": ssm.CALLS,
    "sts": sts.CALLS,
}


def needs(ask: Ask) -> Iterator[Need]:
    """Yield all that a call needs; refuse one of which that is not known."""
    calls = CALLS.get(ask.service, {}).get(ask.operation)
    if calls is None:
        raise Refusal("SandboxGap", f"the sandbox does not know what rights {ask.name} needs; nothing was sent to AWS")
    for call in calls:
        yield from call(ask)
