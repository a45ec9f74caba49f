"""Billing preferences, which moto does not have: whether estimated charges are published as a metric."""

from dataclasses import dataclass
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule


@dataclass
class Billing:
    """What the account's owner chose on the billing preferences page."""

    STATE = "billing"

    alerts: str = "DISABLED"

    def state(self) -> dict[str, str]:
        """Return what counts as the account's state."""
        return {"BILLING_ALERTS": self.alerts}


def closed(ask: Ask) -> None:
    """Refuse where the account's bills are somebody else's business, as in a member of an organisation."""
    if not ask.sandbox.billing_api:
        raise Refusal("AccessDeniedException", f"User: {ask.caller.arn} is not authorized to perform: {ask.name}", 403)


def tell_preferences(ask: Ask) -> dict[str, Any]:
    """Answer with the one preference that the sandbox keeps."""
    if ask.params.get("features") != ["BILLING_ALERTS"]:
        return {"billingPreferences": []}
    alerts = ask.memory(Billing).alerts
    return {"billingPreferences": [{"feature": "BILLING_ALERTS", "key": key(ask), "value": alerts}]}


def update_preferences(ask: Ask) -> dict[str, Any]:
    """Keep a preference; only a key that was read is a valid one."""
    for wanted in ask.params["billingPreferencesPerKey"]:
        if ask.params["feature"] != "BILLING_ALERTS" or wanted["key"] != key(ask):
            raise Refusal("ValidationException", f"{wanted['key']} is no preference key of {ask.params['feature']}")
        ask.memory(Billing).alerts = wanted["value"]
    return {}


def key(ask: Ask) -> str:
    """Return the preference's key. Unverified: the API's model gives only its pattern, so clients must read it."""
    return f"AccountId:{ask.account}"


RULES = (
    Rule("billing:*", before=closed, strict=False),
    Rule("billing:GetBillingPreferences", before=tell_preferences, strict=False),
    Rule("billing:UpdateBillingPreferences", before=update_preferences, strict=False),
)
