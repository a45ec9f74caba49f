"""The log_groups section: every log group that has a retention and that no other section makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsbase.adopt.draft import Draft
from awsbase.adopt.held_policies import holders_of
from awsbase.adopt.seen import Seen
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key
from awsbase.ensure.log_group import USUAL, LogGroup
from awsbase.ensure.parameter import Parameter
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.manifest.log_groups import CLASSES, WORD, LogGroupSpec, agent

KINDS = (LogGroup, Parameter, Key, Policy, Group, Role)
DEFAULT = LogGroupSpec.model_fields["retention_days"].default
WORDS = {value: word for word, value in CLASSES.items()}


def draft(seen: Seen, section: Draft) -> None:
    """Write each log group of the home region with its retention, and what else it has."""
    keys, home = {each.address for each in seen.at_home(Key)}, seen.base.scope.home
    writers = holders_of(seen, WORD, "Write", ":log-group:")
    parameters = {(each.name, each.values) for each in seen.at_home(Parameter)}
    for group in sorted(seen.left(LogGroup), key=lambda each: each.name):
        configuration = agent(seen.base, group.name)
        if group.scope.region != home:
            section.cannot(group.address, f"region: a manifest keeps log groups in {home}")
        elif not group.retention:
            section.cannot(group.address, "retention: it keeps its events for ever")
        elif group.log_class not in WORDS:
            section.cannot(group.address, f"class: a manifest makes no group of the class {group.log_class}")
        else:
            roles = writers.get(group.name, ())
            for index, role in enumerate(roles):
                section.places[group.name, "writers", index] = f"role/{role}"
            section.put(group.name, value=said(group, keys, roles), of=group.address)
            keep(section, group)
            if (configuration.name, configuration.values) in parameters:
                section.put(group.name, "preset", value="syslog", of=configuration.address)
            if roles:
                policies = ", ".join(f"policy/{seen.base.name}-{WORD}-{each}" for each in roles)
                section.remark(group.name, "writers", text=f"inferred from {policies}")


def keep(section: Draft, group: LogGroup) -> None:
    """Write how long events are kept."""
    if group.retention < DEFAULT:
        section.weaker(group.name, "retention_days", value=group.retention, default=str(DEFAULT))
    elif group.retention > DEFAULT:
        section.put(group.name, "retention_days", value=group.retention)


def said(group: LogGroup, keys: set[str], roles: tuple[str, ...]) -> Mapping[str, Any]:
    """Return what a manifest says of a log group beside its retention, as far as it is no default."""
    value: dict[str, Any] = {}
    if group.key in keys:
        value["key"] = f"alias/{str(group.key).removeprefix('key/')}"
    if group.log_class != USUAL:
        value["class"] = WORDS[group.log_class]
    if group.protect:
        value["protect"] = True
    if group.mask:
        value["mask"] = list(group.mask)
    if roles:
        value["writers"] = list(roles)
    return value
