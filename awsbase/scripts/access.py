"""`awsbase access`: who may do what in which account, by the organization file and in AWS."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awsbase import busy
from awsbase.errors import UsageError
from awsbase.scripts.options import DEBUG, JSON, profile_option, remembered
from awsbase.scripts.organization import ORGANIZATION, read_organization
from awsbase.scripts.output import out, out_document, out_json

if TYPE_CHECKING:
    from awsbase.organization import Organization
    from awsbase.organization.reach import Sessions

DEFAULT = "show"
PROFILE = profile_option("The profile of ~/.aws for accounts whose way begins with none.")
ACCOUNT = click.option("--account", multiple=True, metavar="NAME,NAME", help="Only these accounts. Can be repeated.")
LIVE = click.option("--live", is_flag=True, help="Compare with what the accounts allow; only reads.")
FILE = click.option(
    "--organization",
    type=click.Path(path_type=Path),
    default="org.yaml",
    show_default=True,
    metavar="ORG.YAML",
    callback=remembered,
    help="The organization file.",
)


class WithDefault(click.Group):
    """A group whose first word may be a file: then the table is shown."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what begins with no command for the arguments of `show`."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


@click.group("access", cls=WithDefault)
def command() -> None:
    """Show who may do what in which account. `awsbase access ORG.YAML` is short for `awsbase access show ORG.YAML`."""


@command.command(DEFAULT, short_help="Show the table of groups and accounts.")
@ORGANIZATION
@LIVE
@ACCOUNT
@click.option("--markdown", is_flag=True, help="Print the table in Markdown.")
@JSON
@PROFILE
@DEBUG
def show(
    organization: Path,
    live: bool,
    account: tuple[str, ...],
    markdown: bool,
    json: bool,
    profile: str | None,
    debug: bool,
) -> int:
    """Show the roles of each group in each account of ORG.YAML; with --live how AWS differs, who gets in, and by which
    policy.
    \f
    Raises UsageError for --markdown with --json, and for a file without a table.
    """
    if markdown and json:
        raise UsageError("--markdown and --json are two forms of the table", hint="leave one of them out")
    found = read_organization(organization, live=live, profile=profile)
    accounts = named(found, account)
    if live:
        from awsbase.organization.access_live import live_table

        busy.show(busy.READING)
        table = live_table(found, accounts, sessions(profile))
    else:
        from awsbase.organization.access_table import table as of_file

        if found.model.access is None:
            raise UsageError(
                f"{organization} has no table: it says nothing below access", hint="--live shows who gets in anyway"
            )
        table = of_file(found, accounts)

    from awsbase.view import access_matrix
    from awsbase.view.stream import columns, is_terminal
    from awsbase.view.text import render

    if json:
        out_json(access_matrix.document(table))
    elif markdown:
        out_document(access_matrix.markdown(table))
    else:
        width = columns(sys.stdout) if is_terminal(sys.stdout) else None
        out(render(access_matrix.lines(table, width), sys.stdout))
    return 1 if table.unread else 0


@command.command("who", short_help="Show how a person gets to what they may do in an account.")
@click.argument("user")
@click.argument("account")
@FILE
@LIVE
@JSON
@PROFILE
@DEBUG
def who(user: str, account: str, organization: Path, live: bool, json: bool, profile: str | None, debug: bool) -> None:
    """Show how USER gets to what they may do in ACCOUNT: group, policy, role, and the policies of the role.

    By the organization file, or with --live by what is in the accounts.
    """
    from awsbase.organization.access_chain import chains
    from awsbase.view.access_chain import chain_document, chain_lines
    from awsbase.view.text import render

    found = read_organization(organization, live=live, profile=profile)
    answer = chains(found, user, account, sessions(profile) if live else None)
    if json:
        out_json(chain_document(answer))
    else:
        out(render(chain_lines(answer), sys.stdout))


@command.command("whatif", short_help="Show what a reconcile would change in who may do what.")
@ORGANIZATION
@ACCOUNT
@JSON
@PROFILE
@DEBUG
def whatif(organization: Path, account: tuple[str, ...], json: bool, profile: str | None, debug: bool) -> int:
    """Show what changes in who may do what if the accounts of ORG.YAML are reconciled; only reads."""
    from awsbase.organization.access_changes import changes
    from awsbase.organization.access_live import live_table
    from awsbase.view.access_chain import change_document, change_lines
    from awsbase.view.access_matrix import unread
    from awsbase.view.text import render

    found = read_organization(organization, live=True, profile=profile)
    accounts = named(found, account)
    busy.show(busy.READING)
    table = live_table(found, accounts, sessions(profile))
    if json:
        out_json(change_document(changes(table), table.unread))
    else:
        out(render([*change_lines(changes(table)), *unread(table)], sys.stdout))
    return 1 if table.unread else 0


def named(organization: Organization, accounts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the chosen accounts, in the order of the file; raises UsageError for an unknown one."""
    from awsbase.scripts.several import split

    return tuple(each.name for each in organization.chosen(split(accounts)))


def sessions(profile: str | None) -> Sessions:
    """Return what opens sessions of accounts; one whose way begins with no profile begins with this one."""
    from awsbase.organization.reach import Sessions
    from awsbase.people.profile_session import session_of

    return Sessions(lambda of_file: session_of(of_file or profile))
