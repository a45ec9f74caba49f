"""The plan as a comment: the options that ask for it, where it goes, and what it says if there is no plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awsbase.engine.changes import Report
from awsbase.errors import AwsbaseError, UsageError
from awsbase.records import record
from awsbase.scripts.options import Command
from awsbase.scripts.output import STDOUT, is_stdout, out_document
from awsbase.view import document
from awsbase.view.markdown import LIMIT, LONGEST, SHORTEST, markdown, refusal

if TYPE_CHECKING:
    from awsbase.manifest.loaded import LoadedManifest


def comment_options(command: Command) -> Command:
    """Add the options that ask for a comment."""
    limit = click.option(
        "--limit",
        type=click.IntRange(SHORTEST, LONGEST),
        default=LIMIT,
        show_default=True,
        help="How many characters --markdown may take.",
    )
    file = click.option(
        "--markdown", type=click.Path(path_type=Path), metavar="FILE", help="Write the plan for a comment to a file."
    )
    return file(limit(command))


def comment_of(markdown: Path | None, limit: int, *, stdout_is_taken: bool) -> Comment:
    """Return the comment that options ask for; raises UsageError if it cannot be written there."""
    if is_stdout(markdown):
        if stdout_is_taken:
            raise UsageError("stdout takes either JSON or Markdown", hint="write one of them to a file")
        return Comment(STDOUT, limit)
    if markdown is not None:
        document.check(markdown)
    return Comment(markdown, limit)


@record
class Comment:
    """Where a comment goes, or None if nobody asks for it, and how many characters it may take."""

    path: Path | None
    limit: int

    @property
    def on_stdout(self) -> bool:
        return self.path == STDOUT

    @contextmanager
    def of_refusal(self, loaded: LoadedManifest) -> Iterator[None]:
        """Write why there is no plan if an error says so; raises it again."""
        try:
            yield
        except AwsbaseError as error:
            where = {"name": loaded.name, "account": loaded.account, "region": loaded.region}
            self._write(refusal(error, **where, limit=self.limit))
            raise

    def write(self, plan: Report, loaded: LoadedManifest, only: Sequence[str], *, sandbox: bool) -> None:
        """Write a plan to its file, if it is whole, or print it."""
        if self.path and (self.on_stdout or not plan.interrupted):
            sections = loaded.section_of
            text = markdown(plan, name=loaded.name, sections=sections, only=only, sandbox=sandbox, limit=self.limit)
            self._write(text)

    def _write(self, text: str) -> None:
        if self.on_stdout:
            out_document(text)
        elif self.path:
            document.save(text, self.path)
