"""Alarms on the CIS controls, recognised by what their filters count, and the rule that tells of root's sign-in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from awsbase.adopt.sections.alarms.billing import is_billing
from awsbase.adopt.sections.alarms.channels import spoken
from awsbase.adopt.sections.alarms.parts import Part, most
from awsbase.adopt.sections.audit import recorded
from awsbase.adopt.seen import Seen
from awsbase.engine.scope import Scope
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.event_rule import EventRule
from awsbase.ensure.metric_filter import MetricFilter
from awsbase.facts.filter_patterns import NotUnderstood, alternatives, parsed
from awsbase.manifest.notify import SECURITY
from awsbase.manifest.security_alarms import (
    KEPT,
    ROOT_SIGN_IN,
    SIGN_IN_PATTERN,
    SIGN_IN_REGIONS,
    Quiet,
    filter_name,
    names,
    published,
)

# The parts of `Quiet.unless`, in its order.
CONDITION = re.compile(
    r'\((?:\(\$\.eventName != "(?P<event>[^"]*)"\))?(?: \|\| )?'
    r'(?:\(\$\.sourceIPAddress != "(?P<source>[^"]*)"\))?(?: \|\| )?'
    r'(?:\(\$\.userIdentity\.arn NOT EXISTS\) \|\| \(\$\.userIdentity\.arn != "(?P<caller>[^"]*)"\))?\)'
)
KEPT_PATTERNS = 2


def security(seen: Seen) -> Part:
    """Return the controls whose filters, alarm and rule are there as a manifest calls them."""
    found = recorded(seen)
    channels = dict(watched(seen, found.log_group.name)) if found else {}
    channel = most(channels.values())
    wanted = [name for name in names() if channels.get(name) == channel]
    home = seen.base.scope
    unsaid = dict(unnamed(seen, set(wanted) if channel else set()))
    if not channel or not found:
        return Part(unsaid=unsaid)
    speaks = {(channel, home)}
    if ROOT_SIGN_IN in wanted:
        speaks.add((channel, sign_in(home) or home))
    elif sign_in(home) is None:
        wanted.append(ROOT_SIGN_IN)
    missing = [name for name in names() if name not in wanted]
    value: dict[str, object] = {}
    if len(missing) > len(wanted):
        value["controls"] = wanted
    elif missing:
        value["except"] = missing
    if quiet := ignored(seen, wanted, found.log_group.name):
        value["ignore"] = quiet
    if channel != SECURITY:
        value["notify"] = channel
    return Part(value, frozenset(speaks), unsaid)


def sign_in(home: Scope) -> Scope | None:
    """Return where AWS signs root in; None in a partition where that is not known."""
    region = SIGN_IN_REGIONS.get(home.partition)
    return home.at(region) if region else None


def watched(seen: Seen, group: str) -> Iterator[tuple[str, str]]:
    """Yield each control that is watched as a manifest does it, with its channel."""
    name = seen.base.name
    alarms = {each.name: each for each in seen.at_home(Alarm)}
    filters = {each.name for each in seen.at_home(MetricFilter) if each.log_group == group}
    for control in names():
        if control == ROOT_SIGN_IN:
            there = sign_in(seen.base.scope)
            for rule in seen.of(EventRule):
                if rule.scope == there and rule.name == f"{name}-{control}" and rule.topic:
                    yield control, spoken(seen, rule.scope, (rule.topic,))
        elif (alarm := alarms.get(f"{name}-{control}")) and filters.issuperset(filters_of(name, control)):
            yield control, spoken(seen, alarm.scope, alarm.actions)


def filters_of(name: str, control: str) -> list[str]:
    """Return what a manifest calls the filters of a control."""
    count = KEPT_PATTERNS if control == KEPT else len(published()[control].patterns)
    return [filter_name(name, control, number) for number in range(1, count + 1)]


def ignored(seen: Seen, wanted: Iterable[str], group: str) -> Mapping[str, object]:
    """Return the events that raise no alarm, by control, as far as the patterns say so in awsbase's words."""
    patterns = {each.name: each.pattern for each in seen.at_home(MetricFilter) if each.log_group == group}
    found = {}
    for control in wanted:
        if control in published() and (quiet := quiet_of(control, patterns[f"{seen.base.name}-{control}"])):
            found[control] = quiet
    return found


def quiet_of(control: str, pattern: str) -> list[dict[str, str]]:
    """Return the events that a pattern leaves out of a control; nothing where it is another pattern."""
    start, end = f"{{ ({published()[control].patterns[0].strip('{} ')}) && ", " }"
    if not (pattern.startswith(start) and pattern.endswith(end)):
        return []
    rest, quiet = pattern[len(start) : -len(end)], []
    while found := CONDITION.match(rest):
        given = {name: text for name, text in found.groupdict().items() if text}
        if not given or Quiet(**given).unless != found[0]:
            return []
        quiet.append(given)
        rest = rest[found.end() :].removeprefix(" && ")
    return [] if rest else quiet


@cache
def meanings() -> Mapping[frozenset[frozenset[tuple[str, str, str]]], str]:
    """Return the published controls by what their patterns count."""
    return {meaning: name for name, each in published().items() for text in each.patterns if (meaning := counts(text))}


def counts(pattern: str) -> frozenset[frozenset[tuple[str, str, str]]]:
    """Return what a pattern counts, whatever the order of its words; nothing where it is not understood."""
    try:
        found = alternatives(parsed(pattern.strip()))
    except NotUnderstood:
        return frozenset()
    return frozenset(frozenset((leaf.path, leaf.operator, leaf.value) for leaf in each) for each in found)


def unnamed(seen: Seen, wanted: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the filters, alarms and rules that no control of the manifest makes, each with what it equals, if any."""
    name, home = seen.base.name, seen.base.scope
    said = {home.address("alarm", f"{name}-{control}") for control in wanted}
    own = {each for control in wanted if control != ROOT_SIGN_IN for each in filters_of(name, control)}
    fed: dict[tuple[Scope, str, str], str] = {}
    for each in seen.of(MetricFilter):
        control = meanings().get(counts(each.pattern), KEPT if each.name in filters_of(name, KEPT) else "")
        if control:
            fed[each.scope, each.namespace, each.metric] = control
        if each.name not in own or each.scope != home:
            what = f"a filter that feeds {each.namespace}, and counts what no control does"
            yield each.address, equal(name, control) if control else what
    for alarm in (each for each in seen.of(Alarm) if not is_billing(each)):
        control = fed.get((alarm.scope, alarm.namespace, alarm.metric), "")
        if alarm.address not in said:
            on = alarm.namespace or "an expression of several metrics"
            yield alarm.address, equal(name, control) if control else f"an alarm on {on}"
    for rule in seen.of(EventRule):
        if ROOT_SIGN_IN not in wanted or rule.name != f"{name}-{ROOT_SIGN_IN}":
            about = rule.pattern.get("source") or rule.pattern.get("detail-type")
            what = f"a rule about {', '.join(map(str, about))}" if isinstance(about, list) else "a rule, or a schedule"
            yield rule.address, equal(name, ROOT_SIGN_IN) if rule.pattern == SIGN_IN_PATTERN else what


def equal(name: str, control: str) -> str:
    """Say that something does what a control does, and is not found by the name that a manifest gives it."""
    return f"equals control {control}: a manifest calls it {name}-{control}, with the log group and channel of its own"
