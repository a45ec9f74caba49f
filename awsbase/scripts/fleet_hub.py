"""How the commands of a fleet reach its hub: by the organization file."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from awsbase.errors import AwsbaseError
from awsbase.scripts.options import DEBUG, JSON, remembered

if TYPE_CHECKING:
    from awsbase.aws import Aws
    from awsbase.fleet.stepfunctions.hub import Hub
    from awsbase.organization import Organization

Command = TypeVar("Command", bound=Callable[..., Any])
DEFAULT = Path("org.yaml")
FILE = click.option(
    "-f",
    "--file",
    "organization",
    default=DEFAULT,
    metavar="ORG.YAML",
    type=click.Path(path_type=Path),
    callback=remembered,
    help="The organization file; default org.yaml.",
)
RUN = click.argument("run")


def of_run(function: Command) -> Command:
    """Add what all commands about one run take."""
    for option in (DEBUG, JSON, FILE, RUN):
        function = option(function)
    return function


def command(verb: str, run: str, organization: Path) -> str:
    """Return a command about a run as somebody types it."""
    file = [] if organization == DEFAULT else ["-f", str(organization)]
    return f"`{shlex.join(['awsbase', 'fleet', verb, run, *file])}`"


@contextmanager
def reached(organization: Organization, hub: Hub) -> Iterator[Aws]:
    """Yield the clients of the hub; raises AwsbaseError with advice when AWS refuses something."""
    from botocore.exceptions import BotoCoreError, ClientError

    from awsbase.aws import Aws
    from awsbase.engine.account import identify
    from awsbase.engine.failures import failure
    from awsbase.engine.wire import Wire
    from awsbase.organization.reach import Sessions, check, route
    from awsbase.people.profile_session import session_of

    way = route(organization, hub.member)
    account = check(way, identify(Aws(Sessions(session_of).to(way), way.region), Wire()))
    try:
        yield account.aws
    except (BotoCoreError, ClientError) as error:
        refusal = failure(error, account.caller)
        hint = refusal.hint or f"is {hub.member.name} reconciled? `awsbase plan` on its manifest shows it"
        raise AwsbaseError(f"the hub {hub.member.name}: {refusal.code}: {refusal.message}", hint=hint) from error
