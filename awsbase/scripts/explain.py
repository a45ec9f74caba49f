"""`awsbase explain`."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from awsbase.engine.kind import About
from awsbase.explain import entries, explain, subjects
from awsbase.scripts.options import DEBUG, EXTRAS, JSON, plugins
from awsbase.scripts.output import out, out_json

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
    width = max(map(len, found)) + 2
    lines = [
        textwrap.fill(each.what, WIDTH, initial_indent=f"{name:{width}}", subsequent_indent=" " * width)
        for name, each in found.items()
    ]
    return "\n".join(lines) + "\n"


def as_text(name: str, found: About) -> str:
    """Return one explanation as text."""

    def part(title: str, text: str) -> str:
        return textwrap.fill(text, WIDTH, initial_indent=f"  {title:9}", subsequent_indent=" " * 11)

    lines = [name, part("what", found.what), part("why", found.why)]
    if found.controls:
        lines.append(part("answers", ", ".join(found.controls)))
    lines.append(part("costs", found.cost))
    # A command stays on one line, for copying.
    lines += [f"  {'undo' if not number else '':9}{line}" for number, line in enumerate(found.undo)]
    return "\n".join(lines) + "\n"
