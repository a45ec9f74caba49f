"""The page about all accounts of an organization file: who may do what, and a link to the page of each account."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from markupsafe import Markup

from awsbase import __version__
from awsbase.organization.access_table import Table
from awsbase.report.environment import environment
from awsbase.view import access_matrix


def render(table: Table, pages: Mapping[str, str], file: str, at: datetime, *, sandbox: bool) -> str:
    """Return the page as HTML: one file that loads nothing. `pages` are the names of the accounts' own pages."""
    style = environment().get_template("style.css").render()
    return (
        environment()
        .get_template("organization.html")
        .render(
            style=Markup(style),  # noqa: S704  nothing but the style sheet
            style_hash=b64encode(sha256(style.encode()).digest()).decode(),
            version=__version__,
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
    )
