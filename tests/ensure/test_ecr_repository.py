"""A repository keeps its tags in place, drops what has none, and leaves what others have set."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from awsbase.aws import Aws
from awsbase.engine.facts import Facts
from awsbase.ensure.ecr_repository import (
    OURS,
    EcrRepository,
    FixedEncryption,
    RepositoryFacts,
    has_images,
    lifecycle,
    remove_ecr_repository,
    repositories,
    repository_policy,
    repository_tags,
    with_untagged,
)
from awsbase.ensure.registry_scanning import ON_PUSH, RegistryScanning, Scanning, matches, scanning
from awsbase.facts import tags
from awsbase.facts.key_users import grants_of
from awsbase.sandbox import Sandbox
from tests.ensure.planned import HOME, described, planned

WANT = EcrRepository(scope=HOME, name="api", keep_untagged=14, accounts=("210987654321",))
URL = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/api"
GOOD = RepositoryFacts("IMMUTABLE", URL)
OTHERS = {"Sid": "Keep", "Effect": "Deny", "Principal": "*", "Action": "ecr:DeleteRepository"}
PULL = {
    "Sid": OURS,
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
    "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
}
TAGS = {"awsbase:address": WANT.address, "awsbase:created-by": HOME.name}


def untagged(days: int, priority: int = 1) -> dict[str, Any]:
    selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}
    return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}


def archived(days: int) -> dict[str, Any]:
    return {**untagged(days), "action": {"type": "transition", "targetStorageClass": "archive"}}


def any_image(priority: int) -> dict[str, Any]:
    return {"rulePriority": priority, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan"}}


def facts(have: RepositoryFacts | None, rules: Any = None, policy: Any = None, labels: Any = TAGS) -> dict[Any, Any]:
    return {
        repositories: {"api": have} if have else {},
        lifecycle: [untagged(14)] if rules is None else rules,
        repository_policy: {"Version": "2012-10-17", "Statement": [PULL]} if policy is None else policy,
        tags.indexed: {WANT.arn: labels},
        repository_tags: labels,
    }


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (facts(None), ["create ecr repository", "update lifecycle", "update policy"]),
        (facts(GOOD), []),
        (facts(replace(GOOD, mutability="MUTABLE")), ["update tag mutability"]),
        (facts(GOOD, rules=[]), ["update lifecycle"]),
        (facts(GOOD, rules=[untagged(30)]), ["update lifecycle"]),
        (facts(GOOD, rules=[any_image(2), untagged(14)]), []),
        (facts(GOOD, rules=[archived(30)]), []),
        (facts(GOOD, policy={}), ["update policy"]),
        (facts(GOOD, policy={"Version": "2008-10-17", "Statement": [OTHERS, PULL]}), []),
        (facts(GOOD, labels={"team": "web"}), ["update tags"]),
    ],
    ids=[
        "missing",
        "converged",
        "tags that move",
        "kept for ever",
        "kept longer",
        "a rule of others",
        "another rule for what has no tag",
        "nobody pulls",
        "a statement of others",
        "adopted",
    ],
)
def test_repository_is_created_or_corrected(have: Any, changes: list[str]) -> None:
    assert described(planned(WANT, have)) == changes


@pytest.mark.parametrize(
    ("want", "have", "reason"),
    [
        (replace(WANT, immutable=False), facts(GOOD), "whoever pushes can put another image under a tag"),
        (replace(WANT, moving=("latest",)), facts(GOOD), "whoever pushes can put another image under latest"),
        (WANT, facts(replace(GOOD, mutability="MUTABLE"), labels={}), "whoever pushes a tag again is refused"),
        (WANT, facts(replace(GOOD, mutability="MUTABLE")), ""),
        (WANT, facts(GOOD, rules=[untagged(30)]), "images without a tag are gone sooner, for good"),
        (WANT, facts(GOOD, rules=[untagged(7)]), ""),
        (replace(WANT, accounts=()), facts(GOOD), ""),
    ],
    ids=["mutable", "latest moves", "fixed for others", "fixed again", "sooner", "later", "fewer accounts"],
)
def test_a_change_that_opens_or_deletes_something_says_so(want: Any, have: Any, reason: str) -> None:
    changes = planned(want, have).changes
    assert [each.risk.reason if each.risk else "" for each in changes if each.what != "tags"] == [reason]


def test_another_account_that_pulls_needs_approval() -> None:
    (change,) = planned(replace(WANT, accounts=(*WANT.accounts, "222222222222")), facts(GOOD)).changes
    assert change.risk
    assert "222222222222" in change.risk.reason


def test_the_last_statement_goes_with_the_policy() -> None:
    assert described(planned(replace(WANT, accounts=()), facts(GOOD))) == ["delete policy"]


def test_another_key_is_refused() -> None:
    want = replace(WANT, key="key/acme-images")
    key = HOME.arn("kms", "key/1234")
    assert described(planned(want, facts(replace(GOOD, key=key)), {"key/acme-images": key})) == []
    with pytest.raises(FixedEncryption, match="ECR changes the key of no repository"):
        planned(want, facts(GOOD), {"key/acme-images": key})


@pytest.mark.parametrize(
    ("rules", "priorities"),
    [
        ([], [1]),
        ([any_image(1)], [1, 2]),
        ([any_image(5)], [1, 5]),
        ([untagged(30, 3), any_image(4)], [3, 4]),
    ],
)
def test_rules_of_others_keep_their_order(rules: list[Any], priorities: list[int]) -> None:
    found = sorted(with_untagged(rules, 14), key=lambda each: each["rulePriority"])
    assert [each["rulePriority"] for each in found] == priorities
    assert [each["selection"]["tagStatus"] for each in found] == ["untagged", "any"][: len(found)]
    assert found[0]["selection"]["countNumber"] == 14


@pytest.mark.parametrize(
    ("images", "labels", "changes"),
    [
        (False, TAGS, ["delete ecr repository"]),
        (True, TAGS, []),
        (False, {"awsbase:address": WANT.address}, []),
    ],
    ids=["empty", "with images", "adopted"],
)
def test_only_an_empty_repository_of_ours_is_deleted(images: bool, labels: Any, changes: list[str]) -> None:
    known = {**facts(GOOD, labels=labels), has_images: images}
    assert described(planned(WANT, known, recipe=remove_ecr_repository)) == changes


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        ("prod", ["prod", "repo-prod", "prod-repo", "prodrepo"]),
        ("*prod", ["prod", "repo-prod"]),
        ("prod*", ["prod", "prod-repo", "prodrepo"]),
        ("prod*repo", ["prod-repo", "prodrepo"]),
    ],
)
def test_a_filter_matches_as_aws_says(filter: str, names: list[str]) -> None:
    every = ["prod", "repo-prod", "prod-repo", "prodrepo"]
    assert [each for each in every if matches(filter, each)] == names


@pytest.mark.parametrize(
    ("rules", "filters"),
    [
        ({}, ["api"]),
        ({ON_PUSH: ("team/*",)}, ["team/*", "api"]),
        ({ON_PUSH: ("*",)}, None),
        ({"CONTINUOUS_SCAN": ("*api",), ON_PUSH: ("team/*",)}, None),
        ({"MANUAL": ("*",)}, ["api"]),
    ],
    ids=["none", "of others", "all", "continuous", "by hand"],
)
def test_scan_on_push_adds_what_no_rule_matches(rules: Any, filters: list[str] | None) -> None:
    want = RegistryScanning(scope=HOME, repositories=("api", "web-api"))
    changes = planned(want, {scanning: Scanning("ENHANCED", rules)}).changes
    wanted = {} if filters is None else {**{name: list(each) for name, each in rules.items()}, ON_PUSH: filters}
    assert [each.drift[0].want for each in changes] == ([wanted[ON_PUSH]] if wanted else [])


def facts_of(sandbox: Sandbox) -> Facts:
    """Return facts of an account, read anew."""
    return Facts(Aws(sandbox.session(), HOME.region), ThreadPoolExecutor(1))


def test_a_key_is_kept_for_the_images_under_it() -> None:
    sandbox = Sandbox()
    key = sandbox.client("kms", HOME.region).create_key()["KeyMetadata"]["Arn"]
    ecr = sandbox.client("ecr", HOME.region)
    under = {"encryptionType": "KMS", "kmsKey": key}
    ecr.create_repository(repositoryName="api", encryptionConfiguration=under)
    assert list(grants_of(facts_of(sandbox), HOME, key)) == ["ecr-repository/api"]
    ecr.delete_repository(repositoryName="api")
    assert list(grants_of(facts_of(sandbox), HOME, key)) == []
