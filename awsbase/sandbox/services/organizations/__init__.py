"""AWS Organizations: the organization that the account is in, its units, accounts and policies."""

from collections.abc import Mapping

from awsbase.sandbox.organization_state import organization, target
from awsbase.sandbox.service import Codes, Pages, Request, Service, TagWords
from awsbase.sandbox.services.organizations import (
    accounts,
    callers,
    effective,
    new_accounts,
    policies,
    policy_types,
    trusted_services,
    units,
    writes,
)
from awsbase.sandbox.services.organizations.permissions import CALLS
from awsbase.sandbox.services.organizations.snapshot import snapshot, stable_names


def tags(request: Request, arn: str) -> Mapping[str, str]:
    """Return the tags of a root, a unit, an account or a policy."""
    held, id = organization(request.sandbox, request.region), arn.rpartition("/")[2]
    if held is None:
        return {}
    found = next((policy for policy in held.policies if policy.id == id), None) or target(held, id)
    return dict(found.tags) if found else {}


SERVICE = Service(
    "organizations",
    # In this order: what is going on in the background comes first, and what is refused before what is answered.
    rules=(
        *effective.FIRST,
        *callers.RULES,
        *writes.RULES,
        *policy_types.RULES,
        *new_accounts.RULES,
        *accounts.RULES,
        *units.RULES,
        *policies.RULES,
        *trusted_services.RULES,
        *effective.RULES,
        *callers.LAST,
    ),
    calls=CALLS,
    tags=tags,
    pages=Pages(length=20, invalid_token="InvalidInputException"),  # noqa: S106, an error code
    snapshot=snapshot,
    stable_names=stable_names,
    codes=Codes(
        invalid="InvalidInputException",
        tags="InvalidInputException",
        too_many_tags="ConstraintViolationException",
        throttled=("TooManyRequestsException", 400),
        failure="ServiceException",
    ),
    tag_words=TagWords(duplicate="You provided a tag key more than once."),
    is_global=True,
    opt_in=False,
)
