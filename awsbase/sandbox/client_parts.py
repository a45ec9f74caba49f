"""What clients of this process share: botocore would make it anew for each, which takes longer than a call.

A model, the methods of a client and the rules for endpoints depend on the service alone, and nobody changes them.
"""

from collections.abc import Callable, Mapping
from copy import copy
from functools import cache, partial
from typing import Any, Generic, TypeVar

from botocore import hooks, regions
from botocore.client import ClientCreator
from botocore.endpoint_provider import EndpointProvider
from botocore.hooks import EventAliaser, HierarchicalEmitter, NodeList
from botocore.model import ServiceModel

Part = TypeVar("Part")


@cache
def share_parts() -> None:
    """Let all clients share what depends on their service alone, and copy quickly what they do not share."""
    creator: Any = ClientCreator
    creator._load_service_model = load_model
    creator._create_methods = methods(ClientCreator._create_methods)
    trie: Any = hooks._PrefixTrie
    trie._recursive_copy = lambda _, node: copied(node)
    resolving: Any = regions
    resolving.EndpointProvider = provider


def load_model(creator: Any, service: str, api_version: str | None = None) -> ServiceModel:
    """Return the model of a service: one for all clients whose loader has read the same."""
    content = creator._loader.load_service_model(service, "service-2", api_version=api_version)
    return MODELS.get((content,), lambda: ServiceModel(content, service_name=service))


def methods(create: Callable[[Any, ServiceModel], dict[str, Any]]) -> Callable[[Any, ServiceModel], dict[str, Any]]:
    """Return how the methods of a client are made, once for each model."""

    def once(creator: Any, model: ServiceModel) -> dict[str, Any]:
        # Their documentation is written with the handlers of one client.
        plain = copy(creator)
        plain._event_emitter = EventAliaser(HierarchicalEmitter())
        return dict(METHODS.get((model,), lambda: create(plain, model)))

    return once


def provider(ruleset_data: Any, partition_data: Any, excluded_params: Any = None) -> EndpointProvider:
    """Return what finds the endpoints of a service: one for all clients."""
    make = partial(EndpointProvider, ruleset_data, partition_data, excluded_params)
    return PROVIDERS.get((ruleset_data, partition_data), make)


class Kept(Generic[Part]):
    """Hold parts by what they were made of: by the very objects, since these are long to compare."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, ...], tuple[Any, Part]] = {}

    def get(self, of: tuple[Any, ...], make: Callable[[], Part]) -> Part:
        """Return the part that was made of these objects, or make it."""
        # The objects are kept too, so that no other gets the id of one.
        key = tuple(map(id, of))
        if key not in self._kept:
            self._kept[key] = of, make()
        return self._kept[key][1]


MODELS: Kept[ServiceModel] = Kept()
METHODS: Kept[dict[str, Any]] = Kept()
PROVIDERS: Kept[EndpointProvider] = Kept()


def copied(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a node of the tree of handlers: each client registers its own."""
    return {
        key: NodeList(value.first[:], value.middle[:], value.last[:])
        if isinstance(value, NodeList)
        else copied(value)
        if isinstance(value, dict)
        else value
        for key, value in node.items()
    }


class Aliases(EventAliaser):
    """Finds the present names of events that have been renamed; copies remember what any of them has found."""

    def __copy__(self) -> "Aliases":
        made: Any = Aliases(copy(self._emitter), self._event_aliases)
        made._alias_name_cache = self._alias_name_cache
        return made
