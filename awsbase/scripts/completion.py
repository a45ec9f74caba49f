"""`awsbase completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from awsbase.scripts import shells
from awsbase.scripts.output import out

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL, which the shell sources.

    \b
    bash  eval "$(awsbase completion bash)" in ~/.bashrc
    zsh   eval "$(awsbase completion zsh)" in ~/.zshrc, below compinit
    fish  awsbase completion fish > ~/.config/fish/completions/awsbase.fish
    """
    shells.register()
    kind = get_completion_class(shell)
    assert kind is not None
    out(kind(ctx.find_root().command, {}, "awsbase", "_AWSBASE_COMPLETE").source())
