"""Tags, alike in every service: keys that AWS keeps for itself, too many, and in IAM keys that differ in case alone."""

from collections.abc import Callable
from typing import Any

from awsbase.sandbox.authorization.resource_tags import tags as tags_of
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

MOST = 50
WRITES = ("Add", "Allocate", "Assume", "Create", "Import", "Put", "Run", "Tag")
NAMES = ("Tags", "tags", "TagsList", "ResourceTags", "BackupVaultTags", "BackupPlanTags")


def allowed_tags(request: Request) -> None:
    """Refuse tags that nothing may have; raises Refusal.

    Recorded: LocalStack, test_tag_existing_key_with_invalid_tag_key, test_tagging_validation, test_tags of SNS and
    test_assume_role_tag_validation.
    """
    codes = request.declared.codes
    code, words = codes.tags, request.declared.tag_words
    for keys in map(keys_of, listed(request.params)):
        if any(key.lower().startswith("aws:") for key in keys):
            made = request.operation.startswith("Create") and words.reserved_at_creation
            raise Refusal(code, made or words.reserved)
        if len(keys) > MOST:
            raise Refusal(codes.too_many_tags or code, words.too_many)
        if words.duplicate and len(set(map(fold(request), keys))) < len(keys):
            raise Refusal(code, words.duplicate)


def fold(request: Request) -> Callable[[str], str]:
    """Return what makes two keys of tags one: in IAM and STS also a difference in case alone."""
    return str.lower if request.service in ("iam", "sts") else str


def room_for_tags(request: Request) -> None:
    """Count the tags of one call together with those that the resource has; raises Refusal.

    "Maximum number of tags per resource: 50": https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
    """
    codes = request.declared.codes
    more = {key for tags in listed(request.params) for key in keys_of(tags)}
    for need in (
        each for permission in request.declared.calls.get(request.operation, ()) for each in permission(request)
    ):
        if need.resource.count(":") < 5:
            continue
        held = {key for key in tags_of(request, need.resource) if not key.startswith("aws:")}
        if more - held and len(more | held) > MOST:
            raise Refusal(codes.too_many_tags or codes.tags, f"A resource has at most {MOST} tags.")


def listed(params: dict[str, Any]) -> list[Any]:
    """Return the lists of tags in a request: one, or in EC2 one for each kind that the call makes."""
    several = [each.get("Tags", []) for each in params.get("TagSpecifications", [])]
    inside = params.get("CreateBucketConfiguration", {}).get("Tags"), params.get("Tagging", {}).get("TagSet")
    return [tags for tags in (*several, *inside, *map(params.get, NAMES)) if tags]


def keys_of(tags: Any) -> list[str]:
    """Return the keys of tags, however a service writes them."""
    named = [tag.get("Key", tag.get("TagKey", tag.get("key"))) if isinstance(tag, dict) else tag for tag in tags]
    return [str(name) for name in named]


RULES = (
    Rule(" ".join(f"*:{verb}*" for verb in WRITES), before=allowed_tags),
    Rule("*:Tag* *:AddTags* ec2:CreateTags", before=room_for_tags),
)
