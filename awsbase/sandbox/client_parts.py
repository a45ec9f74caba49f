"""What clients of this process share: botocore would make it anew for each, which takes longer than a call.

A model, the methods of a client and the rules for endpoints depend on the service alone, and nobody changes them. Only
clients whose models come from the loader of the sandboxes share them: others may be made of other models.
"""

from collections.abc import Mapping
from copy import copy
from functools import cache
from typing import Any, ClassVar, cast

from botocore import hooks, regions
from botocore.client import ClientCreator
from botocore.endpoint_provider import EndpointProvider
from botocore.hooks import EventAliaser, HierarchicalEmitter, NodeList
from botocore.loaders import Loader
from botocore.model import ServiceModel


@cache
def share_parts(loader: Loader) -> None:
    """Let clients of a loader share what depends on their service alone, and copy quickly what they do not share."""
    parts = Parts(loader, ClientCreator)
    creator: Any = ClientCreator
    creator._load_service_model = lambda *asked: parts.model(*asked)
    creator._load_service_endpoints_ruleset = lambda *asked: parts.endpoint_rules(*asked)
    creator._create_methods = lambda *asked: parts.methods(*asked)
    resolving: Any = regions
    resolving.EndpointProvider = parts.endpoint_provider
    handlers: Any = hooks
    handlers._PrefixTrie._recursive_copy = lambda _, node: copied(node)


class Parts:
    """Hold the parts that clients of one loader share, beside how botocore makes them for all others."""

    def __init__(self, loader: Loader, creator: Any) -> None:
        self._loader = loader
        self._read = creator._load_service_model
        self._read_rules = creator._load_service_endpoints_ruleset
        self._create = creator._create_methods
        self._models: dict[tuple[str, str | None], ServiceModel] = {}
        self._methods: dict[ServiceModel, dict[str, Any]] = {}
        # By the id of the rules, which are long to compare; they live as long as the loader.
        self._providers: dict[int, EndpointProvider | None] = {}

    def model(self, creator: Any, service: str, api_version: str | None = None) -> ServiceModel:
        """Return the model of a service."""
        if creator._loader is not self._loader:
            return cast(ServiceModel, self._read(creator, service, api_version))
        if (service, api_version) not in self._models:
            self._models[service, api_version] = self._read(creator, service, api_version)
        return self._models[service, api_version]

    def methods(self, creator: Any, model: ServiceModel) -> dict[str, Any]:
        """Return the methods of a client."""
        if creator._loader is not self._loader:
            return cast(dict[str, Any], self._create(creator, model))
        if model not in self._methods:
            # Their documentation would keep the handlers of this client, and its sandbox with them.
            plain = copy(creator)
            plain._event_emitter = EventAliaser(HierarchicalEmitter())
            self._methods[model] = self._create(plain, model)
        return dict(self._methods[model])

    def endpoint_rules(self, creator: Any, service: str, api_version: str | None = None) -> Mapping[str, Any]:
        """Return the rules for the endpoints of a service."""
        rules: Mapping[str, Any] = self._read_rules(creator, service, api_version)
        if creator._loader is self._loader:
            self._providers.setdefault(id(rules))
        return rules

    def endpoint_provider(
        self, ruleset_data: Mapping[str, Any], partition_data: Any, excluded_params: Any = None
    ) -> EndpointProvider:
        """Return what finds an endpoint by these rules."""
        found = self._providers.get(id(ruleset_data))
        if found is None:
            found = EndpointProvider(ruleset_data, partition_data, excluded_params)
            if id(ruleset_data) in self._providers:
                self._providers[id(ruleset_data)] = found
        return found


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
    """Finds the present names of events that have been renamed; all of them remember what any of them has found."""

    found: ClassVar[dict[str, str]] = {}

    def __init__(self, emitter: Any) -> None:
        super().__init__(emitter)
        own: Any = self
        own._alias_name_cache = self.found

    def __copy__(self) -> "Aliases":
        own: Any = self
        return Aliases(copy(own._emitter))
