"""The tagging API: everything that carries tags, each kind in the region where AWS lists it."""

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource, iter_taggable_backends, make_tag_matcher, match_resource_type

from awsbase.sandbox.authorization.permissions import own, table
from awsbase.sandbox.service import Pages, Request, Rule, Service


def tagged(request: Request) -> dict[str, Any]:
    """Answer with the tagged resources that match.

    Recorded: cloud-custodian, tagging.GetResources.
    """
    wanted = make_tag_matcher(request.params.get("TagFilters"))
    types, arns = request.params.get("ResourceTypeFilters"), request.params.get("ResourceARNList")
    found = [
        {"ResourceARN": held.arn, "Tags": [{"Key": key, "Value": value} for key, value in held.tags.items()]}
        for held in _resources(request)
        if held.tags
        and wanted(held.tags)
        and match_resource_type(held.resource_type, types)
        and (not arns or held.arn in arns)
    ]
    return {"ResourceTagMappingList": sorted(found, key=lambda one: str(one["ResourceARN"])), "PaginationToken": ""}


CALLS = table({"GetResources GetTagKeys GetTagValues": [own()]})
RULES = (Rule("resourcegroupstaggingapi:GetResources", before=tagged, strict=False),)


def _resources(request: Request) -> Iterator[TaggedResource]:
    declared = list(request.sandbox.services.values())
    listed_in = [service.listed_in for service in declared if service.listed_in]
    for backend in iter_taggable_backends(request.account, request.region):
        for held in backend.iter_tagged_resources():
            if all(here(request, held.arn) for here in listed_in):
                yield held
    for service in declared:
        if service.tagged:
            yield from service.tagged(request)


SERVICE = Service(
    "resourcegroupstaggingapi",
    rules=RULES,
    calls=CALLS,
    pages=Pages(50, last_token=""),
    prefix="tag",
    warm_up={"GetResources": {}},
)
