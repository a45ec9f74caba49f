"""Alarms on a budget, and on what costs more than it used to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from awsbase.engine.resource import Resource
from awsbase.ensure.anomaly_alert import AnomalyAlert
from awsbase.ensure.billing_alerts import BILLING_REGIONS
from awsbase.ensure.budget import Budget, Notice, monthly
from awsbase.manifest.alarms import CURRENCIES, Amount, Currency, OnCosts, billing_scope
from awsbase.manifest.base import Base
from awsbase.manifest.notify import topic_name, unknown_channel
from awsbase.manifest.paths import shown
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid
from awsbase.manifest.values import Email

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

NOTICES = 5
# What a notice of a budget takes besides a topic.
MAILS = 10


def percents(values: tuple[float, ...]) -> tuple[float, ...]:
    """Accept parts of a budget, in percent, that each are told once; raises PydanticCustomError for any other."""
    for value in values:
        if not 0 < value <= 1000:
            raise invalid(f"{value:g} is no percentage of a budget", "write one above 0, up to 1000")
    if twice := next((value for index, value in enumerate(values) if value in values[:index]), None):
        raise invalid(f"{twice:g} is listed twice")
    return values


Percents = Annotated[Several[float], AfterValidator(percents)]


class BudgetAlarm(OnCosts, Section):
    """A monthly budget, whose mails tell not only what was spent but what will be. AWS charges nothing for it."""

    stand_in: ClassVar[Mapping[str, Any]] = {"amount": 1}

    amount: Amount = Field(description="What a month may cost, before credits and refunds.")
    currency: Currency | None = Field(
        default=None, description="The currency that AWS bills in: USD, and CNY in China."
    )
    actual: Percents = Field(default=(80, 100), description="Percentages of the amount: told when they are spent.")
    forecast: Percents = Field(
        default=(100,), description="Percentages of the amount: told when the month is foreseen to reach them."
    )
    notify: str = Field(default="billing", description="The channel of the notify section that is told.")
    email: Annotated[Several[Email], Field(max_length=MAILS)] = Field(
        default=(),
        description="Addresses that AWS Budgets tells itself, without a topic and without asking for confirmation. "
        "With them a channel is told only if notify names it. For accounts in which the region of the bills is closed.",
    )

    @property
    def channel(self) -> str | None:
        """Return the channel that is told, or None where mail takes its place."""
        return None if self.email and "notify" not in self.model_fields_set else self.notify

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        if self.channel:
            yield from unknown_channel(("notify",), self.channel, manifest)
        yield from unsupported("budgets", manifest.account.partition)
        if not self.actual and not self.forecast:
            yield ValidationProblem(
                (), "neither actual nor forecast, so nobody would ever be told", "leave one of them out"
            )
        # AWS takes no more for one budget.
        if len(self.actual) + len(self.forecast) > NOTICES:
            yield ValidationProblem((), f"AWS tells at {NOTICES} percentages of a budget at most", "drop some")
        partition = manifest.account.partition
        if self.currency and self.currency != CURRENCIES.get(partition, self.currency):
            yield ValidationProblem(
                ("currency",), f"AWS bills {CURRENCIES[partition]} in {partition}, not {self.currency}"
            )

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield the budget."""
        scope = billing_scope(base.scope)
        topic = topic_name(base, self.channel) if self.channel else None
        yield Budget(
            scope=scope,
            name=monthly(base.name),
            amount=self.amount,
            currency=self.currency or CURRENCIES[scope.partition],
            notices=(
                *(Notice("ACTUAL", float(each)) for each in self.actual),
                *(Notice("FORECASTED", float(each)) for each in self.forecast),
            ),
            subscribers=(
                *((("SNS", scope.arn("sns", topic)),) if topic else ()),
                *(("EMAIL", address) for address in self.email),
            ),
            tags=base.tags,
            made_here=(scope.address("topic", topic),) if topic else (),
        )


def summarized(value: str) -> str:
    """Accept a mail address that Cost Explorer takes: it is narrower than mail itself.

    Raises PydanticCustomError for any other.
    """
    if odd := sorted(set("/`") & set(value)):
        raise invalid(f"Cost Explorer takes no {' and no '.join(odd)} in {shown(value)}", "name another address")
    return value


class AnomalyAlarm(OnCosts, Section):
    """What costs much more than it used to, by service, as AWS has learned it. AWS charges nothing for it."""

    above: Amount = Field(default=50, description="What an anomaly has to cost before somebody is told.")
    frequency: Literal["immediate", "daily", "weekly"] = Field(
        default="immediate",
        description="How soon: at once to the channel, or in a daily or weekly summary to the mail addresses.",
    )
    notify: str = Field(default="billing", description="The channel that is told at once.")
    email: Several[Annotated[Email, AfterValidator(summarized)]] = Field(
        default=(), description="Who gets the summaries; AWS sends those by mail only, and asks for no confirmation."
    )

    @property
    def channel(self) -> str | None:
        """Return the channel that is told, or None where summaries are mailed."""
        return self.notify if self.frequency == "immediate" else None

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        yield from unsupported("cost anomalies", manifest.account.partition)
        if self.frequency == "immediate":
            yield from unknown_channel(("notify",), self.notify, manifest)
            if self.email:
                hint = "leave email out, or write frequency: daily"
                yield ValidationProblem(("email",), "what is told at once goes to the channel only", hint)
        else:
            if not self.email:
                yield ValidationProblem(
                    ("email",), f"AWS sends {self.frequency} summaries by mail only", "name an address"
                )
            if "notify" in self.model_fields_set:
                hint = "leave notify out, or write frequency: immediate"
                yield ValidationProblem(("notify",), f"AWS sends {self.frequency} summaries by mail only", hint)

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield the alert."""
        scope = billing_scope(base.scope)
        topic = topic_name(base, self.notify)
        at_once = self.frequency == "immediate"
        yield AnomalyAlert(
            scope=scope,
            name=anomalies(base.name),
            above=self.above,
            frequency=self.frequency.upper(),
            subscribers=(("SNS", scope.arn("sns", topic)),) if at_once else tuple(("EMAIL", one) for one in self.email),
            tags=base.tags,
            made_here=(scope.address("topic", topic),) if at_once else (),
        )


def unsupported(what: str, partition: str) -> Iterator[ValidationProblem]:
    """Yield that AWS does not offer something in a partition, if so."""
    if partition not in BILLING_REGIONS:
        yield ValidationProblem(
            (), f"AWS has no {what} in {partition}", "set them in the commercial account that pays for this one"
        )


def anomalies(name: str) -> str:
    """Return what the manifest of an account calls its alert on cost anomalies."""
    return f"{name}-anomalies"
