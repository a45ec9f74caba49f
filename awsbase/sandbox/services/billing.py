"""Billing preferences, which moto does not have: whether estimated charges are published as a metric."""

from dataclasses import dataclass
from typing import Any

from awsbase.sandbox.authorization.permissions import own, table
from awsbase.sandbox.service import Request, Rule, Service
from awsbase.sandbox.snapshot import remembered
from awsbase.sandbox.wire import Refusal


@dataclass
class Billing:
    """What the account's owner chose on the billing preferences page."""

    STATE = "billing"

    alerts: str = "DISABLED"

    def state(self) -> dict[str, str]:
        """Return what counts as the account's state."""
        return {"BILLING_ALERTS": self.alerts}


def closed(request: Request) -> None:
    """Refuse where the account's bills are somebody else's business, as in a member of an organisation.

    Raises Refusal with AccessDeniedException.
    """
    if not request.sandbox.billing_api:
        raise Refusal(
            "AccessDeniedException", f"User: {request.caller.arn} is not authorized to perform: {request.name}", 403
        )


def get_preferences(request: Request) -> dict[str, Any]:
    """Answer with the one preference that the sandbox keeps.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_billing_GetBillingPreferences.html
    """
    if request.params.get("features") != ["BILLING_ALERTS"]:
        return {"billingPreferences": []}
    alerts = request.memory(Billing).alerts
    return {"billingPreferences": [{"feature": "BILLING_ALERTS", "key": key(request), "value": alerts}]}


def update_preferences(request: Request) -> dict[str, Any]:
    """Keep a preference; only a key that was read is a valid one.

    Raises Refusal with ValidationException.
    """
    for wanted in request.params["billingPreferencesPerKey"]:
        if request.params["feature"] != "BILLING_ALERTS" or wanted["key"] != key(request):
            raise Refusal("ValidationException", f"{wanted['key']} is no preference key of {request.params['feature']}")
        request.memory(Billing).alerts = wanted["value"]
    return {}


def key(request: Request) -> str:
    """Return the preference's key. Unverified: the API's model gives only its pattern, so clients must read it."""
    return f"AccountId:{request.account}"


CALLS = table({"GetBillingPreferences UpdateBillingPreferences": [own()]})
RULES = (
    Rule("billing:*", before=closed, strict=False),
    Rule("billing:GetBillingPreferences", before=get_preferences, strict=False),
    Rule("billing:UpdateBillingPreferences", before=update_preferences, strict=False),
)


SERVICE = Service(
    "billing",
    rules=RULES,
    calls=CALLS,
    snapshot=remembered(Billing),
    is_global=True,
    opt_in=False,
    warm_up={"GetBillingPreferences": {"features": ["BILLING_ALERTS"]}},
)
