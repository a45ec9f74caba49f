"""The options that are about several accounts, for commands that take an organization file too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from awsbase.errors import UsageError
from awsbase.people import durations
from awsbase.records import record
from awsbase.scripts.options import Command

if TYPE_CHECKING:
    from awsbase.fleet.tolerance import Tolerance
    from awsbase.organization import Member, Organization

ACCOUNT = click.option(
    "--account", "accounts", multiple=True, metavar="NAME,...", help="Of an organization file, only these accounts."
)
RUN_OPTIONS: Sequence[Callable[[Command], Command]] = (
    click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="So many accounts at a time."),
    click.option("--dask", metavar="tls://HOST:8786", help="Let the workers of this Dask scheduler do the work."),
    click.option("--deadline", metavar="10m", help="Give up an account after this long; default 10m."),
    click.option("--tolerate", metavar="2%|N", help="Exit 4, not 1, while no more accounts fail; default 0."),
    click.option("--resume", metavar="RUN", help="Go on with a run: only what is not finished."),
)
WAVE = click.option(
    "--wave",
    "waves",
    multiple=True,
    metavar="NAME,...",
    help="Reconcile these accounts, or units like Workloads/**, first; stop when too many of them fail.",
)


@record
class Several:
    """What a command was told about several accounts."""

    accounts: tuple[str, ...] = ()
    jobs: int | None = None
    deadline: float | None = None
    tolerate: str | None = None
    resume: str | None = None
    waves: tuple[str, ...] = ()
    dask: str | None = None

    def refuse_for(self, file: str) -> None:
        """Raise UsageError when something was told, and the file is the manifest of one account."""
        given = {
            "--account": self.accounts,
            "--jobs": self.jobs,
            "--dask": self.dask,
            "--deadline": self.deadline,
            "--tolerate": self.tolerate,
            "--resume": self.resume,
            "--wave": self.waves,
        }
        for option, value in given.items():
            if value:
                raise UsageError(
                    f"{option} is about several accounts, and {file} is the manifest of one", hint=f"leave {option} out"
                )

    def chosen(self, organization: Organization) -> list[Member]:
        """Return the accounts to work on; raises UsageError for an unknown name."""
        return organization.chosen(self.accounts)

    @property
    def tolerance(self) -> Tolerance:
        """Return how many accounts may fail; raises UsageError for what is no number of accounts."""
        from awsbase.fleet.tolerance import tolerance

        return tolerance(self.tolerate or "0")


def split(values: Sequence[str], option: str = "--account") -> tuple[str, ...]:
    """Return names that were given one by one or with commas.

    Raises UsageError when an option was given without a name: an unset variable of a script is not all accounts.
    """
    names = tuple(name.strip() for value in values for name in value.split(",") if name.strip())
    if values and not names:
        raise UsageError(f"{option} names no account", hint=f"leave {option} out for all accounts")
    return names


def runs_several(*, waves: bool = False) -> Callable[[Command], Command]:
    """Add the options of a run on several accounts to a command, as one parameter `several`."""

    def add(command: Command) -> Command:
        @wraps(command)
        def with_several(
            *,
            accounts: tuple[str, ...],
            jobs: int | None,
            dask: str | None,
            deadline: str | None,
            tolerate: str | None,
            resume: str | None,
            waves: tuple[str, ...] = (),
            **rest: Any,
        ) -> Any:
            if dask and (jobs or deadline):
                hint = "the scheduler has as many workers as you start; leave --jobs and --deadline out"
                raise UsageError("--dask is another engine than this machine", hint=hint)
            seconds = durations.seconds(deadline) if deadline else None
            several = Several(split(accounts), jobs, seconds, tolerate, resume, split(waves, "--wave"), dask)
            return command(several=several, **rest)

        found: Any = with_several
        for option in reversed((ACCOUNT, *RUN_OPTIONS, *([WAVE] if waves else []))):
            found = option(found)
        return found  # type: ignore[no-any-return]

    return add


def takes_accounts(command: Command) -> Command:
    """Add the option that chooses accounts of an organization file to a command, as one parameter `several`."""

    @ACCOUNT
    @wraps(command)
    def with_accounts(*, accounts: tuple[str, ...], **rest: Any) -> Any:
        return command(several=Several(split(accounts)), **rest)

    return with_accounts  # type: ignore[return-value]
