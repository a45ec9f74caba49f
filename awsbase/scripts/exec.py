"""`awsbase exec`."""

from __future__ import annotations

import click

from awsbase.errors import UsageError
from awsbase.people import account_profiles, child, durations
from awsbase.people.live_session import SessionRequest
from awsbase.people.session import refresh as get_session
from awsbase.scripts import completions
from awsbase.scripts.mfa import DEVICE, PROFILE, person, unsaved
from awsbase.scripts.options import DEBUG, region_option, role_option
from awsbase.scripts.output import err


@click.command("exec", context_settings={"allow_interspersed_args": False})
@PROFILE
@click.option(
    "--account",
    metavar="NAME",
    help="Run it in this account, with the profile that was written for it.",
    shell_complete=completions.accounts,
)
@role_option("Run it as this role.")
@DEVICE
@click.option("--duration", metavar="12h", help="The duration of a new session; default 12h, for a role 1h.")
@region_option("The region that the command works in.")
@DEBUG
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, shell_complete=completions.anything)
@click.pass_context
def command(
    ctx: click.Context,
    profile: str | None,
    account: str | None,
    role: str | None,
    device: str | None,
    duration: str | None,
    region: str | None,
    debug: bool,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND with a live session in its environment. A code is asked for when there is none.

    \b
    awsbase exec --profile work -- terraform plan
    awsbase exec --role Admin -- aws s3 ls
    awsbase exec --account prod --role Read -- aws s3 ls
    \f
    Raises UsageError for an account that there is no profile for.
    """
    environ: dict[str, str] = ctx.find_root().obj.environ
    child.refuse_nested(environ)
    path = child.find(command[0], environ)
    seconds = durations.seconds(duration) if duration else None
    me = person(err, debugging=debug)
    if account:
        if profile:
            raise UsageError("--profile and --account both say who runs it", hint="leave one of them out")
        profile, role = account_profiles.find(me.files, account, role), None
    kept = get_session(SessionRequest(profile, seconds, device, role, None, region), me)
    if kept.lost:
        err(f"{unsaved(kept.lost).message}, so the next command asks for a code again\n")
    settings = child.settings_of(me.files, kept.profile)
    child.run(path, command, child.environment(kept.session, kept.profile, settings, environ, region))
