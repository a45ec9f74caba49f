"""`awsbase explain`."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TextIO

import click

from awsbase.engine.kind import About
from awsbase.explain import entries, explain, subjects
from awsbase.scripts.options import DEBUG, EXTRAS, JSON, plugins
from awsbase.scripts.output import out, out_json
from awsbase.view.stream import columns, is_terminal

WIDTH = 100


def completions(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the subjects that begin with `incomplete`."""
    return [each for each in subjects() if each.startswith(incomplete)]


@click.command("explain")
@click.argument("subject", required=False, metavar="[ADDRESS|KIND]", shell_complete=completions)
@EXTRAS
@JSON
@DEBUG
def command(subject: str | None, extras: tuple[str, ...], json: bool, debug: bool) -> None:
    """Explain what something is, why it is there, what it costs, and how to undo it by hand.

    \b
    awsbase explain                        lists every subject
    awsbase explain trail
    awsbase explain bucket/acme-state      an address, as plans show it
    awsbase explain awsbase:require-mfa    a policy that comes with awsbase
    """
    others = [kind for each in plugins(extras) for kind in each.plugin.kinds.values()]
    if subject is None:
        found_all = entries(others)
        if json:
            out_json({"schema": 1, "entries": {name: entry(each) for name, each in found_all.items()}})
        else:
            out(listing(found_all))
        return
    name, found = explain(subject, others)
    if json:
        out_json({"schema": 1, "entries": {name: entry(found)}})
    else:
        out(as_text(name, found))


def entry(found: About) -> dict[str, Any]:
    """Return an explanation as a JSON object."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(found).items()}


def listing(found: Mapping[str, About]) -> str:
    """Return one line for each subject."""
    width, room = max(map(len, found)) + 2, room_on(sys.stdout)
    lines = [
        textwrap.fill(each.what, room, initial_indent=f"{name:{width}}", subsequent_indent=" " * width)
        for name, each in found.items()
    ]
    return "\n".join(lines) + "\n"


def as_text(name: str, found: About) -> str:
    """Return one explanation as text."""

    room = room_on(sys.stdout)

    def part(title: str, text: str) -> str:
        return textwrap.fill(text, room, initial_indent=f"  {title:9}", subsequent_indent=" " * 11)

    lines = [name, part("what", found.what), part("why", found.why)]
    if found.controls:
        lines.append(part("answers", ", ".join(found.controls)))
    lines.append(part("costs", found.cost))
    for number, line in enumerate(found.undo):
        title = "" if number else "undo"
        # A command stays on one line, for copying.
        lines.append(f"  {title:9}{line}" if "aws " in line or "`" in line else part(title, line))
    return "\n".join(lines) + "\n"


def room_on(stream: TextIO) -> int:
    """Return how wide a line is: as the terminal, and never wider than one reads with ease."""
    return min(WIDTH, columns(stream)) if is_terminal(stream) else WIDTH
