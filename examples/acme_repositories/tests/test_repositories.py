"""Repositories keep the contract that every kind of awsbase keeps."""

from __future__ import annotations

from typing import Any

from acme_repositories import PLUGIN
from acme_repositories.repository import Repository
from acme_repositories.sandbox import ECR

from awsbase.testing import HOME, SERVICES, Sample, Sandbox, Tampering, contract

IMAGES = Repository(scope=HOME, name="acme/web", tags={"team": "platform"})
SCRATCH = Repository(scope=HOME, name="acme/scratch", mutable=True, scan=False)


def ecr(sandbox: Sandbox) -> Any:
    """Return a client that goes around awsbase."""
    return sandbox.client("ecr", HOME.region)


def set_mutability(name: str, word: str) -> Any:
    return lambda sandbox: ecr(sandbox).put_image_tag_mutability(repositoryName=name, imageTagMutability=word)


SAMPLES = (
    Sample(
        "repository",
        [IMAGES],
        tamperings={
            "tags can be overwritten": Tampering(
                set_mutability(IMAGES.name, "MUTABLE"), ["repository/acme/web: update tag mutability"]
            ),
            "no scan": Tampering(
                lambda sandbox: ecr(sandbox).put_image_scanning_configuration(
                    repositoryName=IMAGES.name, imageScanningConfiguration={"scanOnPush": False}
                ),
                ["repository/acme/web: update scan on push"],
            ),
            "a tag is gone": Tampering(
                lambda sandbox: ecr(sandbox).untag_resource(resourceArn=IMAGES.arn, tagKeys=["team"]),
                ["repository/acme/web: update tags"],
            ),
            "deleted": Tampering(
                lambda sandbox: ecr(sandbox).delete_repository(repositoryName=IMAGES.name),
                ["repository/acme/web: create repository"],
            ),
        },
    ),
    Sample(
        "repository to try things in",
        [SCRATCH],
        tamperings={
            "tags cannot be overwritten": Tampering(
                set_mutability(SCRATCH.name, "IMMUTABLE"),
                ["repository/acme/scratch: update tag mutability"],
                risky=["repository/acme/scratch: update tag mutability"],
            ),
        },
    ),
)
test_contract = contract(SAMPLES, kinds=PLUGIN.kinds, services=(*SERVICES, ECR))
