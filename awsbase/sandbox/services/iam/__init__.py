"""IAM: users, groups, roles, policies, and how people sign in."""

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource

from awsbase.sandbox.service import FIRST_REGIONS, Codes, Pages, Request, Service, TagWords
from awsbase.sandbox.services.iam import (
    central_root,
    corrections,
    credential_report,
    entities,
    last_accessed,
    mfa,
    oidc,
    passwords,
    permissions,
    policy_documents,
    root,
    service_linked_roles,
    snapshot,
)
from awsbase.sandbox.snapshot import tag_dict


def tags(request: Request, arn: str) -> dict[str, str]:
    """Return the tags of an entity, which moto keeps in several places."""
    iam, kind = request.backend("iam"), arn.rpartition(":")[2].partition("/")[0]
    if kind == "user":
        return dict(iam.tagger.get_tag_dict_for_resource(arn))
    listed: Any = []
    if kind == "role":
        listed = next((held.tags for held in iam.roles.values() if held.arn == arn), [])
    if kind == "policy" and arn in iam.managed_policies:
        listed = (iam.managed_policies[arn].tags or {}).values()
    if kind == "oidc-provider" and arn in iam.open_id_providers:
        listed = iam.open_id_providers[arn].tags.values()
    if kind == "instance-profile":
        listed = next((held.tags for held in iam.instance_profiles.values() if held.arn == arn), [])
    return {tag["Key"]: tag["Value"] for tag in listed or []}


def tagged(request: Request) -> Iterator[TaggedResource]:
    """Yield policies, instance profiles and identity providers, in the region where AWS lists what has none."""
    if request.region != FIRST_REGIONS.get(request.partition):
        return
    iam = request.backend("iam")
    for policy in iam.managed_policies.values():
        if policy.tags:
            yield TaggedResource(policy.arn, tag_dict(policy.tags.values()), "iam:policy")
    for profile in iam.instance_profiles.values():
        yield TaggedResource(profile.arn, tag_dict(profile.tags), "iam:instance-profile")
    for provider in iam.open_id_providers.values():
        yield TaggedResource(provider.arn, tag_dict(provider.tags.values()), "iam:oidc-provider")


# Recorded by cloud-custodian's tests: GetRole, GetGroup, GetLoginProfile, GetPolicy; LocalStack's, DeletePolicy.
WORDS = {
    r"Role (\S+) not found": r"The role with name \1 cannot be found.",
    r"Group (\S+) not found": r"The group with name \1 cannot be found.",
    r"Login profile for (\S+) not found": r"Login Profile for User \1 cannot be found.",
    r"Policy (\S+) not found": r"Policy \1 was not found.",
}

SERVICE = Service(
    "iam",
    rules=(
        *entities.RULES,
        *mfa.RULES,
        *passwords.RULES,
        *corrections.RULES,
        *oidc.RULES,
        *policy_documents.RULES,
        *credential_report.RULES,
        *last_accessed.RULES,
        *root.RULES,
        *central_root.RULES,
        *service_linked_roles.RULES,
    ),
    calls=permissions.CALLS,
    tags=tags,
    tagged=tagged,
    pages=Pages(),
    snapshot=snapshot.snapshot,
    stable_names=snapshot.stable_names,
    codes=Codes(
        invalid="ValidationError",
        tags="InvalidInput",
        too_many_tags="LimitExceeded",
        denied=("AccessDenied", 403),
        throttled=("Throttling", 400),
        failure="ServiceFailure",
        # Recorded: LocalStack, test_invalid_update_parameters.
        repeats_values=False,
    ),
    tag_words=TagWords(duplicate="Duplicate tag keys found. Please note that Tag keys are case insensitive."),
    words=WORDS,
    is_global=True,
    opt_in=False,
    warm_up={"ListUsers": {}},
)
