"""The options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from awsbase.errors import UsageError
from awsbase.records import record
from awsbase.scripts import completions

if TYPE_CHECKING:
    from awsbase.engine.plugin import LoadedPlugin

Command = TypeVar("Command", bound=Callable[..., Any])


def remembered(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Remember what the command was given, for the commands in its hints."""
    invocation = ctx.find_root().obj
    if value is not None and invocation is not None:
        name = "named_profile" if parameter.name == "profile" else "manifest"
        setattr(invocation, name, str(value))
    return value


MANIFEST = click.argument("manifest", type=click.Path(path_type=Path), callback=remembered)
ONLY = click.option(
    "--only",
    multiple=True,
    metavar="ADDRESS|SECTION",
    shell_complete=completions.addresses,
    help="Only this resource or section, with its dependencies. Can be repeated.",
)
ALLOW_RISKY = click.option(
    "--allow-risky",
    is_flag=True,
    help="Approve the risky changes that the plan lists.",
)
LOCK_TIMEOUT = click.option(
    "--lock-timeout",
    default="0s",
    metavar="10m",
    help="Wait this long for another run that holds the lock; by default not at all.",
)

EXTRAS = click.option(
    "--extras",
    multiple=True,
    metavar="DISTRIBUTION",
    help="Load this plug-in, as a manifest does that names it in `extras`. Can be repeated.",
)


OF_AWS_FILES = "The profile of ~/.aws to use; default $AWS_PROFILE."


def profile_option(help: str = OF_AWS_FILES) -> Callable[[Command], Command]:
    """Return the option that names a profile of the AWS files."""
    return click.option(
        "--profile", metavar="NAME", help=help, shell_complete=completions.profiles, callback=remembered
    )


def region_option(help: str, **more: Any) -> Callable[[Command], Command]:
    """Return the option that names a region."""
    return click.option("--region", metavar="REGION", help=help, shell_complete=completions.regions, **more)


def device_option(help: str) -> Callable[[Command], Command]:
    """Return the option that names an MFA device that is there."""
    return click.option("--device", metavar="NAME|ARN", help=help, shell_complete=completions.devices)


def role_option(help: str) -> Callable[[Command], Command]:
    """Return the option that names a role."""
    return click.option("--role", metavar="ARN|NAME", help=help, shell_complete=completions.roles)


@record
class Options:
    """The common options of one call; raises UsageError for those that do not go together."""

    profile: str | None = None
    region: str | None = None
    json: bool = False
    verbose: bool = False
    debug: bool = False
    sandbox: bool = False
    deny: tuple[Path, ...] = ()
    # Commands without a choice of details show the tree.
    full: bool = True
    quiet: bool = False

    @property
    def of_account(self) -> list[str]:
        """The words that lead another command to the same account."""
        words = ["--profile", self.profile] if self.profile else []
        words += ["--region", self.region] if self.region else []
        words += ["--sandbox"] if self.sandbox else []
        return words + words_of(deny=map(str, self.deny))

    def __post_init__(self) -> None:
        if self.deny and not self.sandbox:
            raise UsageError("--deny is about the embedded AWS of --sandbox", hint="add --sandbox, or leave --deny out")
        if self.quiet and self.full:
            raise UsageError("--quiet shows less, and --full and --verbose more", hint="leave one of them out")


def words_of(**named: Iterable[str]) -> list[str]:
    """Return options that can be repeated, as words."""
    return [word for name, values in named.items() for value in values for word in (f"--{name}", value)]


def debug(ctx: click.Context, _: click.Parameter, value: bool) -> bool:
    """Enable tracebacks and awsbase's own log; botocore's log would contain bodies and credentials."""
    if value:
        import logging

        ctx.find_root().obj.debugging = True
        log = logging.getLogger("awsbase")
        log.setLevel(logging.DEBUG)
        log.propagate = False
        log.handlers[:] = [logging.StreamHandler(sys.stderr)]
        log.handlers[0].setFormatter(logging.Formatter("%(asctime)s %(threadName)s %(message)s", "%H:%M:%S"))
    return value


def plugins(names: Sequence[str]) -> tuple[LoadedPlugin, ...]:
    """Load the plug-ins that `--extras` names; raises UsageError for one that is broken."""
    if not names:
        return ()
    from awsbase.manifest.plugins import load_plugins

    return load_plugins(names)


DEBUG = click.option(
    "--debug", is_flag=True, callback=debug, help="Show each call by name, and the traceback of a failure."
)
DENY = click.option(
    "--deny",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A service control policy over the embedded AWS. Can be repeated.",
)
JSON = click.option("--json", is_flag=True, help="Print one JSON document instead of text.")


def common(command: Command) -> Command:
    """Add the common options to a command, as one parameter `options`."""

    @profile_option()
    @region_option("Must be the manifest's home region, if given.")
    @click.option("--sandbox", is_flag=True, help="Use an empty embedded AWS; makes no connections.")
    @DENY
    @JSON
    @click.option("-v", "--verbose", is_flag=True, help="Show all: unchanged resources too, and long values in full.")
    @DEBUG
    @wraps(command)
    def with_options(
        *,
        profile: str | None,
        region: str | None,
        sandbox: bool,
        deny: tuple[Path, ...],
        json: bool,
        verbose: bool,
        debug: bool,
        **rest: Any,
    ) -> Any:
        return command(options=Options(profile, region, json, verbose, debug, sandbox, deny), **rest)

    return with_options  # type: ignore[return-value]


def detailed(command: Command) -> Command:
    """Add the options that choose how much of a report is shown, to a command that has the common ones."""

    @click.option("--full", is_flag=True, help="Show each change, and the steps of what needs you.")
    @click.option("-q", "--quiet", is_flag=True, help="Show only what is wrong, or needs approval.")
    @wraps(command)
    def with_details(*, options: Options, full: bool, quiet: bool, **rest: Any) -> Any:
        return command(options=replace(options, full=full or options.verbose, quiet=quiet), **rest)

    return with_details  # type: ignore[return-value]
