"""ECR repositories, private ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime

from awsbase.api import (
    TAKE_OUT,
    About,
    Absent,
    Allows,
    Describe,
    Described,
    Facts,
    Kind,
    Permissions,
    Read,
    Resource,
    Run,
    Scope,
    Things,
    access,
    allow,
    compare,
    empty_if,
    record,
    retagging,
    tags,
)


@record(kw_only=True)
class Repository(Resource):
    """A repository whose image tags can be overwritten or not. Tags are added to."""

    name: str
    mutable: bool = False
    scan: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("repository", self.name)

    @property
    def arn(self) -> str:
        return self.scope.arn("ecr", f"repository/{self.name}")

    @property
    def mutability(self) -> str:
        """The word of ECR's API."""
        return "MUTABLE" if self.mutable else "IMMUTABLE"


@record
class RepositoryFacts:
    """A repository as it is; `uri` is what images are pushed to."""

    mutability: str
    scan: bool
    uri: str
    created: datetime | None = None


def repository(facts: Facts, region: str, name: str) -> RepositoryFacts | None:
    """Read one repository; None when there is none."""
    describe = facts.aws.at(region).ecr.describe_repositories
    found = empty_if("RepositoryNotFoundException", describe, repositoryNames=[name])
    if not found:
        return None
    (one,) = found["repositories"]
    scan = one["imageScanningConfiguration"]["scanOnPush"]
    return RepositoryFacts(one["imageTagMutability"], scan, one["repositoryUri"], one["createdAt"])


def repository_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of one repository."""
    found = facts.aws.at(region).ecr.list_tags_for_resource(resourceArn=arn)["tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def repository_reads(want: Repository) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield repository, want.scope.region, want.name


def ensure_repository(run: Run, want: Repository) -> str:
    """Keep one repository with its tag mutability and its scan; returns what images are pushed to."""
    ecr, region = run.aws.at(want.scope.region).ecr, want.scope.region
    have = run.read(repository, region, want.name)

    if have is None:
        made = run.create(
            "repository",
            ecr.create_repository,
            repositoryName=want.name,
            imageTagMutability=want.mutability,
            imageScanningConfiguration={"scanOnPush": want.scan},
            tags=tags.pairs(tags.with_origin(want)),
        )
        # While planning this is unknown, and can be passed on to whatever depends on this repository.
        uri: str = made["repository"]["repositoryUri"]
        return uri
    run.created_at(have.created)

    if drift := compare({"tag mutability": have.mutability}, {"tag mutability": want.mutability}):
        run.update(
            "tag mutability",
            drift,
            ecr.put_image_tag_mutability,
            risk=access("who may push can replace an image under its tag" if want.mutable else ""),
            repositoryName=want.name,
            imageTagMutability=want.mutability,
        )

    if drift := compare({"scan on push": have.scan}, {"scan on push": want.scan}):
        run.update(
            "scan on push",
            drift,
            ecr.put_image_scanning_configuration,
            repositoryName=want.name,
            imageScanningConfiguration={"scanOnPush": want.scan},
        )

    tagged = run.read(repository_tags, region, want.arn)
    if absent := tags.missing(tagged, tags.wanted(want)):
        risk = access(retagging(run, tagged, absent))
        run.update(
            "tags",
            compare(tagged, absent),
            ecr.tag_resource,
            risk=risk,
            resourceArn=want.arn,
            tags=tags.pairs(absent),
        )
    return have.uri


def remove_repository(run: Run, want: Repository) -> None:
    """Delete one repository that this manifest made; ECR refuses one with images in it."""
    region = want.scope.region
    if run.read(repository, region, want.name) and tags.made_here(
        run, want, run.read(repository_tags, region, want.arn)
    ):
        run.delete("repository", run.aws.at(region).ecr.delete_repository, repositoryName=want.name)


def repositories(facts: Facts, scope: Scope) -> Things:
    """Yield the repositories of a region, each as the resource that would make it just so."""
    for page in facts.aws.at(scope.region).ecr.get_paginator("describe_repositories").paginate():
        for one in page["repositories"]:
            mutable, scan = one["imageTagMutability"] == "MUTABLE", one["imageScanningConfiguration"]["scanOnPush"]
            have = Repository(scope=scope, name=one["repositoryName"], mutable=mutable, scan=scan)
            yield Described(have, facts.read(repository_tags, scope.region, have.arn))


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list them."""
    yield allow("ecr", "DescribeRepositories", "ListTagsForResource")


def removal_permissions(want: Repository) -> Allows:
    """Yield the IAM permissions that deleting one needs beyond those of a plan."""
    yield allow("ecr", "DeleteRepository", on=(want.arn,))


def read_permissions(want: Repository) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ecr", "DescribeRepositories", "ListTagsForResource", on=(want.arn,))


def write_permissions(want: Repository) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    writes = ("CreateRepository", "PutImageScanningConfiguration", "PutImageTagMutability", "TagResource")
    yield allow("ecr", *writes, on=(want.arn,))


KIND = Kind(
    ensure_repository,
    repository_reads,
    resource=Repository,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Where container images are kept.",
        why="An image that is tested and one that runs are the same only if nobody can overwrite its tag.",
        undo=(TAKE_OUT, "aws ecr delete-repository --repository-name NAME --region REGION, once it is empty"),
        controls=("FSBP ECR.1", "FSBP ECR.2"),
        cost="$0.10 per GB a month",
    ),
    word="repository",
    found_by="name",
    owns="tag mutability, scan on push",
    keeps="tags, images, policies",
    describe=Describe(repositories, describe_permissions, everywhere=True),
    absent=Absent(remove_repository, permissions=removal_permissions),
)
