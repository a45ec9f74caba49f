"""Who may do what in which account as a table: a row for each group, a column for each account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Literal

from awsbase.ensure.user import User
from awsbase.manifest.manifest import resources
from awsbase.organization.access import cells
from awsbase.organization.load import Organization
from awsbase.records import record

State = Literal["wanted", "as wanted", "missing", "more", "unknown"]


@record
class TableCell:
    """What a row has in one account: the roles that the file grants, and how the account differs from it.

    `missing` and `more` say what there is less, and what more; `stays` is what of that no reconcile takes away.
    """

    roles: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    stays: frozenset[str] = frozenset()
    live: bool | None = None
    """None for a table of the file alone; False for an account that could not be read."""

    @property
    def state(self) -> State | None:
        """Return how the cell stands; None for one with nothing in it."""
        if self.more:
            return "more"
        if self.missing:
            return "missing"
        if not self.roles:
            return None
        return "wanted" if self.live is None else "as wanted" if self.live else "unknown"


@record
class Row:
    """A group of the table; or, not `granted`, a group, user or role that gets in and the file does not name."""

    name: str
    kind: str
    people: tuple[str, ...]
    cells: Mapping[str, TableCell]
    granted: bool = True


@record
class Table:
    """The whole table; without `live` it is that of the file.

    `unread` says why accounts could not be read. `elsewhere` are IAM users in accounts that are not the people's.
    `administrators` can give themselves any role, as the file wants it.
    """

    name: str
    identity: str
    accounts: tuple[str, ...]
    protected: frozenset[str]
    rows: tuple[Row, ...]
    live: bool = False
    unread: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    administrators: tuple[str, ...] = ()

    @property
    def differing(self) -> Iterator[tuple[Row, str, TableCell]]:
        """Yield each cell that is not as wanted, with its row and account."""
        for row in self.rows:
            for account, cell in row.cells.items():
                if cell.state in ("missing", "more"):
                    yield row, account, cell


def members(organization: Organization) -> Mapping[str, tuple[str, ...]]:
    """Return the people of each group, as the manifest of the identity account has them, by its name in lower case."""
    found: dict[str, list[str]] = {}
    if organization.identity:
        for several in resources(organization.identity.manifest).values():
            for each in several:
                if isinstance(each, User):
                    for group in each.groups:
                        found.setdefault(group.casefold(), []).append(each.name)
    return {group: tuple(names) for group, names in found.items()}


def table(organization: Organization, accounts: tuple[str, ...]) -> Table:
    """Return the table of the file, with a column for each of these accounts."""
    model, people = organization.model, members(organization)
    granted = {name: cells(model, name) for name in accounts}
    rows = []
    for group in model.access.grants if model.access else ():
        mine = {name: TableCell(granted[name][group].roles) for name in accounts if group in granted[name]}
        rows.append(Row(group, "group", people.get(group.casefold(), ()), mine))
    protected = frozenset(name for name in accounts if organization.members[name].entry.protected)
    identity = organization.identity.name if organization.identity else ""
    return Table(model.organization.name, identity, accounts, protected, tuple(rows))
