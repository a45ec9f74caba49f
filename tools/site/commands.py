"""What click knows of the commands, for the reference on the site and for the man pages."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import click

from awsbase.scripts import COMMANDS, cli


@dataclass(frozen=True)
class Command:
    """A command with the words that call it."""

    words: str
    context: click.Context

    @property
    def click(self) -> click.Command:
        return self.context.command

    @property
    def summary(self) -> str:
        """Return what the list of commands says of it."""
        listed = COMMANDS.get(self.words.removeprefix("awsbase "))
        return listed[1] if listed else self.click.get_short_help_str(limit=200)

    @property
    def usage(self) -> str:
        return " ".join([self.words, *self.click.collect_usage_pieces(self.context)])

    @property
    def paragraphs(self) -> list[tuple[str, bool]]:
        """Return the paragraphs of its help, and whether each keeps its line breaks."""
        text = inspect.cleandoc(self.click.help or "").partition("\f")[0]
        parts = [part for part in re.split(r"\n\s*\n", text) if part]
        return [(part.removeprefix("\b\n"), part.startswith("\b")) for part in parts]

    @cached_property
    def options(self) -> list[tuple[str, str]]:
        """Return its options, as the help shows them, and what each does."""
        records = (parameter.get_help_record(self.context) for parameter in self.click.get_params(self.context))
        return [record for record in records if record]

    @property
    def below(self) -> list[tuple[str, str]]:
        """Return the commands of a group, and what each does."""
        return [(command.words, command.summary) for command in children(self)]


def every() -> Iterator[Command]:
    """Yield `awsbase` and all commands below it."""
    yield from walk(Command("awsbase", click.Context(cli, info_name="awsbase", **cli.context_settings)))


def walk(command: Command) -> Iterator[Command]:
    """Yield a command and all below it, in the order of the help."""
    yield command
    for child in children(command):
        yield from walk(child)


def children(command: Command) -> Iterator[Command]:
    """Yield the commands right below a group."""
    if not isinstance(command.click, click.Group):
        return
    for name in command.click.list_commands(command.context):
        found = command.click.get_command(command.context, name)
        assert found is not None
        if not found.hidden:
            yield Command(f"{command.words} {name}", click.Context(found, parent=command.context, info_name=name))
