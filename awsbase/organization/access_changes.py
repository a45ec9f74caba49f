"""What a reconcile of all accounts would change in who may do what."""

from __future__ import annotations

from typing import Literal

from awsbase.organization.access_table import Row, Table
from awsbase.records import record

Kind = Literal["gains", "loses", "stays"]
ORDER: tuple[Kind, ...] = ("gains", "loses", "stays")


@record
class AccessChange:
    """What a group gains or loses in an account; or what stays, although the file does not want it."""

    kind: Kind
    row: Row
    account: str
    roles: tuple[str, ...]
    why: tuple[str, ...]
    protected: bool


def changes(table: Table) -> list[AccessChange]:
    """Return what changes in accounts that were read, new access first."""
    found = []
    for row, account, cell in table.differing:
        several: dict[Kind, tuple[str, ...]] = {
            "gains": cell.missing,
            "loses": tuple(each for each in cell.more if each not in cell.stays),
            "stays": tuple(each for each in cell.more if each in cell.stays),
        }
        protected = account in table.protected
        found += [AccessChange(kind, row, account, cell.roles, why, protected) for kind, why in several.items() if why]
    return sorted(found, key=lambda each: ORDER.index(each.kind))
