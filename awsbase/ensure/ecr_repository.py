"""ECR repositories, private ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.access.comparison import widening
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allow, Allows, Permissions, allow, equals
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, deletion, outage
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.ensure.key import any_key
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.keys import alias_behind
from awsbase.facts.optional import empty_if
from awsbase.policies.document import Document, difference, same
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record

# The Sid of the one statement of a repository's policy that is awsbase's.
OURS = "AwsbasePull"
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
WITHOUT_TAG = "awsbase: images without a tag"


class FixedEncryption(AwsbaseError):
    """The images of a repository are encrypted otherwise, and ECR changes that for none."""


@record(kw_only=True)
class EcrRepository(Resource):
    """A repository whose image tags cannot be moved, or only `moving` ones, such as `latest`.

    Images without a tag go after `keep_untagged` days; None leaves that as it is. `key` is the address of the key that
    they are encrypted under; without one it stays as it is. `accounts` may pull. Tags are added to.
    """

    name: str
    immutable: bool = True
    moving: tuple[str, ...] = ()
    keep_untagged: int | None = None
    key: str | None = None
    accounts: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("ecr-repository", self.name)

    @property
    def arn(self) -> str:
        return repository_arn(self.scope, self.name)

    @property
    def mutability(self) -> str:
        """The word of ECR's API."""
        if not self.immutable:
            return "MUTABLE"
        return "IMMUTABLE_WITH_EXCLUSION" if self.moving else "IMMUTABLE"

    @property
    def exclusions(self) -> list[dict[str, str]] | None:
        """The tags that can be moved, as ECR's API takes them."""
        return [{"filterType": "WILDCARD", "filter": each} for each in sorted(self.moving)] or None

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.IMAGE_STORAGE, self.scope.region)

    def needs(self) -> Iterator[str]:
        if self.key:
            yield self.key


def repository_arn(scope: Scope, name: str) -> str:
    """Return the ARN of a repository."""
    return scope.arn("ecr", f"repository/{name}")


@record
class RepositoryFacts:
    """A repository as it is; `url` is what images are pushed to, and `key` the ARN of a key of KMS."""

    mutability: str
    url: str
    moving: tuple[str, ...] = ()
    encryption: str = "AES256"
    key: Any = None
    created: datetime | None = None
    new: bool = False


def repositories(facts: Facts, region: str) -> Mapping[str, RepositoryFacts]:
    """List the repositories of a region by name."""
    pages = (
        facts.aws.at(region).ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 1000})
    )
    return {each["repositoryName"]: understood(each) for page in pages for each in page["repositories"]}


def understood(found: Mapping[str, Any]) -> RepositoryFacts:
    """Return what one entry of the list says of a repository."""
    encryption = found.get("encryptionConfiguration") or {}
    return RepositoryFacts(
        found.get("imageTagMutability", "MUTABLE"),
        found.get("repositoryUri", ""),
        tuple(sorted(each["filter"] for each in found.get("imageTagMutabilityExclusionFilters") or [])),
        encryption.get("encryptionType", "AES256"),
        encryption.get("kmsKey"),
        found.get("createdAt"),
    )


def lifecycle(facts: Facts, region: str, name: str) -> Sequence[Mapping[str, Any]]:
    """Read the lifecycle rules of one repository."""
    read = facts.aws.at(region).ecr.get_lifecycle_policy
    found = empty_if("LifecyclePolicyNotFoundException", read, repositoryName=name)
    rules: list[Mapping[str, Any]] = json.loads(found.get("lifecyclePolicyText") or "{}").get("rules", [])
    return rules


def repository_policy(facts: Facts, region: str, name: str) -> Document:
    """Read the policy of one repository; empty when there is none."""
    read = facts.aws.at(region).ecr.get_repository_policy
    found = empty_if("RepositoryPolicyNotFoundException", read, repositoryName=name)
    policy: Document = json.loads(found.get("policyText") or "{}")
    return policy


def repository_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of one repository from ECR itself."""
    found = facts.aws.at(region).ecr.list_tags_for_resource(resourceArn=arn).get("tags", [])
    return {tag["Key"]: tag["Value"] for tag in found}


def has_images(facts: Facts, region: str, name: str) -> bool:
    """Tell whether there is an image in a repository."""
    return bool(facts.aws.at(region).ecr.list_images(repositoryName=name, maxResults=1)["imageIds"])


def ecr_repository_reads(want: EcrRepository) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield repositories, want.scope.region
    yield tags.indexed, want.scope.region


def ensure_ecr_repository(run: Run, want: EcrRepository) -> str:
    """Keep one repository with its tags' mutability, its lifecycle and its policy; returns what images are pushed to.

    Raises FixedEncryption when its images are encrypted under another key.
    """
    region, ecr = want.scope.region, run.aws.at(want.scope.region).ecr
    key = run.result(want.key) if want.key else None
    have = run.read(repositories, region).get(want.name)
    refuse_encryption(want, have, key)
    rules = run.read(lifecycle, region, want.name) if have and want.keep_untagged is not None else ()
    policy = run.read(repository_policy, region, want.name) if have else {}
    ask = (repository_tags, region, want.arn)
    tagged = tags.current(run, want, region, want.arn, ask) if have else tags.wanted(want)

    if have is None:
        made = run.create(
            "ecr repository",
            ecr.create_repository,
            repositoryName=want.name,
            imageTagMutability=want.mutability,
            imageTagMutabilityExclusionFilters=want.exclusions,
            encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key} if key is not None else None,
            tags=tags.pairs(tags.with_origin(want)),
        )
        url = made["repository"]["repositoryUri"]
        have = RepositoryFacts(want.mutability, url, tuple(sorted(want.moving)), new=True)
    run.created_at(have.created)
    ours = tags.is_ours(tagged, want.scope)

    if drift := compare(
        {"tag mutability": have.mutability, "tags that move": list(have.moving)},
        {"tag mutability": want.mutability, "tags that move": sorted(want.moving)},
    ):
        run.update(
            "tag mutability",
            drift,
            ecr.put_image_tag_mutability,
            risk=access(movable(want, have)) or outage(fixed(want, have, ours=ours)),
            repositoryName=want.name,
            imageTagMutability=want.mutability,
            imageTagMutabilityExclusionFilters=want.exclusions,
        )

    if want.keep_untagged is not None:
        keep_lifecycle(run, want, have, rules, ours=ours)
    keep_policy(run, want, have, policy, ours=ours)

    add_tags(run, want, tagged, ecr.tag_resource, under="tags", resourceArn=want.arn)
    return have.url


def refuse_encryption(want: EcrRepository, have: RepositoryFacts | None, key: Any) -> None:
    """Raise FixedEncryption for a repository that is there and encrypted otherwise."""
    if have is None or want.key is None or have.key == key:
        return
    under = f"under {have.key}" if have.key else "by ECR itself"
    raise FixedEncryption(
        f"the images of {want.name} are encrypted {under}, and ECR changes the key of no repository",
        hint="leave key out, or make a repository of another name, copy the images there and delete this one",
    )


def movable(want: EcrRepository, have: RepositoryFacts) -> str:
    """Say why other tags can be moved than before; empty when none can."""
    held = have.mutability.startswith("IMMUTABLE")
    if not held:
        return ""
    more = "a tag" if not want.immutable else ", ".join(sorted(set(want.moving) - set(have.moving)))
    return f"whoever pushes can put another image under {more}" if more else ""


def fixed(want: EcrRepository, have: RepositoryFacts, *, ours: bool) -> str:
    """Say why fewer tags can be moved than before, in a repository of others; empty when as many can."""
    if ours or have.new:
        return ""
    held = have.mutability.startswith("IMMUTABLE")
    fewer = want.immutable and not (held and set(have.moving) <= set(want.moving))
    return "whoever pushes a tag again is refused" if fewer else ""


def keep_lifecycle(
    run: Run, want: EcrRepository, have: RepositoryFacts, rules: Sequence[Mapping[str, Any]], *, ours: bool
) -> None:
    """Let images without a tag go after their days; the rules of others stay."""
    assert want.keep_untagged is not None
    if any(map(is_of_others, rules)):
        run.note("kept: a rule of somebody else says what becomes of images without a tag, and ECR takes one such rule")
        return
    before = untagged_days(rules)
    if before == want.keep_untagged:
        return
    sooner = not have.new and (before is None or want.keep_untagged < before)
    why = "images without a tag are gone sooner, for good" if sooner else ""
    run.update(
        "lifecycle",
        [Drift("days of images without a tag", before, want.keep_untagged)],
        run.aws.at(want.scope.region).ecr.put_lifecycle_policy,
        risk=deletion(run.unless_begun(why, have.created, ours=ours)),
        repositoryName=want.name,
        lifecyclePolicyText={"rules": with_untagged(rules, want.keep_untagged)},
    )


def is_untagged(rule: Mapping[str, Any]) -> bool:
    """Tell whether a lifecycle rule is the one that counts the days until images without a tag go."""
    selection, action = rule.get("selection") or {}, rule.get("action") or {}
    said = (selection.get("tagStatus"), selection.get("countType"), action.get("type"))
    return said == ("untagged", "sinceImagePushed", "expire")


def is_of_others(rule: Mapping[str, Any]) -> bool:
    """Tell whether a lifecycle rule says otherwise what becomes of images without a tag, such as by their number."""
    return (rule.get("selection") or {}).get("tagStatus") == "untagged" and not is_untagged(rule)


def untagged_days(rules: Sequence[Mapping[str, Any]]) -> int | None:
    """Return after how many days images without a tag go; None when they stay."""
    days = [each["selection"].get("countNumber") for each in rules if is_untagged(each)]
    return days[0] if days else None


def with_untagged(rules: Sequence[Mapping[str, Any]], days: int) -> list[Mapping[str, Any]]:
    """Return lifecycle rules with ours in the place of the one that there is, or before all others.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """
    there = next((each for each in rules if is_untagged(each)), None)
    rule = {
        "rulePriority": there["rulePriority"] if there else 1,
        "description": WITHOUT_TAG,
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": days,
        },
        "action": {"type": "expire"},
    }
    if there:
        return [rule if each is there else each for each in rules]
    # No two have one priority, and one for any image comes last.
    taken = any(each["rulePriority"] == 1 for each in rules)
    return [rule, *({**each, "rulePriority": each["rulePriority"] + taken} for each in rules)]


def keep_policy(run: Run, want: EcrRepository, have: RepositoryFacts, policy: Document, *, ours: bool) -> None:
    """Let exactly these accounts pull by a statement of ours; those of others stay."""
    ecr = run.aws.at(want.scope.region).ecr
    document = with_pullers(policy, want.scope, want.accounts)
    if same(policy, document):
        return
    if not document:
        run.delete("policy", ecr.delete_repository_policy, repositoryName=want.name)
        return
    why = "" if have.new else widening(policy, document)
    run.update(
        "policy",
        [Drift(*each) for each in difference(policy, document)],
        ecr.set_repository_policy,
        risk=access(run.unless_begun(why, have.created, ours=ours)),
        repositoryName=want.name,
        policyText=document,
    )


def statements(policy: Document) -> list[Any]:
    """Return the statements of a policy."""
    found = policy.get("Statement", [])
    return list(found) if isinstance(found, list) else [found]


def with_pullers(policy: Document, scope: Scope, accounts: Sequence[str]) -> Document:
    """Return the policy of a repository with our statement, if one is needed; empty when no statement is left."""
    others = [each for each in statements(policy) if each.get("Sid") != OURS]
    roots = [f"arn:{scope.partition}:iam::{each}:root" for each in sorted(accounts)]
    pull = {"Sid": OURS, "Effect": "Allow", "Principal": {"AWS": roots}, "Action": list(PULL)}
    every = [*others, *([pull] if roots else [])]
    return {"Version": policy.get("Version", "2012-10-17"), "Statement": every} if every else {}


def pullers(policy: Document) -> tuple[str, ...]:
    """Return the accounts that our statement of a policy names."""
    named = [each.get("Principal", {}).get("AWS", []) for each in statements(policy) if each.get("Sid") == OURS]
    roots = [arn for each in named for arn in ([each] if isinstance(each, str) else each)]
    # AWS gives an account back as its root, whatever was sent.
    return tuple(sorted(arn.split(":")[4] for arn in roots if arn.endswith(":root")))


def remove_ecr_repository(run: Run, want: EcrRepository) -> None:
    """Delete a repository that this manifest made, once it is empty."""
    region = want.scope.region
    if want.name not in run.read(repositories, region):
        return
    if not tags.made_here(run, want, run.read(repository_tags, region, want.arn)):
        return
    if run.read(has_images, region, want.name):
        run.note("kept: there are images in it; delete those first, which AWS cannot bring back")
        return

    run.delete("ecr repository", run.aws.at(region).ecr.delete_repository, repositoryName=want.name)


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the repositories of a region, each as the resource that would make it just so."""
    region, index = scope.region, facts.read(tags.indexed, scope.region)
    for name, have in facts.read(repositories, region).items():
        address, arn = scope.address("ecr-repository", name), repository_arn(scope, name)
        if have.mutability == "MUTABLE_WITH_EXCLUSION":
            yield NotExpressible(address, ("tags that do not move: a manifest says which do",))
            continue
        alias = alias_behind(facts, region, have.key) if have.key else ""
        found = EcrRepository(
            scope=scope,
            name=name,
            immutable=have.mutability != "MUTABLE",
            moving=have.moving,
            keep_untagged=untagged_days(facts.read(lifecycle, region, name)),
            key=scope.address("key", alias) if alias else None,
            accounts=pullers(facts.read(repository_policy, region, name)),
        )
        yield Described(found, index[arn] if arn in index else facts.read(repository_tags, region, arn))


def everything(scope: Scope) -> tuple[str, ...]:
    """Return the ARN of all repositories, which a list is asked of."""
    return (repository_arn(scope, "*"),)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list repositories."""
    calls = ("DescribeRepositories", "GetLifecyclePolicy", "GetRepositoryPolicy", "ListTagsForResource")
    yield tags.TAG_INDEX
    yield allow("kms", "ListAliases")
    yield allow("ecr", *calls, on=everything(scope))


def read_permissions(want: EcrRepository) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow("ecr", "DescribeRepositories", on=everything(want.scope))
    yield allow("ecr", "GetLifecyclePolicy", "GetRepositoryPolicy", "ListTagsForResource", on=(want.arn,))


def granting(scope: Scope, *calls: str) -> Allow:
    """Allow these calls about keys of the account, through ECR alone, which holds a grant for as long as it uses one.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
    """
    suffix = ".cn" if scope.partition == "aws-cn" else ""
    service = equals("kms:ViaService", f"ecr.{scope.region}.amazonaws.com{suffix}")
    return allow("kms", *calls, on=any_key(scope), when=service)


def write_permissions(want: EcrRepository) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    calls = ("CreateRepository", "DeleteRepositoryPolicy", "PutImageTagMutability", "PutLifecyclePolicy")
    yield allow("ecr", *calls, "SetRepositoryPolicy", "TagResource", on=(want.arn,))
    if want.key:
        yield granting(want.scope, "CreateGrant", "DescribeKey")


def removal_permissions(want: EcrRepository) -> Allows:
    """Yield the IAM permissions that deleting one needs beyond those of a plan."""
    yield allow("ecr", "DeleteRepository", "ListImages", on=(want.arn,))
    if want.key:
        yield granting(want.scope, "RetireGrant")


KIND = Kind(
    ensure_ecr_repository,
    ecr_repository_reads,
    resource=EcrRepository,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Where container images are kept, with who may pull and push them.",
        why="The image that was tested is the one that runs only if nobody can put another one under its tag.",
        undo=(TAKE_OUT, "aws ecr delete-repository --repository-name NAME --region REGION, once it is empty"),
        controls=("FSBP ECR.2", "FSBP ECR.3"),
        cost=prices.IMAGE_STORAGE.rate,
    ),
    word="ecr-repository",
    found_by="name",
    owns="mutability of tags, days of images without one, which accounts pull",
    keeps="images, other lifecycle rules and statements, tags, encryption",
    describe=Describe(things, describe_permissions, everywhere=True),
    absent=Absent(remove_ecr_repository, permissions=removal_permissions),
)
