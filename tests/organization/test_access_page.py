"""The page of a report about all accounts of an organization file: who may do what, with links to their own pages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from awsbase.organization.access_table import Row, TableCell, table
from awsbase.report.organization import render
from tests.organization.access import organization

AT = datetime(2026, 6, 21, 12, 30, tzinfo=UTC)
PAGES = {"users": "users.html", "prod": "prod.html", "dev": "dev.html"}


def words(page: str) -> str:
    """Return what a page says, without its marks and spaces."""
    return " ".join(re.sub(r"<style>.*</style>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def test_the_page_shows_the_table_with_what_differs(tmp_path: Path) -> None:
    wanted = table(organization(tmp_path), ("users", "prod", "dev"))
    entered = TableCell(more=("may assume acme-Admin by <script>",), live=True)
    lacking = TableCell(("Read",), missing=("the role acme-Read is not there",), live=True)
    rows = (
        Row("Developers", "group", ("alice",), {"prod": lacking}),
        Row("carol", "user", (), {"dev": entered}, False),
    )
    found = replace(wanted, rows=rows, live=True, elsewhere={"dev": ("bob",)}, unread={"users": "no way"})
    page = render(found, PAGES, "org.yaml", AT, sandbox=False)
    said = words(page)
    assert "Compared with org.yaml" not in said
    assert "What the accounts allow, compared with org.yaml on 21 June 2026, 12:30 UTC" in said
    assert "Developers alice + Read missing user carol ! more" in said
    assert "+ Developers in prod: the role acme-Read is not there" in said
    assert "! user carol in dev: may assume acme-Admin by &lt;script&gt;" in said
    assert "users was not read: no way Needs you: dev has the IAM user bob" in said
    assert re.findall(r'href="([^#"]+)"', page) == list(PAGES.values())
    assert "prod protected" in said


def test_without_the_accounts_the_page_says_that_it_compares_nothing(tmp_path: Path) -> None:
    said = words(render(table(organization(tmp_path), ("prod",)), PAGES, "org.yaml", AT, sandbox=True))
    assert "The embedded AWS of the sandbox, not real accounts. As wanted, not compared with org.yaml" in said
    assert "Deployers dan Prod, Read Developers alice Read" in said
