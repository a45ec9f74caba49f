"""`awsbase sandbox`."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awsbase.errors import UsageError
from awsbase.scripts.connect import embedded
from awsbase.scripts.options import DEBUG, DENY, JSON, region_option
from awsbase.scripts.output import err, out, out_json

if TYPE_CHECKING:
    from awsbase.sandbox import Mail

# Session credentials and profiles would override these keys or be mixed with them.
UNSET = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")


@click.command("sandbox")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option("--account", default="123456789012", show_default=True, metavar="ID", help="The account id.")
@region_option("The region that the exports name.", default="us-east-1", show_default=True)
@click.option("--enforce", is_flag=True, help="Enforce the IAM policies of every caller.")
@DENY
@JSON
@DEBUG
def command(
    host: str, port: int, account: str, region: str, enforce: bool, deny: Sequence[Path], json: bool, debug: bool
) -> None:
    """Serve an embedded AWS account, empty at first, until Ctrl-C.

    Prints the exports that direct the AWS CLI, Terraform or awsbase to it.
    \f
    Raises UsageError for an invalid account id, or a file that is no service control policy.
    """
    if not (account.isascii() and account.isdigit() and len(account) == 12):
        raise UsageError(f"{account!r} is no account id", hint="it has 12 digits")
    sandbox = embedded(account, region=region, enforce=enforce, deny=deny)
    sandbox.deliver = show_mail
    from awsbase.sandbox.serve import serve

    check_free(host, port)
    key = sandbox.key()

    def ready(url: str) -> None:
        exports = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": key.id,
            "AWS_SECRET_ACCESS_KEY": key.secret,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
        }
        if json:
            out_json({"url": url, "account": account, "environment": exports})
        else:
            out(f"unset {' '.join(UNSET)}\n")
            out("".join(f"export {name}={value}\n" for name, value in exports.items()))
        err(f"account {account} is ready at {url}; Ctrl-C ends it and deletes its content\n")

    serve(host, port, sandbox=sandbox, ready=ready)


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
