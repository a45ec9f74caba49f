"""Clients of one service in several regions have the methods, the model and the endpoint rules of the first one.

botocore makes each, with its own endpoint, signing region, credentials, retries and handlers. Only what is the same in
all regions is not kept once more. Where botocore is made otherwise than this module knows it, a client keeps its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def like(first: Any, emitter: Any, make: Callable[[], Any]) -> Any:
    """Make a client of the service of the first one; `emitter` is that of its session."""
    event = f"creating-client-class.{first.meta.service_model.service_id.hyphenize()}"

    def inherit(class_attributes: dict[str, Any], base_classes: list[type], **_: Any) -> None:
        """Leave the methods to the first client's class, as botocore lets each handler of this event do."""
        class_attributes.clear()
        base_classes[:] = [type(first)]

    emitter.register_last(event, inherit)
    try:
        client = make()
    finally:
        emitter.unregister(event, inherit)
    share(client.meta, first.meta, "_service_model")
    share(client._ruleset_resolver, first._ruleset_resolver, "_provider", "_param_definitions", "_service_model")
    return client


def share(one: Any, first: Any, *names: str) -> None:
    """Let one object have what the first one has under these names, if both have all of it."""
    if all(hasattr(each, name) for each in (one, first) for name in names):
        for name in names:
            setattr(one, name, getattr(first, name))
