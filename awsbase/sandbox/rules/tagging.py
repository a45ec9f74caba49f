"""The tagging API: everything that carries tags, each kind in the region where AWS tells it."""

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource, iter_taggable_backends, make_tag_matcher, match_resource_type

from awsbase.sandbox.rule import Ask, Rule

# Where the tags of what has no region are told.
GLOBAL_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def tagged(ask: Ask) -> dict[str, Any]:
    """Answer with the tagged resources that match."""
    wanted = make_tag_matcher(ask.params.get("TagFilters"))
    types, arns = ask.params.get("ResourceTypeFilters"), ask.params.get("ResourceARNList")
    found = [
        {"ResourceARN": held.arn, "Tags": [{"Key": key, "Value": value} for key, value in held.tags.items()]}
        for held in _resources(ask)
        if held.tags
        and wanted(held.tags)
        and match_resource_type(held.resource_type, types)
        and (not arns or held.arn in arns)
    ]
    return {"ResourceTagMappingList": sorted(found, key=lambda one: str(one["ResourceARN"])), "PaginationToken": ""}


def _resources(ask: Ask) -> Iterator[TaggedResource]:
    buckets = ask.backend("s3").buckets
    for backend in iter_taggable_backends(ask.account, ask.region):
        for held in backend.iter_tagged_resources():
            bucket = buckets.get(held.arn.split(":::")[-1]) if ":s3:::" in held.arn else None
            if bucket is None or bucket.region_name == ask.region:
                yield held
    trails = ask.backend("cloudtrail")
    for trail in trails.trails.values():
        tags = trails.tagging_service.get_tag_dict_for_resource(trail.arn)
        yield TaggedResource(trail.arn, tags, "cloudtrail:trail")
    ec2 = ask.backend("ec2")
    for template in ec2.launch_templates.values():
        arn = f"arn:{ask.partition}:ec2:{ask.region}:{ask.account}:launch-template/{template.id}"
        yield TaggedResource(arn, dict(ec2.tags.get(template.id, {})), "ec2:launch-template")
    if ask.region == GLOBAL_REGIONS.get(ask.partition):
        iam = ask.backend("iam")
        for policy in iam.managed_policies.values():
            if policy.tags:
                tags = {tag["Key"]: tag["Value"] for tag in policy.tags.values()}
                yield TaggedResource(policy.arn, tags, "iam:policy")
        for profile in iam.instance_profiles.values():
            tags = {tag["Key"]: tag["Value"] for tag in profile.tags}
            yield TaggedResource(profile.arn, tags, "iam:instance-profile")


RULES = (Rule("resourcegroupstaggingapi:GetResources", before=tagged, strict=False),)
