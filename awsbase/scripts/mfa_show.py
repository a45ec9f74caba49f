"""`awsbase mfa show`."""

from __future__ import annotations

import click

from awsbase.engine.account import Account
from awsbase.errors import AwsbaseError
from awsbase.people import seeds, terminal
from awsbase.people.device_maintenance import app_has_seed
from awsbase.people.enrol import ShownSeed, explained, label
from awsbase.people.seeds import InSecret
from awsbase.scripts.output import err, out
from awsbase.scripts.prompts import account_of, common, prompts_of, user_of

DEFAULT_NAME = "awsbase/mfa/{user}"


@click.command("show")
@click.argument("user", required=False)
@click.option("--secret", "name", metavar="NAME", help=f"The secret; default {DEFAULT_NAME}.")
@click.option("--keep", is_flag=True, help="Do not delete the stored seed.")
@click.option("--text", is_flag=True, help="Show the seed and its otpauth address instead of a QR code.")
@common
def show(
    user: str | None,
    name: str | None,
    keep: bool,
    text: bool,
    profile: str | None,
    region: str | None,
    debug: bool,
) -> None:
    """Show the stored seed of USER's device as a QR code; delete it from the secret once the app has it.

    \f
    Raises AwsbaseError when no code of the device is typed.
    """
    terminal.require("codes of the app")
    account = account_of(profile, region, debugging=debug)
    owner = user_of(account, user)
    prompts = prompts_of(account, text=text)
    stored = InSecret(account.aws, name or DEFAULT_NAME.format(user=owner), f"mfa-device/{owner}")
    serial, seed = stored.read()
    last = serial.rpartition("/")[2]
    shown = ShownSeed(seeds.uri(seed, label(account, owner, last)), seed)
    with prompts.private_screen():
        prompts.show(shown.address, shown.seed)
        confirmed = app_has_seed(prompts, last, shown)
    if not confirmed:
        raise AwsbaseError("no code of the device was typed, so the seed is kept", hint="run it again")
    out(f"the app of {owner} has {serial}\n")
    if keep:
        err(f"the seed is kept in {stored.location}\n")
        return
    delete_seed(stored, account)
    err(f"the seed is permanently deleted from {stored.location}\n")


def delete_seed(stored: InSecret, account: Account) -> None:
    """Delete the secret with a seed that an app has; raises AwsbaseError when AWS refuses."""
    from botocore.exceptions import ClientError

    try:
        stored.forget()
    except ClientError as error:
        problem = explained(account, error, f"delete {stored.location}")
        raise AwsbaseError(
            f"{problem.message}: the seed still exists", hint="ask an administrator to delete it"
        ) from error
