"""The alarms section: what the account tells by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from awsbase.engine.place import Place
from awsbase.engine.resource import Resource
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.billing_alerts import METRIC, NAMESPACE, BillingAlerts
from awsbase.manifest.base import Base
from awsbase.manifest.notify import topic_name, unknown_channel
from awsbase.manifest.section import Problem, Section, Several, advice

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

Currency = Literal["USD", "CNY"]

# AWS keeps billing metrics in one region of a partition, wherever the account lives; the others have none at all:
# a GovCloud account is billed through its commercial twin.
BILLING_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1"}
CURRENCIES: dict[str, Currency] = {"aws": "USD", "aws-cn": "CNY"}
SIX_HOURS = 6 * 60 * 60


def amount(value: float) -> float:
    """Accept an amount of money: more than nothing, down to the hundredth."""
    if value <= 0:
        raise advice(f"{value:g} is no amount that can be exceeded", "write one greater than 0")
    if round(value, 2) != value:
        raise advice(f"{value!r} has more than two decimals")
    return value


def steps(values: tuple[float, ...]) -> tuple[float, ...]:
    """Accept amounts that each give an alarm of their own."""
    if not values:
        raise advice("no amounts, so nobody would ever be told", "leave amounts out, or the whole section")
    if twice := next((value for index, value in enumerate(values) if value in values[:index]), None):
        raise advice(f"{spoken(twice)} is listed twice")
    return values


Amount = Annotated[float, AfterValidator(amount), Field(json_schema_extra={"exclusiveMinimum": 0})]
Amounts = Annotated[Several[Amount], AfterValidator(steps), Field(json_schema_extra={"minItems": 1})]


class BillingAlarms(Section):
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

    def check(self, manifest: Manifest) -> Iterator[Problem]:
        partition = manifest.account.partition
        if partition not in BILLING_REGIONS:
            yield Problem(
                (),
                f"AWS publishes no billing metrics in {partition}",
                "set billing alarms in the commercial account that pays for this one",
            )
        elif self.currency not in (None, CURRENCIES[partition]):
            yield Problem(("currency",), f"AWS bills {CURRENCIES[partition]} in {partition}, not {self.currency}")
        yield from unknown_channel(("notify",), self.notify, manifest)

    def resources(self, base: Base) -> Iterator[Resource]:
        """Yield the preference that publishes estimated charges, and an alarm for each amount."""
        partition = base.place.partition
        place = billing_place(base.place)
        currency = self.currency or CURRENCIES[partition]
        switch = BillingAlerts(place=place)
        yield switch
        topic = topic_name(base, self.notify)
        for each in self.amounts:
            yield Alarm(
                place=place,
                name=f"{base.name}-billing-{spoken(each)}-{currency.lower()}",
                description=f"The estimated charges of this month exceed {spoken(each)} {currency}.",
                namespace=NAMESPACE,
                metric=METRIC,
                dimensions={"Currency": currency},
                # Charges only grow within a month and come some times a day.
                statistic="Maximum",
                period=SIX_HOURS,
                threshold=each,
                comparison="GreaterThanThreshold",
                actions=(place.arn("sns", topic),),
                tags=base.tags,
                made_here=(place.address("topic", topic), switch.address),
            )


class Alarms(Section):
    """What the account tells by itself. An empty section is all of it; else what is named."""

    billing: BillingAlarms | None = Field(
        default=None, description="Tells when the bill of a month grows; always in the region of the billing metrics."
    )

    @property
    def wanted(self) -> BillingAlarms | None:
        """Return the billing alarms that are meant: the best practice when nothing at all is named."""
        return self.billing if self.model_fields_set else BillingAlarms()

    def check(self, manifest: Manifest) -> Iterator[Problem]:
        # What is named checks itself.
        if self.wanted and not self.billing:
            for problem in self.wanted.check(manifest):
                yield Problem(("billing", *problem.path), problem.message, problem.hint)

    def channels(self, home: Place) -> Iterator[tuple[str, Place]]:
        """Yield the channels that alarms speak on, each with the place where they do."""
        if self.wanted and home.partition in BILLING_REGIONS:
            yield self.wanted.notify, billing_place(home)

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield all alarms, with what feeds them."""
        if self.wanted:
            yield from self.wanted.resources(base)


def billing_place(home: Place) -> Place:
    """Return the place of billing metrics; an alarm anywhere else is accepted by AWS and never goes off."""
    return home.at(BILLING_REGIONS[home.partition])


def spoken(value: float) -> str:
    """Write an amount as people do: 50 and 12.50."""
    return f"{value:.0f}" if value == int(value) else f"{value:.2f}"
