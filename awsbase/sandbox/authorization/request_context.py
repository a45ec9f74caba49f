"""The condition keys about a request itself: when and where it is made, and the tags that come with it."""

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.sandbox.authorization.membership import facts_of_resource
from awsbase.sandbox.service import FIRST_REGIONS, Request


def facts(request: Request) -> dict[str, Any]:
    """Return the condition keys about the request itself."""
    now = request.sandbox.clock()
    known: dict[str, Any] = {
        "aws:currenttime": now.isoformat(),
        "aws:epochtime": str(int(now.timestamp())),
        "aws:requestedregion": FIRST_REGIONS.get(request.partition, "")
        if request.declared.is_global
        else request.region,
        "aws:securetransport": "true",
        "aws:sourceip": request.sandbox.address,
        "aws:viaawsservice": "false",
    }
    tags = dict(_tags(request.params))
    keys = [*tags, *request.params.get("TagKeys", [])]
    known |= {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
    known |= facts_of_resource(request.sandbox, request)
    return {**known, "aws:tagkeys": keys} if keys else known


def _tags(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the tags that come with a request, in whichever way its service spells them."""
    for name in ("Tags", "tags", "TagsList", "ResourceTags", "Tagging", "CreateBucketConfiguration"):
        held = params.get(name)
        if name == "Tagging" and isinstance(held, dict):
            held = held.get("TagSet")
        if name == "CreateBucketConfiguration":
            held = (held or {}).get("Tags")
        if isinstance(held, dict):
            yield from held.items()
        for tag in held if isinstance(held, list) else ():
            key = tag.get("Key") or tag.get("TagKey") or tag.get("key")
            yield key, tag.get("Value") or tag.get("TagValue") or tag.get("value") or ""
