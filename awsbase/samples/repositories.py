"""Samples of repositories for container images, of the policy for who pushes, and of the scan on push."""

import json
from collections.abc import Callable

from awsbase.ensure.ecr_repository import EcrRepository
from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.policy import Policy
from awsbase.ensure.registry_scanning import RegistryScanning
from awsbase.manifest.repositories import EcrRepositorySpec, working
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

OTHER = "210987654321"
# AWS takes no policy about an account that there is not.
NO_ACCOUNT = "the account that pulls is nobody's, and the rules of the registry's scan would be replaced"
KEY = Key(scope=HOME, name="acme-images", policy=key_policy(HOME), description="Images in ECR")
API = EcrRepository(
    scope=HOME,
    name="api",
    moving=("latest",),
    keep_untagged=14,
    key=KEY.address,
    accounts=(OTHER,),
    tags={"owner": "platform"},
)
WEB = EcrRepository(scope=HOME, name="web/front", keep_untagged=14)
SCAN = RegistryScanning(scope=HOME, repositories=(API.name, WEB.name))
SPECS = {API.name: EcrRepositorySpec(readers=("app",)), WEB.name: EcrRepositorySpec(writers=("app",))}
WORKERS = Policy(scope=HOME, name="acme-images-app", document=working(HOME, SPECS, "app"))


def made_by_hand(aws: Reached) -> None:
    """Create a repository without awsbase: with a rule, a statement and a scan of others."""
    ecr = aws.client("ecr", HOME.region)
    ecr.create_repository(repositoryName=WEB.name)
    many = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 100}
    rule = {"rulePriority": 1, "description": "a hundred", "selection": many, "action": {"type": "expire"}}
    ecr.put_lifecycle_policy(repositoryName=WEB.name, lifecyclePolicyText=json.dumps({"rules": [rule]}))
    deny = {"Sid": "Keep", "Effect": "Deny", "Principal": "*", "Action": "ecr:DeleteRepository"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    ecr.set_repository_policy(repositoryName=WEB.name, policyText=policy)
    filters = [{"filter": "team/*", "filterType": "WILDCARD"}]
    ecr.put_registry_scanning_configuration(
        scanType="BASIC", rules=[{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": filters}]
    )


def taken_away(aws: Reached) -> None:
    """Delete the repository, and switch the scan off."""
    ecr = aws.client("ecr", HOME.region)
    ecr.delete_repository_policy(repositoryName=WEB.name)
    ecr.delete_repository(repositoryName=WEB.name)
    not_scanned(aws)


def not_scanned(aws: Reached) -> None:
    """Scan nothing on push any more."""
    aws.client("ecr", HOME.region).put_registry_scanning_configuration(scanType="BASIC", rules=[])


def call(operation: str, **arguments: object) -> Callable[[Reached], object]:
    """Return a function that calls ECR about a repository by hand."""
    return lambda aws: getattr(aws.client("ecr", HOME.region), operation)(repositoryName=API.name, **arguments)


SAMPLES = (
    Sample(
        "repositories",
        [KEY, API, WEB, SCAN, WORKERS],
        after=not_scanned,
        not_on_aws=NO_ACCOUNT,
        tamperings={
            "tags that move": Tampering(
                call("put_image_tag_mutability", imageTagMutability="MUTABLE"),
                [f"{API.address}: update tag mutability"],
            ),
            "images without a tag stay": Tampering(
                call("delete_lifecycle_policy"),
                [f"{API.address}: update lifecycle"],
                [f"{API.address}: update lifecycle"],
            ),
            "nobody pulls": Tampering(
                call("delete_repository_policy"), [f"{API.address}: update policy"], [f"{API.address}: update policy"]
            ),
            "untagged": Tampering(
                lambda aws: aws.client("ecr", HOME.region).untag_resource(resourceArn=API.arn, tagKeys=["owner"]),
                [f"{API.address}: update tags"],
            ),
            "not scanned": Tampering(not_scanned, [f"{SCAN.address}: update scan on push"]),
        },
    ),
    Sample(
        "repository made by hand",
        [KEY, API, WEB, SCAN],
        before=made_by_hand,
        after=taken_away,
        not_on_aws=NO_ACCOUNT,
    ),
)
