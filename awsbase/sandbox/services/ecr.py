"""ECR: keys that can encrypt, policies about accounts and roles that there are, and rules that exclude one another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource

from awsbase.sandbox.authorization.permissions import act, at, given, own, param, table
from awsbase.sandbox.authorization.resources import region_of
from awsbase.sandbox.policy_checks import missing_principal
from awsbase.sandbox.service import Codes, Need, Request, ResourcePolicy, Rule, Service
from awsbase.sandbox.services.kms import find, key_arn, via
from awsbase.sandbox.snapshot import as_text, by_region, document
from awsbase.sandbox.wire import Refusal


def usable_key(request: Request) -> None:
    """Refuse to encrypt under a key that is not there or cannot encrypt; raises Refusal with KmsException.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    """
    wanted = param(request, "encryptionConfiguration.kmsKey")
    if wanted is None:
        return
    key = find(request, wanted)
    if key is None or key.key_state != "Enabled":
        raise Refusal("KmsException", f"The key {wanted} does not exist, or cannot encrypt.")


def one_rule_each(request: Request) -> None:
    """Refuse two rules of one frequency, and continuous scans where scanning is basic.

    Raises Refusal with InvalidParameterException.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-filters.html
    """
    frequencies = [each["scanFrequency"] for each in request.params.get("rules", [])]
    if len(set(frequencies)) < len(frequencies):
        raise Refusal("InvalidParameterException", "Invalid parameter: one rule for each scan frequency.")
    if request.params.get("scanType", "BASIC") == "BASIC" and "CONTINUOUS_SCAN" in frequencies:
        raise Refusal("InvalidParameterException", "Invalid parameter: basic scanning has no continuous scan.")


def one_priority_each(request: Request) -> None:
    """Refuse lifecycle rules of one priority, two for images without a tag, and one for any that does not come last.

    Raises Refusal with InvalidParameterException.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    try:
        rules = [
            (each["rulePriority"], each["selection"]["tagStatus"])
            for each in json.loads(request.params["lifecyclePolicyText"])["rules"]
        ]
    except (ValueError, KeyError, TypeError):
        return  # moto refuses what is no policy
    priorities = [priority for priority, _ in rules]
    any_image = [priority for priority, status in rules if status == "any"]
    without_tag = [priority for priority, status in rules if status == "untagged"]
    twice = len(set(priorities)) < len(priorities) or len(without_tag) > 1
    if twice or any_image not in ([], [max(priorities)]):
        message = (
            "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation"
        )
        raise Refusal("InvalidParameterException", f"{message} failure: rulePriority'")


def known_principals(request: Request) -> None:
    """Refuse a policy that names somebody who is not there; raises Refusal with InvalidParameterException.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
    """
    try:
        policy = json.loads(request.params["policyText"])
    except ValueError:
        return  # moto refuses what is no policy
    if isinstance(policy, dict) and missing_principal(request, policy, elsewhere=True):
        constraint = "failed to satisfy constraint: 'Invalid repository policy provided'"
        raise Refusal("InvalidParameterException", f"Invalid parameter at 'PolicyText' {constraint}")


def hold_grant(request: Request, response: dict[str, Any]) -> None:
    """Let ECR hold a grant for the key of a new repository.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
    """
    key = param(request, "encryptionConfiguration.kmsKey")
    if key and find(request, key):
        request.call_moto(
            "kms:CreateGrant",
            KeyId=key,
            GranteePrincipal=service(request),
            RetiringPrincipal=service(request),
            Operations=["Decrypt", "GenerateDataKey", "RetireGrant"],
            Constraints={"EncryptionContextSubset": {"aws:ecr:arn": response["repository"]["repositoryArn"]}},
        )


def retire_grant(request: Request, response: dict[str, Any]) -> None:
    """Let the grant go with its repository.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
    """
    arn = response["repository"]["repositoryArn"]
    for key in request.backend("kms").keys.values():
        for each in list(key.grants.values()):
            if each.constraints.get("EncryptionContextSubset", {}).get("aws:ecr:arn") == arn:
                request.call_moto("kms:RevokeGrant", KeyId=key.id, GrantId=each.id)


def service(request: Request) -> str:
    """Return what a grant calls ECR."""
    return f"ecr.{request.region}.amazonaws.com"


REPOSITORY = at("ecr:{region}:{account}:repository/{repositoryName}")


def named(request: Request) -> list[str]:
    """Return the ARNs of the repositories that a request names; a list is asked of all of them."""
    names = request.params.get("repositoryNames") or ["*"]
    return [f"arn:{request.partition}:ecr:{request.region}:{request.account}:repository/{name}" for name in names]


def encrypting(request: Request) -> Iterator[Need]:
    """Need to grant ECR the use of the customer's key that a repository is to have."""
    if key := param(request, "encryptionConfiguration.kmsKey"):
        for action in ("kms:DescribeKey", "kms:CreateGrant"):
            yield Need(action, key_arn(request, key), via(request, "ecr"))


def retiring(request: Request) -> Iterator[Need]:
    """Need to let the grant of a repository's key go with it."""
    held = request.backend("ecr").repositories.get(request.params["repositoryName"])
    if held and (key := held.encryption_configuration.get("kmsKey")) and find(request, key):
        yield Need("kms:RetireGrant", key_arn(request, key), via(request, "ecr"))


CALLS = table(
    {
        "DescribeRepositories": [own(named)],
        "CreateRepository": [own(REPOSITORY), act("ecr:TagResource", REPOSITORY, when="tags"), encrypting],
        "DeleteRepository": [own(REPOSITORY), retiring],
        "PutImageTagMutability PutImageScanningConfiguration ListImages PutImage BatchGetImage "
        "GetLifecyclePolicy PutLifecyclePolicy DeleteLifecyclePolicy "
        "GetRepositoryPolicy SetRepositoryPolicy DeleteRepositoryPolicy": [own(REPOSITORY)],
        "GetRegistryScanningConfiguration PutRegistryScanningConfiguration GetAuthorizationToken": [own()],
        "ListTagsForResource TagResource UntagResource": [own(given("resourceArn"))],
    }
)


def tags(request: Request, arn: str) -> dict[str, str]:
    """Return the tags of a repository."""
    found: dict[str, str] = request.backend("ecr", region_of(request, arn)).tagger.get_tag_dict_for_resource(arn)
    return found


def tagged(request: Request) -> Iterator[TaggedResource]:
    """Yield the repositories of the request's region, which moto's list lacks.

    https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
    """
    ecr = request.made("ecr")
    for one in ecr.repositories.values() if ecr else ():
        yield TaggedResource(one.arn, ecr.tagger.get_tag_dict_for_resource(one.arn), "ecr:repository")


def policy(request: Request, need: Need) -> Any:
    """Return the policy of a repository."""
    held = request.backend("ecr", region_of(request, need.resource)).repositories
    return getattr(held.get(need.resource.partition(":repository/")[2]), "policy", None)


def registry(ecr: Any) -> dict[str, Any]:
    """Return the repositories of a region by name, and how what is pushed there is scanned."""
    held: dict[str, Any] = {
        name: {
            "mutability": one.image_tag_mutability,
            "movable": one.image_tag_mutability_exclusion_filters,
            "scan": one.image_scanning_configuration,
            "encryption": one.encryption_configuration,
            "lifecycle": document(one.lifecycle_policy),
            "policy": document(one.policy),
            "images": len(one.images),
            "tags": ecr.tagger.get_tag_dict_for_resource(one.arn),
        }
        for name, one in ecr.repositories.items()
    }
    rules = ecr.registry_scanning_configuration["rules"]
    scanned = {each["scanFrequency"]: sorted(each["repositoryFilters"], key=as_text) for each in rules}
    return {**held, **({"scanning": {ecr.registry_scanning_configuration["scanType"]: scanned}} if rules else {})}


SERVICE = Service(
    "ecr",
    rules=(
        Rule("ecr:CreateRepository", before=usable_key),
        Rule("ecr:CreateRepository", after=hold_grant, strict=False),
        Rule("ecr:DeleteRepository", after=retire_grant, strict=False),
        Rule("ecr:PutRegistryScanningConfiguration", before=one_rule_each),
        Rule("ecr:PutLifecyclePolicy", before=one_priority_each),
        Rule("ecr:SetRepositoryPolicy", before=known_principals),
    ),
    calls=CALLS,
    tags=tags,
    tagged=tagged,
    policy=ResourcePolicy(policy),
    snapshot=by_region("ecr", registry),
    codes=Codes(
        invalid="InvalidParameterException", tags="InvalidTagParameterException", too_many_tags="TooManyTagsException"
    ),
    warm_up={"DescribeRepositories": {}},
)
