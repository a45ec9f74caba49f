"""`awsbase mfa show`."""

from __future__ import annotations

import click

from awsbase.engine.account import Account
from awsbase.errors import AwsbaseError
from awsbase.people import seeds, terminal
from awsbase.people.device_maintenance import proven
from awsbase.people.enrol import Shown, label, refused
from awsbase.people.seeds import InSecret
from awsbase.scripts import prompts as at
from awsbase.scripts.output import err, out

KEPT = "awsbase/mfa/{user}"


@click.command("show")
@click.argument("user", required=False)
@click.option("--secret", "name", metavar="NAME", help=f"The secret; default {KEPT}.")
@click.option("--keep", is_flag=True, help="Keep the seed where it is, for another time.")
@click.option("--text", is_flag=True, help="Show the seed and its otpauth address instead of a QR code.")
@at.common
def show(
    user: str | None,
    name: str | None,
    keep: bool,
    text: bool,
    profile: str | None,
    region: str | None,
    debug: bool,
) -> None:
    """Show the kept seed of USER's device as a QR code; once the app has it, it is deleted from where it was kept."""
    terminal.check("codes of the app")
    account = at.account_of(profile, region, debugging=debug)
    owner = at.user_of(account, user)
    desk = at.desk_of(account, text=text)
    kept = InSecret(account.aws, name or KEPT.format(user=owner), f"mfa-device/{owner}")
    serial, seed = kept.read()
    last = serial.rpartition("/")[2]
    shown = Shown(seeds.uri(seed, label(account, owner, last)), seed)
    with desk.aside():
        desk.show(shown.address, shown.seed)
        taken = proven(desk, last, shown)
    if not taken:
        raise AwsbaseError("no code of the device was typed, so the seed stays", hint="run it again")
    out(f"the app of {owner} has {serial}\n")
    if keep:
        err(f"the seed stays in {kept.place}\n")
        return
    forget(kept, account)
    err(f"the seed is deleted from {kept.place} for good\n")


def forget(kept: InSecret, account: Account) -> None:
    """Delete a seed that an app has; raises AwsbaseError when AWS refuses the deletion."""
    from botocore.exceptions import ClientError

    try:
        kept.forget()
    except ClientError as error:
        problem = refused(account, error, f"delete {kept.place}")
        raise AwsbaseError(
            f"{problem.message}: the seed is still there", hint="have an administrator delete it"
        ) from error
