"""The command line: one command or group per file, imported when it is called."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from awsbase import __version__, busy, pydantic_plugins
from awsbase.errors import AwsbaseError, UsageError
from awsbase.people import variables
from awsbase.scripts import hints
from awsbase.view.stream import escaped, write

# name → (module with a click command named `command`, one line of help)
COMMANDS: Mapping[str, tuple[str, str]] = {
    "reconcile": ("awsbase.scripts.reconcile", "Bring the account to the state of the manifest."),
    "plan": ("awsbase.scripts.plan", "Show what reconcile would do; reads only."),
    "validate": ("awsbase.scripts.validate", "Check a manifest without calling AWS."),
    "init": ("awsbase.scripts.init", "Write a commented manifest to start from."),
    "adopt": ("awsbase.scripts.adopt", "Write a manifest that describes an account as it is."),
    "schema": ("awsbase.scripts.schema", "Print the JSON Schema of the manifest, for editors."),
    "explain": ("awsbase.scripts.explain", "Explain what something is, why, its cost, and how to undo it."),
    "cost": ("awsbase.scripts.cost", "Show what the manifest costs a month."),
    "access": ("awsbase.scripts.access", "Show who may do what in which account."),
    "graph": ("awsbase.scripts.graph", "Show what depends on what."),
    "permissions": ("awsbase.scripts.permissions", "Print the least permissions that a manifest needs."),
    "drill": ("awsbase.scripts.drill", "Trigger the alarms, and show which of them reach somebody."),
    "coverage": ("awsbase.scripts.coverage", "Show how much of a standard the account meets."),
    "report": ("awsbase.scripts.report", "Write a page about the account, for people who look."),
    "outputs": ("awsbase.scripts.outputs", "Print ids, ARNs and names for Terraform and scripts."),
    "ci": ("awsbase.scripts.ci", "Write the workflow of a pipeline, and look up what its roles trust."),
    "fleet": ("awsbase.scripts.fleet", "Work on many accounts, on one machine or on an engine."),
    "accounts": ("awsbase.scripts.accounts", "Show the accounts of an organization file."),
    "profiles": ("awsbase.scripts.profiles", "Write profiles for the accounts and roles of an organization."),
    "state": ("awsbase.scripts.state", "Use the state bucket with Terraform or OpenTofu."),
    "backups": ("awsbase.scripts.backups", "Show how to restore backups, or rehearse it."),
    "tools": ("awsbase.scripts.tools", "Pin tools such as OpenTofu for mise and aqua; check the PATH."),
    "bootstrap": ("awsbase.scripts.bootstrap", "Create the first administrator, delete root's access key."),
    "bastion": ("awsbase.scripts.bastion", "Start, use and terminate a bastion."),
    "mfa": ("awsbase.scripts.mfa", "Manage your MFA devices, and get sessions with them."),
    "exec": ("awsbase.scripts.exec", "Run a command with a session in its environment."),
    "keys": ("awsbase.scripts.keys", "List, rotate and store your access keys."),
    "passwd": ("awsbase.scripts.passwd", "Change your console password, or reset that of another user."),
    "secret": ("awsbase.scripts.secret", "Store values in the manifest's secrets."),
    "mail": ("awsbase.scripts.mail", "Replace the password that programs send mail with."),
    "prune": ("awsbase.scripts.prune", "Delete what awsbase made and the manifest no longer has."),
    "destroy": ("awsbase.scripts.destroy", "Delete what awsbase made for a manifest."),
    "own": ("awsbase.scripts.own", "Say that awsbase made what has no tag of origin."),
    "unlock": ("awsbase.scripts.unlock", "End the lock of a run that has ended."),
    "whoami": ("awsbase.scripts.whoami", "Show your AWS identity, and when it expires."),
    "selftest": ("awsbase.scripts.selftest", "Try awsbase on a real account that nobody needs."),
    "sandbox": ("awsbase.scripts.sandbox", "Serve an embedded AWS on this machine for experiments."),
    "version": ("awsbase.scripts.version", "Show the version."),
    "completion": ("awsbase.scripts.completion", "Print the completion script of a shell."),
    "help": ("awsbase.scripts.help", "Show the help of a command."),
}
INTERRUPTED = 130
# A shell sets this variable when it asks for completions.
COMPLETE = "_AWSBASE_COMPLETE"
# What helps where a file cannot be read or written.
WHERE_FILES_FAIL = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
    errno.EROFS: "name a place that can be written to",
    errno.EACCES: "check that the file and its folder belong to you",
    errno.EPERM: "check that the file and its folder belong to you",
}


@dataclass
class Invocation:
    """How the program was called."""

    environ: Mapping[str, str]
    """The environment that it was called with, for commands that it calls."""
    debugging: bool = False
    """Whether it shows tracebacks; set by `--debug`, at any position."""
    named_profile: str | None = None
    """The profile of `--profile`."""
    manifest: str | None = None
    """The path of the manifest, as it was given."""

    @property
    def profile(self) -> str | None:
        """The profile that a hint must name, so that its command works as the same person.

        A variable can be set for one command alone, and nobody can see that from within. Keys win over it.
        """
        name, variable = variables.profile_of(self.environ)
        keys = self.environ.get("AWS_ACCESS_KEY_ID")
        return self.named_profile or (name if variable and not keys else None)


class LazyGroup(click.Group):
    """A group that imports only the command that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve the command of `args`; raises UsageError with what works instead of an unknown one."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from awsbase.scripts import guesses

            what, hint = guesses.unknown_command(args[0], list(COMMANDS), args[1:])
            raise UsageError(what, hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the completions of a command name without importing commands."""
        names = [CompletionItem(name, help=line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        """Run a command, report a failure in one line, and exit with the exit code."""
        invocation = extra.setdefault("obj", Invocation(dict(os.environ)))
        extra["standalone_mode"] = False
        if COMPLETE in invocation.environ:
            from awsbase.scripts import shells

            shells.register()
        failed = True
        try:
            code = super().main(args, *rest, **extra) or 0
            failed = False
        except click.Abort:
            write("aborted\n", sys.stderr)
            code = INTERRUPTED
        except click.ClickException as error:
            write(usage(error, sys.argv[1:] if args is None else args), sys.stderr)
            code = error.exit_code
        except AwsbaseError as error:
            write(advice(error, invocation), sys.stderr)
            code = error.exit_code
            if invocation.debugging:
                show(error)
        except Exception as error:  # noqa: BLE001, the last resort: one line, a traceback with --debug
            if invocation.debugging:
                show(error)
            write(unforeseen(error, invocation.debugging), sys.stderr)
            code = 1
        # By Terraform's convention exit code 2 then means changes, so every error must be 1.
        if failed and code == 2 and "--detailed-exitcode" in (sys.argv if args is None else args):
            code = 1
        busy.clear()
        sys.exit(code)


def advice(error: AwsbaseError, called: Invocation | None = None) -> str:
    """Return the text of an expected failure, with its hint on a separate line; its commands name the same profile."""
    lines = "".join(f"awsbase: {escaped(line)}\n" for line in error.message.split("\n"))
    hint = error.hint or ""
    if called:
        hint = hints.complete(hint, called.profile, called.manifest)
    return lines + (f"  → {escaped(hint)}\n" if hint else "")


def usage(error: click.ClickException, args: Sequence[str]) -> str:
    """Return the text of an invalid command line: what works instead, or click's own words."""
    from awsbase.scripts import guesses

    if isinstance(error, click.UsageError) and (better := guesses.advice(error, args)):
        return advice(UsageError(better[0], hint=better[1]))
    shown = StringIO()
    error.show(shown)
    return shown.getvalue()


def show(error: BaseException) -> None:
    """Write where an error was raised."""
    import traceback

    traceback.print_exception(error)


def unforeseen(error: Exception, debugging: bool) -> str:
    """Return the text of an unforeseen failure; only --debug shows its traceback."""
    message = escaped(" ".join(str(error).split()))
    # click itself writes help and version.
    if isinstance(error, OSError) and error.errno in WHERE_FILES_FAIL:
        return f"awsbase: {message}\n  → {WHERE_FILES_FAIL[error.errno]}, then run it again\n"
    hint = "please report this" if debugging else "rerun with --debug"
    return f"awsbase: unforeseen: {type(error).__name__}: {message}\n  → {hint}\n"


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="awsbase", message="%(prog)s %(version)s")
def cli() -> None:
    """Bring an AWS account from bare to best practice, and keep it there: one YAML manifest, no state file."""


def main() -> NoReturn:
    """Run the command line; SIGTERM and SIGHUP are handled like Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    invocation = Invocation(dict(os.environ))
    pydantic_plugins.leave_out()
    cli.main(prog_name="awsbase", obj=invocation)
