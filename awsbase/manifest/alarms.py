"""The alarms section: what the account tells by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.billing_alerts import BILLING_REGIONS, METRIC, NAMESPACE, BillingAlerts
from awsbase.manifest.base import Base
from awsbase.manifest.late_sections import LateSections
from awsbase.manifest.notify import topic_name, unknown_channel
from awsbase.manifest.paths import shown
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid
from awsbase.manifest.values import Email

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest
    from awsbase.manifest.security_alarms import SecurityAlarms

Currency = Literal["USD", "CNY"]

CURRENCIES: dict[str, Currency] = {"aws": "USD", "aws-cn": "CNY"}
SIX_HOURS = 6 * 60 * 60
# No bill is as high, and names of alarms have no room for more.
MOST = 1_000_000_000
NOTICES = 5
# What a notice of a budget takes besides a topic.
MAILS = 10


def amount(value: float) -> float:
    """Accept an amount of money: more than nothing, down to the hundredth; raises PydanticCustomError for any other."""
    if value <= 0:
        raise invalid(f"{value:g} is no amount that can be exceeded", "write one greater than 0")
    if value > MOST:
        raise invalid(f"{value:g} is more than anybody is billed", f"write one of up to {MOST:_}")
    if round(value, 2) != value:
        raise invalid(f"{value!r} has more than two decimals")
    return value


def steps(values: tuple[float, ...]) -> tuple[float, ...]:
    """Accept amounts that each give an alarm of their own; raises PydanticCustomError for any other."""
    if not values:
        raise invalid("no amounts, so nobody would ever be told", "leave amounts out, or the whole section")
    if twice := next((value for index, value in enumerate(values) if value in values[:index]), None):
        raise invalid(f"{spoken(twice)} is listed twice")
    return values


Amount = Annotated[float, AfterValidator(amount), Field(json_schema_extra={"exclusiveMinimum": 0, "maximum": MOST})]
Amounts = Annotated[Several[Amount], AfterValidator(steps), Field(json_schema_extra={"minItems": 1})]


class OnCosts:
    """Alarms on what a month costs are where AWS tells that, whatever the home."""

    @property
    def channel(self) -> str | None:
        """The channel that is told, if any."""
        raise NotImplementedError

    def channels(self, home: Scope) -> Iterator[tuple[str, Scope]]:
        """Yield the channel with the place where it is spoken on."""
        if home.partition in BILLING_REGIONS and self.channel:
            yield self.channel, billing_scope(home)


class BillingAlarms(OnCosts, Section):
    """One alarm for each amount that the estimated charges of a month may exceed."""

    amounts: Amounts = Field(
        default=(10, 50, 200),
        description="What a month may cost before somebody is told, in steps. The default tells of anything forgotten "
        "in an account that should cost next to nothing; put your usual bill between two steps.",
    )
    currency: Currency | None = Field(
        default=None, description="The currency that AWS bills in: USD, and CNY in China. Other ones are not published."
    )
    notify: str = Field(default="billing", description="The channel of the notify section that is told.")

    @property
    def channel(self) -> str:
        """Return the channel that is told."""
        return self.notify

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        partition = manifest.account.partition
        if partition not in BILLING_REGIONS:
            yield ValidationProblem(
                (),
                f"AWS publishes no billing metrics in {partition}",
                "set billing alarms in the commercial account that pays for this one",
            )
        elif self.currency not in (None, CURRENCIES[partition]):
            yield ValidationProblem(
                ("currency",), f"AWS bills {CURRENCIES[partition]} in {partition}, not {self.currency}"
            )
        yield from unknown_channel(("notify",), self.notify, manifest)

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield the preference that publishes estimated charges, and an alarm for each amount."""
        partition = base.scope.partition
        scope = billing_scope(base.scope)
        currency = self.currency or CURRENCIES[partition]
        switch = BillingAlerts(scope=scope)
        yield switch
        topic = topic_name(base, self.notify)
        for each in self.amounts:
            yield Alarm(
                scope=scope,
                name=billing_alarm(base.name, each, currency),
                description=f"The estimated charges of this month exceed {spoken(each)} {currency}.",
                namespace=NAMESPACE,
                metric=METRIC,
                dimensions={"Currency": currency},
                # Charges only grow within a month and come some times a day.
                statistic="Maximum",
                period=SIX_HOURS,
                threshold=each,
                comparison="GreaterThanThreshold",
                actions=(scope.arn("sns", topic),),
                tags=base.tags,
                made_here=(scope.address("topic", topic), switch.address),
            )


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
        from awsbase.ensure.budget import Budget, Notice, monthly

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
        from awsbase.ensure.anomaly_alert import AnomalyAlert

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


class Alarms(LateSections, Section):
    """What the account tells by itself. An empty section is billing and security; else it is what is named.

    AWS gives ten alarms for nothing and charges $0.10 a month for each further one.
    """

    modules: ClassVar[Mapping[str, str]] = {"security": "security_alarms"}

    billing: BillingAlarms | None = Field(
        default=None, description="Tells when the bill of a month grows; always in the region of the billing metrics."
    )
    security: SecurityAlarms | None = Field(
        default=None,
        description="Tells of what attackers and accidents do: the CIS controls, by the log group of the audit trail.",
    )
    budget: BudgetAlarm | None = Field(
        default=None, description="Tells when a monthly budget is spent, or is foreseen to be. Costs nothing."
    )
    anomaly: AnomalyAlarm | None = Field(
        default=None, description="Tells when a service costs much more than it used to. Costs nothing."
    )

    @property
    def wanted(self) -> dict[str, BillingAlarms | SecurityAlarms | BudgetAlarm | AnomalyAlarm]:
        """Return the alarms that are meant, by key: the best practice when nothing at all is named."""
        if not self.model_fields_set:
            from awsbase.manifest.security_alarms import SecurityAlarms

            return {"billing": BillingAlarms(), "security": SecurityAlarms()}
        named = {"billing": self.billing, "security": self.security, "budget": self.budget, "anomaly": self.anomaly}
        return {name: part for name, part in named.items() if part}

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        # What is named checks itself.
        if not self.model_fields_set:
            for name, part in self.wanted.items():
                for problem in part.check(manifest):
                    yield ValidationProblem((name, *problem.path), problem.message, problem.hint)

    def channels(self, home: Scope) -> Iterator[tuple[str, Scope]]:
        """Yield the channels that alarms speak on, each with the place where they do."""
        for part in self.wanted.values():
            yield from part.channels(home)

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield all alarms, with what feeds them."""
        for part in self.wanted.values():
            yield from part.resources(base, manifest)


def unsupported(what: str, partition: str) -> Iterator[ValidationProblem]:
    """Yield that AWS does not offer something in a partition, if so."""
    if partition not in BILLING_REGIONS:
        yield ValidationProblem(
            (), f"AWS has no {what} in {partition}", "set them in the commercial account that pays for this one"
        )


def billing_scope(home: Scope) -> Scope:
    """Return the place of billing metrics; an alarm anywhere else is accepted by AWS and never goes off."""
    return home.at(BILLING_REGIONS[home.partition])


def billing_alarm(name: str, amount: float, currency: str) -> str:
    """Return what the manifest of an account calls the alarm at an amount."""
    return f"{name}-billing-{spoken(amount)}-{currency.lower()}"


def anomalies(name: str) -> str:
    """Return what the manifest of an account calls its alert on cost anomalies."""
    return f"{name}-anomalies"


def spoken(value: float) -> str:
    """Write an amount as people do: 50 and 12.50."""
    return f"{value:.2f}".removesuffix(".00")
