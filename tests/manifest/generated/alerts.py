"""Contacts, notification channels, the audit trail, and the alarms."""

from __future__ import annotations

import string
from collections.abc import Collection
from typing import Any

from hypothesis import strategies as st

from tests.manifest.generated.texts import (
    DAYS,
    EMAIL,
    EMAILS,
    PRINTED,
    RETENTION,
    WORD,
    YES_OR_NO,
    Home,
    Strategy,
    alias,
    bucket,
    ending,
    name,
    part,
    several,
    text,
)

VISIBLE = PRINTED.filter(str.strip)
CONTACT = part(
    {
        "name": VISIBLE,
        "title": VISIBLE,
        "email": st.builds(
            "{}@{}.{}".format,
            st.text(WORD + "_+=.#|!&-", min_size=1, max_size=20),
            st.text(WORD + "_.-", min_size=1, max_size=20),
            st.text(WORD + "_", min_size=1, max_size=8),
        ),
        "phone": st.text(string.digits + " ()+-", max_size=24).map(lambda begin: begin + "0"),
    }
)
CONTACTS = part(security=CONTACT, billing=CONTACT, operations=CONTACT)

WEB = st.text(WORD + "-._~%!$&'()*+,;=:@/", max_size=20)
HOOK = st.builds(
    "https://{}{}/{}{}".format,
    st.sampled_from(["", "me:pass@", "me@"]),
    st.from_regex(r"[a-z0-9]{1,9}(\.[a-z0-9]{1,9}){1,2}(:[1-9][0-9]{1,3})?", fullmatch=True),
    WEB,
    st.just("") | WEB.map("?k={}".format) | WEB.map("#{}".format),
)
CONTROLS = """
    unauthorized-calls console-without-mfa root-use iam-changes trail-changes console-failures key-loss
    bucket-policies config-changes security-groups network-acls gateways route-tables vpcs organization notifications
    kept-data root-sign-in
""".split()  # noqa: SIM905, eighteen lines would not read better
AMOUNT = st.integers(1, 10**7) | st.integers(1, 10**7).map(lambda cents: cents / 100)
PERCENT = st.integers(1, 1000) | st.integers(1, 100_000).map(lambda hundredths: hundredths / 100)


def notify(home: Home, needed: Collection[str]) -> Strategy:
    """Draw notification channels, including the needed ones."""
    queue = st.text(WORD + "_-", min_size=1, max_size=80).map(lambda drawn: home.arn("sqs", drawn))
    function = st.text(WORD + "_-", min_size=1, max_size=64).map(lambda drawn: home.arn("lambda", f"function:{drawn}"))
    channel = part(
        email=EMAILS,
        https=st.lists(HOOK, max_size=2, unique_by=lambda hook: hook.replace("me:pass@", "me@")),
        sqs=several(queue, most=2),
        lambda_=several(function, most=2),
        encrypted=YES_OR_NO,
    )
    names = name(WORD + "_-", 64) | st.sampled_from(["security", "billing"])
    more = st.lists(names, max_size=2)
    return more.flatmap(lambda more: st.fixed_dictionaries(dict.fromkeys([*needed, *more], channel)))


AUDIT = part(
    trail=ending(WORD, "trail") | st.sampled_from(["{name}.trail", "The_{region}-trail"]),
    bucket=bucket("audit"),
    key=alias("audit"),
    log_group=ending(WORD + "._/#-", "audit").filter(lambda drawn: not drawn.startswith("aws/")),
    retention_days=RETENTION,
    bucket_retention_days=DAYS,
    encrypt_log_group=YES_OR_NO,
    data_events=YES_OR_NO,
    access_logs=part(bucket=bucket("accesses"), retention_days=DAYS),
)


@st.composite
def alarms(draw: st.DrawFn, home: Home, *, audited: bool) -> dict[str, Any]:
    """Draw alarms: no billing alarms where the bill is elsewhere, no security alarms without an audit trail."""
    pays = home.partition != "aws-us-gov"
    currency = st.just("CNY" if home.partition == "aws-cn" else "USD")
    channel = name(WORD + "_-", 64) | st.sampled_from(["security", "billing"])
    parts = part(
        **{
            "billing": part(amounts=several(AMOUNT, 1, 4), currency=currency, notify=channel),
            "budget": budget(currency, channel),
            "anomaly": anomaly(channel),
        }
        if pays
        else {},
        **{"security": security(channel)} if audited else {},
    )
    drawn: dict[str, Any] = draw(parts)
    return drawn if drawn or (pays and audited) else draw(parts.filter(bool))


def channels(alarms: dict[str, Any]) -> list[str]:
    """Return the channels that the alarms use."""
    present = alarms or {"billing": {}, "security": {}}
    return [
        alarm.get("notify", "security" if kind == "security" else "billing")
        for kind, alarm in present.items()
        if alarm.get("frequency", "immediate") == "immediate"
    ]


def budget(currency: Strategy, channel: Strategy) -> Strategy:
    """Draw a budget with notices at one to five percentages."""
    least = part(
        {"amount": AMOUNT},
        actual=several(PERCENT, 1, 4),
        forecast=st.just([]),
        currency=currency,
        notify=channel,
    )
    return least | part(
        {"amount": AMOUNT, "actual": several(PERCENT, most=2), "forecast": several(PERCENT, 1, 3)}, notify=channel
    )


def anomaly(channel: Strategy) -> Strategy:
    """Draw an immediate alert to a channel, or a summary by mail, which allows fewer addresses than SNS."""
    mail = EMAIL.filter(lambda address: not set("/`") & set(address))
    summary = {"frequency": st.sampled_from(["daily", "weekly"]), "email": several(mail, 1)}
    return part(above=AMOUNT, frequency=st.just("immediate"), notify=channel) | part(summary, above=AMOUNT)


@st.composite
def security(draw: st.DrawFn, channel: Strategy) -> dict[str, Any]:
    """Draw controls (all, all but some, or a list) and ignored events of those with a pattern."""
    word = text(WORD + "_+=,.@:/*-", 1, 40)
    quiet = part(event=word, source=word, caller=word).filter(bool)
    listed = draw(several(st.sampled_from(CONTROLS), 1, 4))
    how = draw(st.sampled_from(["all", "but", "listed"]))
    selected = [each for each in CONTROLS if how == "all" or (each in listed) == (how == "listed")]
    watched = [each for each in selected if each != "root-sign-in"]
    noisy = draw(several(st.sampled_from(watched), most=2)) if watched else []
    ignore = {each: draw(st.lists(quiet, max_size=1)) for each in noisy}
    controls = {"all": {"controls": "all"}, "but": {"except": listed}, "listed": {"controls": listed}}[how]
    return {**controls, **({"ignore": ignore} if ignore else {}), **draw(part(notify=channel))}
