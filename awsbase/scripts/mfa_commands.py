"""The less frequent commands of `awsbase mfa`, whose modules are imported when they are called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

# name → (module, the click command in it, one line of help)
LAZY: Mapping[str, tuple[str, str, str]] = {
    "create": ("awsbase.scripts.mfa_create", "create", "Create a virtual MFA device, and enable it."),
    "show": ("awsbase.scripts.mfa_show", "show", "Show a stored seed, once."),
    "list": ("awsbase.scripts.mfa_devices", "list_devices", "List MFA devices with owner and age."),
    "resync": ("awsbase.scripts.mfa_devices", "resync", "Resynchronize a device."),
    "remove": ("awsbase.scripts.mfa_devices", "remove", "Remove a device from its user, and delete it."),
    "prune": ("awsbase.scripts.mfa_devices", "prune", "Delete virtual devices without an owner."),
}


class LazyGroup(click.Group):
    """A group with its own commands, and others that are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [*super().list_commands(ctx), *LAZY]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, and import its module if needed."""
        if cmd_name not in LAZY:
            return super().get_command(ctx, cmd_name)
        module, name, _ = LAZY[cmd_name]
        found: click.Command = getattr(importlib.import_module(module), name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write all commands into the help, without importing any."""
        own = [(name, command.get_short_help_str(100)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *((name, line) for name, (_, _, line) in LAZY.items())])
