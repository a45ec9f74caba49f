"""ECR in the sandbox: what its calls need to be allowed, its tags, and what there is of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsbase.sandbox import Codes, Request, Service, at, by_region, given, own, table


def named(request: Request) -> list[str]:
    """Return the ARNs of the repositories that a request names."""
    names = request.params.get("repositoryNames", [])
    return [f"arn:{request.partition}:ecr:{request.region}:{request.account}:repository/{name}" for name in names]


def tags(request: Request, arn: str) -> Mapping[str, str]:
    """Return the tags of a repository."""
    found: dict[str, str] = request.backend("ecr", arn.split(":")[3]).tagger.get_tag_dict_for_resource(arn)
    return found


def held(ecr: Any) -> dict[str, Any]:
    """Return the repositories of a region, by name."""
    return {
        name: {
            "mutability": one.image_tag_mutability,
            "scan": one.image_scanning_configuration,
            "tags": ecr.tagger.get_tag_dict_for_resource(one.arn),
        }
        for name, one in ecr.repositories.items()
    }


REPOSITORY = at("ecr:{region}:{account}:repository/{repositoryName}")

ECR = Service(
    "ecr",
    calls=table(
        {
            "DescribeRepositories": [own(named)],
            "CreateRepository": [own(REPOSITORY)],
            "PutImageTagMutability PutImageScanningConfiguration DeleteRepository": [own(REPOSITORY)],
            "ListTagsForResource TagResource UntagResource": [own(given("resourceArn"))],
        }
    ),
    tags=tags,
    snapshot=by_region("ecr", held),
    codes=Codes(invalid="InvalidParameterException", tags="InvalidTagParameterException"),
)

SERVICES = (ECR,)
