"""`awsbase sandbox`."""

from __future__ import annotations

import os
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
from typing import TYPE_CHECKING

import click

from awsbase import disk
from awsbase.errors import UsageError
from awsbase.people import child, exports
from awsbase.scripts import COMMANDS, completions
from awsbase.scripts.connect import embedded
from awsbase.scripts.options import DEBUG, DENY, JSON, region_option
from awsbase.scripts.output import err, out_document, out_json

if TYPE_CHECKING:
    from awsbase.sandbox import Mail, Sandbox


EARLY = "a shell that reads the exports too early goes on with its own credentials: better write them with --env-file\n"
LARGEST = 64 * 1024  # of a file with exports


@click.command("sandbox", context_settings={"allow_interspersed_args": False})
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option("--account", default="123456789012", show_default=True, metavar="ID", help="The account id.")
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
    account: str,
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

    COMMAND finds nothing in its environment but the sandbox. Without COMMAND it prints the exports that direct a
    shell to it.
    \f
    Raises UsageError for an invalid account id, a file that is no service control policy, or options that contradict.
    """
    if not (account.isascii() and account.isdigit() and len(account) == 12):
        raise UsageError(f"{account!r} is no account id", hint="it has 12 digits")
    environ: Mapping[str, str] = ctx.find_root().obj.environ
    if command and (json or env_file):
        raise UsageError(
            "COMMAND gets the environment of the sandbox by itself", hint="leave --json and --env-file out"
        )
    path = found(command, environ) if command else ""
    check_free(host, port)
    if env_file:
        clear(env_file)
    elif not command and goes_to_file():
        err(EARLY)
    sandbox = embedded(account, region=region, enforce=enforce, deny=deny)
    sandbox.deliver = show_mail
    folder = Path(tempfile.mkdtemp(prefix="awsbase-sandbox-"))
    key = sandbox.key()
    variables = partial(exports.variables, key_id=key.id, secret=key.secret, region=region, folder=folder)
    try:
        if command:
            url = beside(host, port, sandbox, folder)
            child.run(path, command, {**exports.without_aws(environ), **variables(url)})
        serve(host, port, sandbox, variables, env_file=env_file, json=json)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if env_file:
            delete(env_file, folder)


def found(command: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return the path of a command; raises NotFound or NotExecutable, or UsageError for a command of awsbase."""
    try:
        return child.find(command[0], environ)
    except child.NotFound as error:
        if command[0] in COMMANDS:
            raise UsageError(error.message, hint=f"write `awsbase sandbox -- awsbase {shlex.join(command)}`") from None
        raise


def beside(host: str, port: int, sandbox: Sandbox, folder: Path) -> str:
    """Serve a sandbox until this process ends, whatever program it then runs; return the URL."""
    from awsbase.sandbox.serve import serve_beside

    return serve_beside(host, port, sandbox=sandbox, ended=partial(shutil.rmtree, folder, ignore_errors=True))


def serve(
    host: str,
    port: int,
    sandbox: Sandbox,
    variables: Callable[[str], dict[str, str]],
    *,
    env_file: Path | None,
    json: bool,
) -> None:
    """Serve a sandbox until Ctrl-C, and say how it is reached once it answers."""
    from awsbase.sandbox.serve import serve

    def ready(url: str) -> None:
        given, how = variables(url), ""
        if env_file:
            # In a folder of several people somebody could have put a link here meanwhile.
            disk.replace(env_file, exports.lines(given).encode(), private=True, follow=False)
            how = f"; `. {shlex.quote(sourced(env_file))}` leads a shell to it"
        if json:
            out_json({"url": url, "account": sandbox.account, "environment": given})
        elif not env_file:
            out_document(exports.lines(given))
        err(f"account {sandbox.account} is ready at {url}{how}; Ctrl-C ends it and deletes its content\n")

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
