"""Tags, alike in every service: keys that AWS keeps for itself, too many, and in IAM keys that differ in case alone."""

from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule

MOST = 50
WRITES = ("Add", "Allocate", "Create", "Import", "Put", "Run", "Tag")
NAMES = ("Tags", "tags", "TagsList", "ResourceTags")
# What each service calls it; most say ValidationException.
CODES = {
    "budgets": "InvalidParameterException",
    "cloudtrail": "InvalidTagParameterException",
    "cloudwatch": "InvalidParameterValue",
    "ec2": "InvalidParameterValue",
    "iam": "InvalidInput",
    "kms": "TagException",
    "logs": "InvalidParameterException",
    "s3": "InvalidTag",
    "secretsmanager": "InvalidParameterException",
    "sns": "InvalidParameter",
}
TOO_MANY = {"cloudtrail": "TagsLimitExceededException", "ec2": "TagLimitExceeded", "ssm": "TooManyTagsError"}


def allowed_tags(ask: Ask) -> None:
    """Refuse tags that nothing may have."""
    code = CODES.get(ask.service, "ValidationException")
    for keys in map(keys_of, listed(ask.params)):
        if any(key.lower().startswith("aws:") for key in keys):
            raise Refusal(code, "Tag keys that begin with aws: are reserved for internal use.")
        if len(keys) > MOST:
            raise Refusal(TOO_MANY.get(ask.service, code), f"A resource has at most {MOST} tags.")
        if ask.service == "iam" and len({key.lower() for key in keys}) < len(keys):
            raise Refusal(code, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")


def listed(params: dict[str, Any]) -> list[Any]:
    """Return the lists of tags in a request: one, or in EC2 one for each kind that the call makes."""
    several = [each.get("Tags", []) for each in params.get("TagSpecifications", [])]
    inside = params.get("CreateBucketConfiguration", {}).get("Tags"), params.get("Tagging", {}).get("TagSet")
    return [tags for tags in (*several, *inside, *map(params.get, NAMES)) if tags]


def keys_of(tags: Any) -> list[str]:
    """Return the keys of tags, however a service writes them."""
    return [str(tag.get("Key", tag.get("TagKey"))) if isinstance(tag, dict) else str(tag) for tag in tags]


RULES = (Rule(" ".join(f"*:{verb}*" for verb in WRITES), before=allowed_tags),)
