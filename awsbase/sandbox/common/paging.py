"""Lists come in pages: as long as AWS's own, or as short as a test wants them.

The first rule takes token and limit out of the request. The last one collects everything that moto has, and cuts the
page that was asked for out of the whole, after all other rules have amended it. What it collected for the first page
serves the next ones until something is written.
"""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from awsbase.sandbox.model_loader import model_loader
from awsbase.sandbox.service import Pages, Request, Rule, Service
from awsbase.sandbox.wire import Refusal

TOKEN = "page-"  # noqa: S105 - not a secret: it says where the next page begins


@dataclass
class Collected:
    """Hold what moto had of a list when its first page was asked for: by request, from where, after how many writes."""

    lists: dict[str, tuple[Any, int, bytes]] = field(default_factory=dict)


def note_page(request: Request) -> None:
    """Note which page is asked for; raises Refusal."""
    model = _model(request.service).get(request.operation)
    if model is None:
        return
    token = request.params.pop(model["input_token"], None) or f"{TOKEN}0"
    pages = request.declared.pages or Pages()
    if not str(token).startswith(TOKEN):
        raise Refusal(pages.invalid_token, "Invalid token")
    asked = request.params.pop(model.get("limit_key", ""), None) or pages.length
    request.notes["page"] = (int(token.removeprefix(TOKEN)), min(int(asked), request.sandbox.pages or pages.length))


def collect(request: Request) -> dict[str, Any] | None:
    """Collect what moto has, page by page where it has pages of its own."""
    model = _model(request.service).get(request.operation)
    if model is None:
        return None
    if not request.sandbox.pages:
        return _whole(request, model)
    held, asked = request.memory(Collected), f"{request.region} {request.name} {request.params}"
    # Reads that are late find other objects of moto's.
    origin, writes = request.backend(request.service), request.sandbox.in_flight.arrived.total()
    known = held.lists.get(asked)
    if request.notes["page"][0] and known and known[0] is origin and known[1] == writes:
        again: dict[str, Any] = pickle.loads(known[2])  # noqa: S301, written a page before, by this process
        return again
    whole = _whole(request, model)
    held.lists[asked] = (origin, writes, pickle.dumps(whole))
    return whole


def _whole(request: Request, model: dict[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = request.call_moto(request.name, **request.params)
    page = whole
    while next_token := page.pop(model["output_token"], None):
        page = request.call_moto(request.name, **request.params, **{model["input_token"]: next_token})
        for key in _keys(model):
            whole.setdefault(key, []).extend(page.get(key, []))
    return whole


def cut(request: Request, response: dict[str, Any]) -> None:
    """Cut the page out of the whole."""
    if "page" not in request.notes:
        return
    model = _model(request.service)[request.operation]
    start, length = request.notes["page"]
    end = start + length
    seen = 0
    for key in _keys(model):
        items = response.get(key) or []
        response[key] = items[max(0, start - seen) : max(0, end - seen)]
        seen += len(items)
    truncated = seen > end
    response.pop(model["output_token"], None)
    if truncated:
        response[model["output_token"]] = f"{TOKEN}{end}"
    elif (pages := request.declared.pages) and pages.last_token is not None:
        response[model["output_token"]] = pages.last_token
    if more := model.get("more_results"):
        response[more] = truncated


def _keys(model: dict[str, Any]) -> list[str]:
    keys = model["result_key"]
    return list(keys) if isinstance(keys, list) else [keys]


@cache
def _model(service: str) -> dict[str, dict[str, Any]]:
    """Return how a service pages, by operation, from the models that botocore pages by."""
    models: dict[str, dict[str, Any]] = model_loader().load_service_model(service, "paginators-1")["pagination"]
    return {name: model for name, model in models.items() if isinstance(model["input_token"], str)}


def first(services: Sequence[Service]) -> tuple[Rule, ...]:
    """Return the rule that looks at a page's token before any other rule."""
    return (Rule(_lists(services), before=note_page),)


def last(services: Sequence[Service]) -> tuple[Rule, ...]:
    """Return the rule that cuts the page after all others have amended the whole."""
    return (Rule(_lists(services), before=collect, after=cut),)


def _lists(services: Sequence[Service]) -> str:
    paged = [service.name for service in services if service.pages]
    return " ".join(f"{name}:{kind}*" for name in paged for kind in ("List", "Get", "Describe"))
