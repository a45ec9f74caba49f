"""The page about all accounts of an organization file: who may do what, and a link to the page of each account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from awsbase.organization.access_table import Table
from awsbase.report.environment import page
from awsbase.view import access_matrix


def render(table: Table, pages: Mapping[str, str], file: str, at: datetime, *, sandbox: bool) -> str:
    """Return the page as HTML: one file that loads nothing. `pages` are the names of the accounts' own pages."""
    return page(
        "organization.html",
        table=table,
        pages=pages,
        file=file,
        at=at,
        sandbox=sandbox,
        label=access_matrix.label,
        text=access_matrix.text,
        marks=access_matrix.MARKS,
        legend=access_matrix.LEGEND,
        differences=list(access_matrix.differences(table)),
        manual_actions=list(access_matrix.manual_actions(table)),
        administering=access_matrix.administering(table),
        summary=access_matrix.summary(table),
    )
