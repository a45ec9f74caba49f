"""What AWS tells policies of a request itself: when and where it is made, and the tags that come with it."""

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.sandbox.rule import Ask

# Services without a region of their own are taken to be in the first of the partition.
GLOBAL = ("account", "billing", "budgets", "ce", "iam", "organizations")
FIRST_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def facts(ask: Ask) -> dict[str, Any]:
    """Return the condition keys that tell of the request itself."""
    now = ask.sandbox.clock()
    known: dict[str, Any] = {
        "aws:currenttime": now.isoformat(),
        "aws:epochtime": str(int(now.timestamp())),
        "aws:requestedregion": FIRST_REGIONS.get(ask.partition, "") if ask.service in GLOBAL else ask.region,
        "aws:resourceaccount": ask.account,
        "aws:securetransport": "true",
        "aws:sourceip": "127.0.0.1",
        "aws:viaawsservice": "false",
    }
    tags = dict(_tags(ask.params))
    keys = [*tags, *ask.params.get("TagKeys", [])]
    known |= {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
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
            yield tag.get("Key") or tag.get("TagKey"), tag.get("Value") or tag.get("TagValue") or ""
