"""The account's state as one plain value: accounts that are equal have equal snapshots, and nothing extra hides."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from awsbase.sandbox.service import AccountState, Service
from awsbase.sandbox.wire import Refusal

Read = Callable[[Any], Any]


def snapshot(sandbox: AccountState) -> dict[str, Any]:
    """Return what an account has, by service, without dates, and with stable names for random ids."""
    state: dict[str, Any] = {}
    names: dict[str, str] = {}
    with sandbox.moto_state.open():
        for service in sandbox.services.values():
            if service.snapshot:
                state[service.name] = service.snapshot(sandbox)
            if service.stable_names:
                names |= service.stable_names(sandbox)
    return _renamed(plain(state), names)


def must_show(service: Service, name: str) -> None:
    """Refuse a write that no snapshot would show. Raises Refusal with the code SandboxGap."""
    if service.snapshot is None:
        raise Refusal(
            "SandboxGap",
            f"the sandbox has no snapshot of {service.name}, so nothing would show what {name} changes: give the "
            f"Service({service.name!r}) in awsbase/sandbox/services a `snapshot`, or pass such a Service to Sandbox",
        )


def by_region(service: str, read: Read) -> Callable[[AccountState], dict[str, Any]]:
    """Read moto's object for a service in each region that is in use; regions without anything are left out."""

    def taken(sandbox: AccountState) -> dict[str, Any]:
        regions = {region: read(backend) for region, backend in sandbox.backends(service).items()}
        return {region: held for region, held in sorted(regions.items()) if held}

    return taken


def by_partition(service: str, read: Read) -> Callable[[AccountState], dict[str, Any]]:
    """Read moto's object for a service without regions in each partition that is in use."""

    def taken(sandbox: AccountState) -> dict[str, Any]:
        used = {"aws", *sandbox.backends(service)}
        return {partition: read(sandbox.backend(service, partition)) for partition in sorted(used)}

    return taken


def remembered(kind: type[Any]) -> Callable[[AccountState], Any]:
    """Return what a rule's memory gives as `state()`, unless it was only looked at and is empty."""

    def taken(sandbox: AccountState) -> Any:
        held = sandbox.memory(kind).state()
        return held if any(held.values() if isinstance(held, Mapping) else held) else {}

    return taken


def tag_dict(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Return a list of tags as a dictionary, however its service spells them."""
    return {str(tag.get("Key", tag.get("TagKey"))): str(tag.get("Value", tag.get("TagValue"))) for tag in tags or ()}


def document(text: Any) -> Any:
    """Return a policy document as a value, whatever moto keeps it as."""
    if isinstance(text, bytes):
        text = text.decode()
    if not isinstance(text, str):
        return plain(text)
    try:
        return json.loads(text)
    except ValueError:
        return text


def plain(value: Any) -> Any:
    """Return a value made of dicts, lists and scalars; dates go."""
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in sorted(value.items(), key=lambda item: str(item[0]))}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(held) for held in value), key=as_text)
    if isinstance(value, datetime):
        return "<date>"
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return plain(vars(value))


def as_text(value: Any) -> str:
    """Return a value as text by which it can be sorted."""
    return json.dumps(plain(value), sort_keys=True)


def _renamed(state: Any, names: Mapping[str, str]) -> dict[str, Any]:
    text = json.dumps(state, sort_keys=True)
    for random, stable in names.items():
        text = text.replace(random, stable)
    renamed: dict[str, Any] = json.loads(text)
    return renamed
