"""`awsbase sandbox`."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import stat
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awsbase import disk
from awsbase.errors import UsageError
from awsbase.people import child, exports
from awsbase.scripts import COMMANDS, completions
from awsbase.scripts.connect import embedded, embedded_accounts
from awsbase.scripts.options import DEBUG, DENY, JSON, region_option
from awsbase.scripts.output import err, out_document, out_json

if TYPE_CHECKING:
    from awsbase.sandbox import Mail, Sandbox, World


FIRST = "123456789012"
MOST = 1000  # accounts
PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
EARLY = "a shell that reads the exports too early goes on with its own credentials: better write them with --env-file\n"
LARGEST = 64 * 1024  # of a file with exports


@click.command("sandbox", context_settings={"allow_interspersed_args": False})
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option(
    "--account",
    "named",
    multiple=True,
    default=(FIRST,),
    show_default=True,
    metavar="[NAME=]ID",
    help="The account id. Give it again for several accounts, with the NAME of a profile for each.",
)
@click.option(
    "--accounts",
    "number",
    type=click.IntRange(1, MOST),
    metavar="NUMBER",
    help="Serve so many accounts; those that have no --account count on from the last one.",
)
@click.option("--organization", is_flag=True, help="Let the first account manage an organization of the others.")
@region_option("The region that the exports name.", default="us-east-1", show_default=True)
@click.option("--enforce", is_flag=True, help="Enforce the IAM policies of every caller.")
@click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the exports to FILE, when the sandbox answers.",
)
@DENY
@JSON
@DEBUG
@click.argument("command", nargs=-1, type=click.UNPROCESSED, shell_complete=completions.anything)
@click.pass_context
def command(
    ctx: click.Context,
    host: str,
    port: int,
    named: Sequence[str],
    number: int | None,
    organization: bool,
    region: str,
    enforce: bool,
    env_file: Path | None,
    deny: Sequence[Path],
    json: bool,
    debug: bool,
    command: tuple[str, ...],
) -> None:
    """Serve an embedded AWS account, empty at first, until COMMAND ends, or without one until Ctrl-C.

    \b
    awsbase sandbox -- terraform apply
    awsbase sandbox -- bash
    awsbase sandbox --accounts 3 -- bash
    awsbase sandbox --account users=111111111111 --account prod=333333333333 -- bash

    COMMAND finds nothing in its environment but the sandbox. Without COMMAND it prints the exports that direct a
    shell to it. Several accounts have a profile each; the keys in the environment are the first one's.
    \f
    Raises UsageError for an invalid account id, a file that is no service control policy, or options that contradict.
    """
    accounts = chosen(named, number)
    environ: Mapping[str, str] = ctx.find_root().obj.environ
    if command and (json or env_file):
        raise UsageError("COMMAND gets the sandbox's environment by itself", hint="leave --json and --env-file out")
    path = found(command, environ) if command else ""
    check_free(host, port)
    if env_file:
        clear(env_file)
    elif not command and goes_to_file():
        err(EARLY)
    first, several = next(iter(accounts)), organization or len(accounts) > 1
    if several:
        manager = first if organization else None
        sandbox = embedded_accounts(accounts, management=manager, region=region, enforce=enforce, deny=deny)
    else:
        sandbox = embedded(first, region=region, enforce=enforce, deny=deny)
    sandbox.deliver = show_mail
    folder = Path(tempfile.mkdtemp(prefix="awsbase-sandbox-"))
    if several:
        write_profiles(sandbox, accounts, region, folder)
    key = sandbox.key()
    reached = partial(exports.variables, key_id=key.id, secret=key.secret, region=region, folder=folder)
    variables = partial(reached, resolver=sandbox.dns.address)
    try:
        if command:
            url = beside(host, port, sandbox, folder)
            child.run(path, command, {**exports.without_aws(environ), **variables(url)})
        serve(host, port, sandbox, variables, accounts if several else {}, env_file=env_file, json=json)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if env_file:
            delete(env_file, folder)


def write_profiles(world: World, accounts: Mapping[str, str], region: str, folder: Path) -> None:
    """Write a profile for the administrator of each account, called as the account is."""
    keys = {name: world.key(account) for account, name in accounts.items()}
    exports.profiles({name: (key.id, key.secret) for name, key in keys.items()}, region, folder)


def chosen(named: Sequence[str], number: int | None) -> dict[str, str]:
    """Return the accounts to serve by id, each with the name of its profile.

    What `number` says beyond those that are named counts on from the last id. An account without a name is called
    after its place. Raises UsageError for what is no account id or no name, or is there twice.
    """
    pairs = [text.rpartition("=") for text in named]
    ids = [id for _, _, id in pairs]
    for id in ids:
        if not (id.isascii() and id.isdigit() and len(id) == 12):
            raise UsageError(f"{id!r} is no account id", hint="it has 12 digits")
    if number and number < len(ids):
        raise UsageError(f"--account names {len(ids)} accounts, --accounts {number}", hint="leave --accounts out")
    ids += [f"{(int(ids[-1]) + more) % 10**12:012}" for more in range(1, (number or 1) - len(ids) + 1)]
    names = [f"account-{place}" for place in range(1, len(ids) + 1)]
    for place, (name, given, _) in enumerate(pairs):
        names[place] = name if given else names[place]
    for name in names:
        if not PROFILE.fullmatch(name):
            raise UsageError(f"{name!r} cannot name a profile", hint="use letters, digits, `.`, `_` and `-`")
    for each in (*ids, *names):
        if (*ids, *names).count(each) > 1:
            raise UsageError(f"two accounts are called {each}", hint="give each --account its own id and its own name")
    return dict(zip(ids, names, strict=True))


def found(command: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return the path of a command; raises NotFound or NotExecutable, or UsageError for a command of awsbase."""
    try:
        return child.find(command[0], environ)
    except child.NotFound as error:
        if command[0] in COMMANDS:
            raise UsageError(error.message, hint=f"write `awsbase sandbox -- awsbase {shlex.join(command)}`") from None
        raise


def beside(host: str, port: int, sandbox: Sandbox | World, folder: Path) -> str:
    """Serve a sandbox until this process ends, whatever program it then runs; return the URL."""
    from awsbase.sandbox.serve import serve_beside

    return serve_beside(host, port, sandbox=sandbox, ended=partial(shutil.rmtree, folder, ignore_errors=True))


def serve(
    host: str,
    port: int,
    sandbox: Any,
    variables: Callable[[str], dict[str, str]],
    profiles: Mapping[str, str],
    *,
    env_file: Path | None,
    json: bool,
) -> None:
    """Serve a sandbox until Ctrl-C, and say how it is reached once it answers; `profiles` are those of its accounts."""
    from awsbase.sandbox.serve import serve

    def ready(url: str) -> None:
        given, how = variables(url), ""
        if env_file:
            # In a folder of several people somebody could have put a link here meanwhile.
            disk.replace(env_file, exports.lines(given).encode(), private=True, follow=False)
            how = f"; `. {shlex.quote(sourced(env_file))}` leads a shell to it"
        if json:
            others = [{"id": id, "profile": name} for id, name in profiles.items()]
            more: dict[str, Any] = {"accounts": others, "management": sandbox.management} if profiles else {}
            out_json({"url": url, "account": sandbox.account, **more, "environment": given})
        elif not env_file:
            out_document(exports.lines(given))
        for id, name in profiles.items():
            err(f"account {id} has the profile {name}\n")
        what = "the sandbox" if profiles else f"account {sandbox.account}"
        err(f"{what} is ready at {url}{how}; Ctrl-C ends it and deletes its content\n")

    serve(host, port, sandbox=sandbox, ready=ready)


def goes_to_file() -> bool:
    """Tell whether stdout is a file, which is there before anything stands in it."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        return False


def clear(file: Path) -> None:
    """Delete what an earlier sandbox has left: it leads nowhere. Raises UsageError for any other file."""
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}", hint="make it, or name another file")
    if (file.exists() or file.is_symlink()) and not exports.is_ours(file):
        raise UsageError(f"{file} exists already, and is not of a sandbox", hint="name another file")
    with suppress(FileNotFoundError):
        file.unlink()


def delete(file: Path, folder: Path) -> None:
    """Delete the exports that name this folder; those of a later sandbox in the same file stay."""
    with suppress(OSError):
        if folder.name.encode() in disk.read(file, LARGEST):
            file.unlink()


def sourced(file: Path) -> str:
    """Return how a shell names a file that it sources: without a slash it would search PATH."""
    return str(file if file.is_absolute() else f"./{file}")


def show_mail(mail: Mail) -> None:
    """Show the mail that AWS would send, with the command that replaces following its link."""
    region, token = mail.topic.split(":")[3], mail.token
    err(
        f"mail to {mail.endpoint}: confirm the subscription to {mail.topic}\n"
        f"  aws sns confirm-subscription --region {region} --topic-arn {mail.topic} \\\n"
        f"    --token {token}\n"
    )


def check_free(host: str, port: int) -> None:
    """Check that a port is free; raises UsageError when it is not."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host} port {port}: {error.strerror}",
            hint="choose another --port, or leave it out for a free one",
        ) from None
