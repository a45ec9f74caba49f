"""The protected accounts that a change in the people's account may let somebody into.

A grant to a group is a change of that account alone if the role is there already: nothing changes in the account that
somebody newly gets into.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from awsbase.organization.access import cells
from awsbase.organization.file import OrganizationFile


def protected_of(model: OrganizationFile, name: str) -> dict[str, list[str]]:
    """Return for each group of the table the protected accounts that it gets into; nothing for another account."""
    assert isinstance(model.accounts, dict)
    if not model.access or not model.accounts[name].identity:
        return {}
    found: dict[str, list[str]] = {}
    for account in (each for each, entry in model.accounts.items() if entry.protected and each != name):
        for group, cell in cells(model, account).items():
            if cell.roles:
                found.setdefault(group, []).append(account)
    return found


def opened(model: OrganizationFile, name: str, changes: Iterable[tuple[str, str]]) -> list[str]:
    """Return the protected accounts that changes of an account may let somebody into, each by address and words.

    These are changes of a group's policies, and of who is in it.
    """
    groups = protected_of(model, name)
    if not groups:
        return []
    prefix = re.escape(f"policy/{model.organization.name}-{name}-roles-")
    written = [f"{address} {what}" for address, what in changes]
    found = {
        account
        for group, accounts in groups.items()
        for each in written
        if re.match(rf"({prefix}|group/){re.escape(group)}(-\d+)? ", each) or each.endswith(f" membership in {group}")
        for account in accounts
    }
    assert isinstance(model.accounts, dict)
    return [each for each in model.accounts if each in found]
