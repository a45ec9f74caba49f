"""`python -m awsbase.kinds`: a command for development, which `awsbase --help` does not show."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

import click

import awsbase
from awsbase import ensure
from awsbase.engine.kind import Kind
from awsbase.errors import AwsbaseError, UsageError
from awsbase.kinds.check import check_tree
from awsbase.kinds.scaffold import Name, scaffold
from awsbase.kinds.table import PAGE, insert
from awsbase.manifest.plugins import lacks
from awsbase.scripts import advice

NEXT = """
What is there now runs: an SNS topic stands in for your {word}. What to do next:
  1. replace its calls, its facts and its permissions in {module} by those of your service
  2. spoil more in the sample, one way for each thing that the recipe corrects
  3. say in docs/manifest.md and CHANGELOG.md what it is for
  4. python -m awsbase.kinds check && pytest tests/contract tests/permissions tests/test_docs.py -k '{plural}'
"""


@click.group()
def cli() -> None:
    """Add a kind of resource, and compare what kinds declare with what is there."""


@cli.command("new")
@click.argument("name")
@click.option("--section", metavar="KEY", help="The section's key in the manifest; else the plural of NAME.")
def new(name: str, section: str | None) -> None:
    """Write module, section, sample and docs of a new kind, called NAME as its addresses are: log-group."""
    called = Name.of(name, section)
    root = tree()
    for action, file in scaffold(root, called):
        click.echo(f"{action} {file}")
    importlib.invalidate_caches()
    write_table(root, ensure.KINDS.values())
    module = f"awsbase/ensure/{called.module}.py"
    click.echo(NEXT.format(word=called.word, plural=called.words, module=module), nl=False)


@cli.command("check")
@click.option("--extras", multiple=True, metavar="DISTRIBUTION", help="Check this plug-in instead. Can be repeated.")
def check_all(extras: tuple[str, ...]) -> None:
    """Say what the declarations lack, one sentence a line; exits with 1 when there is something."""
    found = [lack for name in extras for lack in lacks(name)] if extras else check_tree(tree(), ensure.KINDS)
    click.echo("\n".join(found or ["nothing to do"]))
    sys.exit(bool(found))


@cli.command("docs")
def docs() -> None:
    """Write the table of what is owned and what is kept into docs/manifest.md."""
    write_table(tree(), ensure.KINDS.values())


def write_table(root: Path, kinds: Iterable[Kind]) -> None:
    """Write the table *owned and kept* into the docs."""
    page = root / PAGE
    page.write_text(insert(page.read_text(encoding="utf-8"), kinds), encoding="utf-8")


def tree() -> Path:
    """Return the clone that awsbase runs from; raises UsageError where it is installed without one."""
    root = Path(awsbase.__file__).parents[1]
    if not (root / PAGE).exists():
        raise UsageError("this awsbase is installed without its docs and tests", hint="run it in a clone")
    return root


def main() -> None:
    """Run the command; what is expected to go wrong is told in one line, as `awsbase` does."""
    try:
        cli(prog_name="python -m awsbase.kinds")
    except AwsbaseError as error:
        sys.stderr.write(advice(error))
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
