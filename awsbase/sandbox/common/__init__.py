"""The rules that all services share: they look at a request before those of its own service."""

from awsbase.sandbox.common import model, new_accounts, paging, regions, tags
from awsbase.sandbox.service import Rule, Services

__all__ = ["with_common_rules"]


def with_common_rules(services: Services) -> tuple[Rule, ...]:
    """Return the rules of all services, between those that look first and those that look last."""
    own = [rule for service in services.values() for rule in service.rules]
    return (
        *model.RULES,
        *tags.RULES,
        *paging.first(services),
        *regions.RULES,
        *new_accounts.RULES,
        *own,
        *paging.last(services),
    )
