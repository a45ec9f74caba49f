"""The alarms section: what the account tells by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.billing_alerts import BILLING_REGIONS, METRIC, NAMESPACE, BillingAlerts
from awsbase.manifest.base import Base
from awsbase.manifest.late_sections import LateSections
from awsbase.manifest.notify import topic_name, unknown_channel
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid

if TYPE_CHECKING:
    from awsbase.manifest.cost_alarms import AnomalyAlarm, BudgetAlarm
    from awsbase.manifest.manifest import Manifest
    from awsbase.manifest.security_alarms import SecurityAlarms

Currency = Literal["USD", "CNY"]

CURRENCIES: dict[str, Currency] = {"aws": "USD", "aws-cn": "CNY"}
SIX_HOURS = 6 * 60 * 60
# No bill is as high, and names of alarms have no room for more.
MOST = 1_000_000_000


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
        """Return the channel that hears of it, if any; raises NotImplementedError where no alarm says its own."""
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


class Alarms(LateSections, Section):
    """What the account tells by itself. An empty section is billing and security; else it is what is named.

    AWS gives ten alarms for nothing and charges $0.10 a month for each further one.
    """

    modules: ClassVar[Mapping[str, str]] = {
        "security": "security_alarms",
        "budget": "cost_alarms",
        "anomaly": "cost_alarms",
    }

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


def billing_scope(home: Scope) -> Scope:
    """Return the place of billing metrics; an alarm anywhere else is accepted by AWS and never goes off."""
    return home.at(BILLING_REGIONS[home.partition])


def billing_alarm(name: str, amount: float, currency: str) -> str:
    """Return what the manifest of an account calls the alarm at an amount."""
    return f"{name}-billing-{spoken(amount)}-{currency.lower()}"


def spoken(value: float) -> str:
    """Write an amount as people do: 50 and 12.50."""
    return f"{value:.2f}".removesuffix(".00")
