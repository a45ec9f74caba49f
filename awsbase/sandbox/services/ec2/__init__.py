"""EC2: instances, networks, and the settings of each region."""

from collections.abc import Iterator

from moto.core.resource_tagging import TaggedResource

from awsbase.sandbox.authorization.resources import region_of
from awsbase.sandbox.service import Codes, Pages, Request, Service
from awsbase.sandbox.services.ec2 import (
    connect_endpoints,
    defaults,
    flow_logs,
    instances,
    launch_templates,
    networks,
    permissions,
    removals,
    rules,
    snapshot,
)
from awsbase.sandbox.services.ec2.connect_endpoints import Endpoints


def tags(request: Request, arn: str) -> dict[str, str]:
    """Return the tags of a resource; to look through all that is tagged would list thousands of images."""
    region, id = region_of(request, arn), arn.rpartition("/")[2]
    if endpoint := request.memory(Endpoints).made.get((region, id)):
        return {tag["Key"]: tag["Value"] for tag in endpoint["Tags"]}
    return dict(request.backend("ec2", region).tags.get(id, {}))


def tagged(request: Request) -> Iterator[TaggedResource]:
    """Yield launch templates, which moto does not list among what is tagged."""
    ec2 = request.made("ec2")
    for template in ec2.launch_templates.values() if ec2 else ():
        arn = f"arn:{request.partition}:ec2:{request.region}:{request.account}:launch-template/{template.id}"
        yield TaggedResource(arn, dict(ec2.tags.get(template.id, {})), "ec2:launch-template")


SERVICE = Service(
    "ec2",
    rules=(
        *defaults.RULES,
        *flow_logs.RULES,
        *rules.RULES,
        *instances.RULES,
        *launch_templates.RULES,
        *networks.RULES,
        *connect_endpoints.RULES,
        *removals.RULES,
    ),
    calls=permissions.CALLS,
    tags=tags,
    tagged=tagged,
    pages=Pages(),
    snapshot=snapshot.snapshot,
    stable_names=snapshot.stable_names,
    codes=Codes(
        invalid="InvalidParameterValue",
        tags="InvalidParameterValue",
        too_many_tags="TagLimitExceeded",
        denied=("UnauthorizedOperation", 403),
        throttled=("RequestLimitExceeded", 400),
        unknown_key=("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
    ),
    warm_up={"DescribeVpcs": {}, "DescribeRegions": {}},
)
