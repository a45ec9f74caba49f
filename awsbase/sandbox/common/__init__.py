"""The rules that all services share: they look at a request before those of its own service."""

from functools import cache

from awsbase.sandbox.common import model, new_accounts, paging, regions, tags
from awsbase.sandbox.service import Rule, Service, Services

__all__ = ["with_common_rules"]


def with_common_rules(services: Services) -> tuple[Rule, ...]:
    """Return the rules of all services, between those that look first and those that look last."""
    return _rules(tuple(services.values()))


# One tuple for all sandboxes with these services: which rules are about an operation is then found once.
@cache
def _rules(services: tuple[Service, ...]) -> tuple[Rule, ...]:
    return (
        *model.RULES,
        *tags.RULES,
        *paging.first(services),
        *regions.RULES,
        *new_accounts.RULES,
        *(rule for service in services for rule in service.rules),
        *paging.last(services),
    )
