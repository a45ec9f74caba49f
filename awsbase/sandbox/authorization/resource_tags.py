"""The whole request context that policies see, with the tags of the resource."""

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.sandbox.authorization.decision import knowing
from awsbase.sandbox.authorization.resources import in_its_account, region_of
from awsbase.sandbox.moto_state import has
from awsbase.sandbox.service import Request


class RequestContext(Mapping[str, Any]):
    """Hold all condition keys of a request; the resource's tags are looked up when a policy names one."""

    def __init__(self, known: Mapping[str, Any], request: Request, arn: str) -> None:
        self.known, self.request, self.arn = known, request, arn
        service = arn.split(":")[2] if arn.startswith("arn:") else ""
        self.prefixes = ("aws:resourcetag", f"{service}:resourcetag")

    def __getitem__(self, key: str) -> Any:
        prefix, _, name = key.partition("/")
        if key in self.known or prefix not in self.prefixes:
            return self.known[key]
        return knowing(tags(self.request, self.arn))[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.known
        yield from (f"{prefix}/{name.lower()}" for prefix in self.prefixes for name in tags(self.request, self.arn))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def tags(request: Request, arn: str) -> Mapping[str, str]:
    """Return the tags of a resource."""
    service = arn.split(":")[2] if arn.startswith("arn:") else ""
    request = in_its_account(request, arn)
    for declared in request.sandbox.services.called(service):
        if declared.tags:
            return declared.tags(request, arn)
    if not has(service):
        return {}
    held = request.backend(service, region_of(request, arn)).iter_tagged_resources()
    return next((one.tags for one in held if one.arn == arn), {})
