"""Lists come in pages: as long as AWS's own, or as short as a test wants them.

The first of the three rules takes token and limit out of the request, the second collects everything that moto has,
the third cuts the page that was asked for out of the whole, after all other rules have amended it.
"""

from functools import cache
from typing import Any

from botocore.session import get_session

from awsbase.sandbox.rule import Ask, Refusal, Rule

SERVICES = ("iam", "kms", "cloudwatch", "sns", "logs", "resourcegroupstaggingapi", "ec2", "ssm")
ON = " ".join(f"{service}:{kind}*" for service in SERVICES for kind in ("List", "Get", "Describe"))

LENGTHS = {"logs": 50, "cloudwatch": 50, "resourcegroupstaggingapi": 50, "ssm": 10}
LENGTH = 100
TOKEN = "page-"  # noqa: S105 - not a secret: it says where the next page begins


def note_page(ask: Ask) -> None:
    """Note which page is asked for."""
    model = _model(ask.service).get(ask.operation)
    if model is None:
        return
    token = ask.params.pop(model["input_token"], None) or f"{TOKEN}0"
    if not str(token).startswith(TOKEN):
        raise Refusal(
            "InvalidNextToken" if ask.service in ("cloudwatch", "ssm") else "ValidationError", "Invalid token"
        )
    own = LENGTHS.get(ask.service, LENGTH)
    asked = ask.params.pop(model.get("limit_key", ""), None) or own
    ask.notes["page"] = (int(token.removeprefix(TOKEN)), min(int(asked), ask.sandbox.pages or own))


def collect(ask: Ask) -> dict[str, Any] | None:
    """Collect what moto has, page by page where it has pages of its own."""
    model = _model(ask.service).get(ask.operation)
    if model is None:
        return None
    whole: dict[str, Any] = ask.moto(ask.name, **ask.params)
    page = whole
    while next_token := page.pop(model["output_token"], None):
        page = ask.moto(ask.name, **ask.params, **{model["input_token"]: next_token})
        for key in _keys(model):
            whole.setdefault(key, []).extend(page.get(key, []))
    return whole


def cut(ask: Ask, said: dict[str, Any]) -> None:
    """Cut the page out of the whole."""
    if "page" not in ask.notes:
        return
    model = _model(ask.service)[ask.operation]
    start, length = ask.notes["page"]
    end = start + length
    seen = 0
    for key in _keys(model):
        items = said.get(key) or []
        said[key] = items[max(0, start - seen) : max(0, end - seen)]
        seen += len(items)
    truncated = seen > end
    said.pop(model["output_token"], None)
    if truncated:
        said[model["output_token"]] = f"{TOKEN}{end}"
    elif ask.service == "resourcegroupstaggingapi":
        said[model["output_token"]] = ""
    if more := model.get("more_results"):
        said[more] = truncated


def _keys(model: dict[str, Any]) -> list[str]:
    keys = model["result_key"]
    return list(keys) if isinstance(keys, list) else [keys]


@cache
def _model(service: str) -> dict[str, dict[str, Any]]:
    """Return how a service pages, by operation, from the models that botocore pages by."""
    loader = get_session().get_component("data_loader")
    models: dict[str, dict[str, Any]] = loader.load_service_model(service, "paginators-1")["pagination"]
    return {name: model for name, model in models.items() if isinstance(model["input_token"], str)}


FIRST = (Rule(ON, before=note_page),)
LAST = (Rule(ON, before=collect, after=cut),)
