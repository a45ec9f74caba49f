"""The preference that makes AWS publish what the account has cost so far, as a metric."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.refusals import understood
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.records import record

# AWS keeps billing metrics in one region of a partition, wherever the account lives; the others have none at all:
# a GovCloud account is billed through its commercial twin.
BILLING_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1"}
FEATURE = "BILLING_ALERTS"
NAMESPACE, METRIC = "AWS/Billing", "EstimatedCharges"
log = logging.getLogger("awsbase")


@record(kw_only=True)
class BillingAlerts(Resource):
    """Estimated charges are published as a metric; the place is the region where AWS keeps billing metrics."""

    @property
    def address(self) -> str:
        return f"billing-alerts/{self.scope.account}"


@record
class BillingFacts:
    """The preference as the billing API tells it; `off` are the keys under which it is switched off.

    `untold` says why the API does not tell it to this account.
    """

    off: tuple[str, ...] = ()
    untold: str = ""


def preference(facts: Facts, region: str) -> BillingFacts | None:
    """Read the preference; None where the billing API has no answer for this account."""
    from botocore.exceptions import ClientError, EndpointConnectionError

    billing = facts.aws.at(region).billing
    try:
        page = billing.get_billing_preferences(features=[FEATURE])
    except (ClientError, EndpointConnectionError) as error:
        # A member account is refused, and this API is too young to be everywhere: what the metrics say is as good.
        log.debug("the billing API has no answer: %s", error)
        refusal = understood(error) if isinstance(error, ClientError) else None
        return BillingFacts(untold=str(refusal)) if refusal and refusal.by_organization else None
    found = page["billingPreferences"]
    while token := page.get("nextToken"):
        page = billing.get_billing_preferences(features=[FEATURE], nextToken=token)
        found += page["billingPreferences"]
    if not found:
        return None
    return BillingFacts(tuple(each["key"] for each in found if each["value"] != "ENABLED"))


def published(facts: Facts, region: str) -> bool:
    """Tell whether estimated charges have been published lately, which they are once the preference is on."""
    pages = (
        facts.aws.at(region).cloudwatch.get_paginator("list_metrics").paginate(Namespace=NAMESPACE, MetricName=METRIC)
    )
    return any(page["Metrics"] for page in pages)


def billing_scope(home: Scope) -> Scope | None:
    """Return the place where AWS answers for bills; None in a partition that has none."""
    region = BILLING_REGIONS.get(home.partition)
    return home.at(region) if region else None


def billing_alerts_things(facts: Facts, scope: Scope) -> Things:
    """Yield the preference where it is on, as far as AWS tells."""
    if there := billing_scope(scope):
        have = facts.read(preference, there.region)
        if not have.off if have and not have.untold else facts.read(published, there.region):
            yield Described(BillingAlerts(scope=there))


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to find out whether they are on."""
    yield allow("billing", "GetBillingPreferences")
    yield allow("cloudwatch", "ListMetrics")


def billing_reads(want: BillingAlerts) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield preference, want.scope.region


def ensure_billing_alerts(run: Run, want: BillingAlerts) -> None:
    """Switch billing alerts on where the account may do that by API; else say where a person does it.

    Nothing switches them off again: AWS has no way back.
    """
    region = want.scope.region
    have = run.read(preference, region)

    if have is None or have.untold:
        if not run.read(published, region):
            ask_for_it(run, want, have.untold if have else "")
    elif have.off:
        run.update(
            "billing alerts",
            [Drift(key, "DISABLED", "ENABLED") for key in have.off],
            run.aws.billing.update_billing_preferences,
            feature=FEATURE,
            # The key is theirs: told by the read, never made up.
            billingPreferencesPerKey=[{"key": key, "value": "ENABLED"} for key in have.off],
        )


def ask_for_it(run: Run, want: BillingAlerts, untold: str) -> None:
    """Say where billing alerts are switched on, and by whom."""
    account = want.scope.account
    title = f"billing alerts of account {account} are not switched on, so its billing alarms hear nothing"
    if untold:
        title = f"billing alerts of account {account} are perhaps not switched on: {untold}"
    console = "console.amazonaws.cn" if want.scope.partition == "aws-cn" else "console.aws.amazon.com"
    run.manual_action(
        title,
        "sign in to the account that pays: in an organization that is the management account, and it decides for all "
        "members; IAM users see bills only after root has activated 'IAM user and role access to Billing information'",
        f"open https://{console}/billing/home#/preferences",
        "under 'Alert preferences' choose Edit, tick 'Receive CloudWatch billing alerts', and choose Update",
        "wait: the first figures come after about 15 minutes, in an idle account after some hours",
        probe=f"billing GetBillingPreferences says ENABLED, or {METRIC} appears in {NAMESPACE} in {want.scope.region}",
    )


def read_permissions(want: BillingAlerts) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("billing", "GetBillingPreferences")
    yield allow("cloudwatch", "ListMetrics")


def write_permissions(want: BillingAlerts) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("billing", "UpdateBillingPreferences")


KIND = Kind(
    ensure_billing_alerts,
    billing_reads,
    resource=BillingAlerts,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Publishes what the month has cost so far as a metric.",
        why="Without it billing alarms have no data, and never ring. Once on, AWS does not switch it off.",
        undo=("AWS has no way back: a metric that nobody looks at costs nothing",),
    ),
    word="billing-alerts",
    found_by="there is one",
    owns="that they are on",
    describe=Describe(billing_alerts_things, describe_permissions),
    absent=Absent(why="AWS has no way back: once on, billing alerts stay on"),
)
