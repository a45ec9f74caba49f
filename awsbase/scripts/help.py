"""`awsbase help`."""

from __future__ import annotations

import click

from awsbase.scripts import completions
from awsbase.scripts.output import out


@click.command("help")
@click.argument("words", nargs=-1, metavar="[COMMAND]...", shell_complete=completions.commands)
@click.pass_context
def command(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of COMMAND, as `awsbase COMMAND --help` does."""
    about = ctx.find_root()
    for word in words:
        if not isinstance(about.command, click.Group):
            about.fail(f"{about.command_path} has no command {word!r}")
        name, found, _ = about.command.resolve_command(about, [word])
        assert found is not None
        about = click.Context(found, parent=about, info_name=name)
    out(f"{about.get_help()}\n")
