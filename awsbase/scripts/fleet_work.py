"""`awsbase fleet work`."""

from __future__ import annotations

import json
import sys

import click

from awsbase.errors import UsageError
from awsbase.scripts.interrupt import interruptible
from awsbase.scripts.options import DEBUG
from awsbase.scripts.output import err, out_json

LARGEST = 64 * 1024 * 1024


@click.command("work", short_help="Carry out one account's work: JSON in, JSON out.")
@DEBUG
def command(debug: bool) -> int:
    """Carry out one account's work: an item as JSON on stdin, its result as JSON on stdout.

    Any engine that runs programs can run a fleet by it. An item can be given again at any time.
    \f
    Raises UsageError for what is no item.
    """
    from awsbase.fleet.item import read_item
    from awsbase.fleet.work import work

    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("the item is read from stdin", hint="give it to `awsbase fleet work` from a file or a pipe")
    try:
        item = read_item(json.loads(sys.stdin.buffer.read(LARGEST)))
    except (ValueError, RecursionError):
        raise UsageError(
            "the item on stdin is not JSON", hint="give `awsbase fleet work` what an engine wrote"
        ) from None
    with interruptible(lambda text: err(f"{text}\n")) as stop:
        result = work(item, stop=stop)
    out_json(result.document())
    return result.exit
