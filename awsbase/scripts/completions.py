"""What a shell completes values with: from the AWS files, the manifest and botocore's data, without a call to AWS."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from importlib.util import find_spec
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from awsbase.errors import AwsbaseError

Candidates = Iterable[tuple[str, str]]
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

ROLES = ("role_arn", "x_role_arn")
DEVICES = ("mfa_serial", "x_mfa_serial")
# botocore's data name pseudo regions too, such as aws-global.
REGION = re.compile(r"[a-z]+-[a-z-]+-\d")


def completer(candidates: Callable[[click.Context], Candidates]) -> Completer:
    """Return a completion of click from a function that returns values with a word about each."""

    @wraps(candidates)
    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            found = list(candidates(ctx))
        except (AwsbaseError, OSError, ValueError):
            # A shell shows no errors while somebody types: the command does.
            return []
        return [CompletionItem(value, help=about or None) for value, about in found if value.startswith(incomplete)]

    return complete


@completer
def profiles(_: click.Context) -> Candidates:
    """Return the profiles of the AWS files, sorted."""
    return ((name, options.get("region", "")) for name, options in sorted(of_files().items()))


@completer
def accounts(_: click.Context) -> Candidates:
    """Return the accounts of organizations that the AWS files have profiles for."""
    from awsbase.people.account_profiles import mark_of

    marks = [mark for options in of_files().values() if (mark := mark_of(options))]
    return ((name, "") for name in sorted({mark.account for mark in marks}))


@completer
def roles(_: click.Context) -> Candidates:
    """Return the roles in the AWS files: ARNs, and the names of those in the account of a device."""
    options = of_files().values()
    accounts = {account_of(each[key]) for each in options for key in DEVICES if key in each}
    arns = sorted({each[key] for each in options for key in ROLES if key in each})
    names = sorted({arn.rpartition("/")[2] for arn in arns if account_of(arn) in accounts})
    return [(name, "") for name in (*names, *arns)]


@completer
def devices(_: click.Context) -> Candidates:
    """Return the MFA devices in the AWS files: their names, then their ARNs."""
    serials = sorted({each[key] for each in of_files().values() for key in DEVICES if key in each})
    names = sorted({serial.rpartition("/")[2] for serial in serials})
    return [(name, "") for name in dict.fromkeys([*names, *serials])]


@completer
def regions(_: click.Context) -> Candidates:
    """Return all regions, those of the commercial partition first."""
    import json

    botocore = find_spec("botocore")
    if botocore is None or not botocore.submodule_search_locations:
        return []
    text = Path(botocore.submodule_search_locations[0], "data/partitions.json").read_text(encoding="utf-8")
    partitions = json.loads(text)["partitions"]
    return [
        (name, about["description"])
        for partition in partitions
        for name, about in partition["regions"].items()
        if REGION.fullmatch(name)
    ]


@completer
def addresses(ctx: click.Context) -> Candidates:
    """Return the sections and addresses of the manifest that the line names already."""
    # While an option has no value yet, click leaves the arguments before it unread.
    named = [Path(each) for each in (ctx.params.get("manifest"), *ctx.args) if each]
    path = next((each for each in named if each.is_file()), None)
    if path is None:
        return []
    from awsbase.scripts.loaded import read
    from awsbase.scripts.options import Options

    loaded = read(path, Options())
    return [(name, "") for name in (*(name for name, all in loaded.sections.items() if all), *loaded.section_of)]


@completer
def sections(_: click.Context) -> Candidates:
    """Return the sections that an account is adopted into."""
    from awsbase.adopt.sections import names

    return ((name, "") for name in names())


def commands(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the commands below the words of `awsbase help`."""
    about = ctx.find_root()
    for word in ctx.params.get("words") or ():
        found = about.command.get_command(about, word) if isinstance(about.command, click.Group) else None
        if found is None:
            return []
        about = click.Context(found, parent=about, info_name=word)
    if not isinstance(about.command, click.Group):
        return []
    return [CompletionItem(name) for name in about.command.list_commands(about) if name.startswith(incomplete)]


def anything(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave a word to the shell, which completes files."""
    return [CompletionItem(incomplete, type="file")]


def of_files() -> dict[str, Mapping[str, str]]:
    """Return the options of each profile in both AWS files."""
    from awsbase.people import files

    where = files.find(os.environ, Path.home())
    credentials, config = files.read_credentials(where), files.read_config(where)
    return {name: {**config.get(name, {}), **credentials.get(name, {})} for name in {*credentials, *config}}


def account_of(arn: str) -> str:
    """Return the account of an ARN."""
    return "".join(arn.split(":")[4:5])
