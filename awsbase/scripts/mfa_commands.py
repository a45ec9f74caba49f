"""The commands of `awsbase mfa` that are not needed every day: known by name, loaded when one is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

# name → (module, the click command in it, one line of help)
MORE: Mapping[str, tuple[str, str, str]] = {
    "create": ("awsbase.scripts.mfa_create", "create", "Make a virtual MFA device, and enable it."),
    "show": ("awsbase.scripts.mfa_show", "show", "Show a seed that was kept for you, once."),
    "list": ("awsbase.scripts.mfa_devices", "list_devices", "List MFA devices with owner and age."),
    "resync": ("awsbase.scripts.mfa_devices", "resync", "Bring a device back in step."),
    "remove": ("awsbase.scripts.mfa_devices", "remove", "Take a device off its user, and delete it."),
    "prune": ("awsbase.scripts.mfa_devices", "prune", "Delete virtual devices without an owner."),
}


class More(click.Group):
    """A group with commands of its own, and more that are loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of the help."""
        return [*super().list_commands(ctx), *MORE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, and import its module first where needed."""
        if cmd_name not in MORE:
            return super().get_command(ctx, cmd_name)
        module, name, _ = MORE[cmd_name]
        found: click.Command = getattr(importlib.import_module(module), name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands into the help."""
        own = [(name, command.get_short_help_str(100)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *((name, line) for name, (_, _, line) in MORE.items())])
