"""`awsbase init`."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awsbase.engine.scope import partition
from awsbase.errors import ManifestError, Mistake, UsageError
from awsbase.manifest.load import load
from awsbase.scripts.ask import answer, is_interactive
from awsbase.scripts.options import DEBUG, region_option
from awsbase.scripts.output import STDOUT, err, out_document

if TYPE_CHECKING:
    from awsbase.organization.reach import OfProfile

QUESTIONS = {
    "id": "AWS account id, 12 digits",
    "name": "short name, with which other names begin",
    "region": "home region",
    "email": "mail address that gets billing alerts",
    "administrator": "first administrator, an IAM user",
    "phone": "phone number for AWS to call",
    "bucket": "bucket for Terraform state",
    "protect": "close what is public and encrypt volumes, in every region?",
}
# What stands in the manifest without an answer, marked CHANGE.
PLACEHOLDERS = {
    "id": "123456789012",
    "name": "acme",
    "region": "us-east-1",
    "email": "billing@acme.example",
    "administrator": "alice",
}
# What stands in the manifest without an answer, and is good as it is.
DEFAULTS = {"phone": "", "bucket": "{name}-{id}-state", "protect": "y"}
A_PHONE = "+1 555 0100"
# Other partitions have no billing metrics for alarms.
BILLED = ("aws", "aws-cn")


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--from",
    "listed",
    type=click.Path(path_type=Path),
    metavar="ACCOUNTS.JSON",
    help="Write an organization file of these accounts and their profiles.",
)
@click.option("--id", "account", metavar="ID", help="The 12 digits of the account.")
@click.option("--name", help="A short name, used as a prefix of other names.")
@region_option("The home region; default $AWS_REGION.")
@click.option("--email", metavar="ADDRESS", help="The mail address that gets billing alerts.")
@click.option("--administrator", metavar="USER", help="The first administrator, an IAM user.")
@click.option("--phone", metavar="NUMBER", help="The phone number of the contacts that AWS has; default none.")
@click.option("--bucket", metavar="NAME", help="The bucket for Terraform state; default {name}-{id}-state.")
@click.option("--protect/--no-protect", default=None, help="Close what is public and encrypt volumes, in every region.")
@DEBUG
def command(
    file: Path | None,
    listed: Path | None,
    account: str | None,
    name: str | None,
    region: str | None,
    email: str | None,
    administrator: str | None,
    phone: str | None,
    bucket: str | None,
    protect: bool | None,
    debug: bool,
) -> None:
    """Write a commented manifest to FILE (awsbase.yaml); asks on a terminal for missing options.

    With --from it writes an organization file (org.yaml), and a manifest for its accounts beside it. ACCOUNTS.JSON is
    {"platform": "acme", "accounts": {"prod": "acme-prod"}}; each profile is asked which account it reaches.
    \f
    Raises UsageError when the file exists, or when an option is invalid.
    """
    if listed:
        others: dict[str, str | bool | None] = {"--id": account, "--name": name, "--email": email}
        others |= {"--administrator": administrator, "--phone": phone, "--bucket": bucket, "--protect": protect}
        if wrong := [option for option, value in others.items() if value is not None]:
            raise UsageError(f"{wrong[0]} is about one account, and --from about several", hint=f"leave {wrong[0]} out")
        from awsbase.people.profile_session import session_of

        init_organization(listed, file or Path("org.yaml"), region, session_of)
        return
    file = file or Path("awsbase.yaml")
    if file != STDOUT and file.exists():
        raise UsageError(f"{file} exists already, and stays unchanged", hint="name another file")
    options = {
        "id": account,
        "name": name,
        "region": region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        "email": email,
        "administrator": administrator,
        "phone": phone,
        "bucket": bucket,
        "protect": None if protect is None else "y" if protect else "n",
    }
    values = {key: value for key, value in options.items() if value}
    check(manifest(values))
    if is_interactive():
        for key in [key for key in QUESTIONS if key not in values]:
            if text := asked(key, values):
                values[key] = text

    text = manifest(values)
    if file == STDOUT:
        out_document(text)
        return
    write(text, file)
    missing = [key for key in PLACEHOLDERS if key not in values]
    todo = f"; replace what is marked CHANGE ({', '.join(missing)})" if missing else ""
    err(f"{file} written{todo}\n  try it: awsbase reconcile {shlex.quote(str(file))} --sandbox\n")


def init_organization(listed: Path, file: Path, region: str | None, of_profile: OfProfile) -> None:
    """Write the organization file of listed accounts, and a manifest beside it where there is none.

    Raises UsageError when the file exists, and ManifestError with the mistakes of all accounts.
    """
    from awsbase.organization import beginning

    if file != STDOUT and file.exists():
        raise UsageError(f"{file} exists already, and stays unchanged", hint="name another file")
    known = beginning.known_accounts(listed, of_profile)
    text = beginning.organization_text(known, file.name, region)
    if file == STDOUT:
        out_document(text)
        return
    write(text, file)
    template = file.with_name(beginning.TEMPLATE)
    new = not template.exists()
    if new:
        write(beginning.BEGINNERS, template)
    one = known.accounts[0].name
    err(
        f"{file} written; each account gets {template}{'' if new else ', which was there'}\n"
        f"  look at one: awsbase accounts show {shlex.quote(str(file))} {one}\n"
    )


def asked(key: str, values: Mapping[str, str]) -> str:
    """Ask a question until the answer is valid; return it, or nothing for the answer that is offered."""
    offered = {**PLACEHOLDERS, **DEFAULTS, **values}
    default = {"phone": "none", "protect": "Y/n"}.get(key) or offered[key].replace("{name}", offered["name"]).replace(
        "{id}", offered["id"]
    )
    while text := answer(f"{QUESTIONS[key]} [{default}]: "):
        if key == "protect":
            return "n" if text.lower() in ("n", "no") else "y"
        wrong = mistakes(manifest({"phone": A_PHONE, **values, key: text}))
        if not wrong:
            return text
        err(f"  {wrong[0].message}" + (f": {wrong[0].hint}" if wrong[0].hint else "") + "\n")
    return ""


def manifest(values: Mapping[str, str]) -> str:
    """Return a manifest with these values; a missing one becomes a placeholder marked CHANGE."""
    text = files("awsbase.scripts").joinpath("init.yaml").read_text(encoding="utf-8")
    if partition(values.get("region", PLACEHOLDERS["region"])) not in BILLED:
        text = without("alarms", text)
    if not values.get("phone"):
        text = without("contacts", text)
    if values.get("protect") == "n":
        text = without("protect", text)
    given = {**PLACEHOLDERS, **DEFAULTS, "phone": A_PHONE, **values}
    marked = []
    for line in text.splitlines():
        keys = re.findall(r"<<(\w+)>>", line)
        for key in keys:
            line = line.replace(f"<<{key}>>", json.dumps(given[key]))
        change = not line.startswith("#") and any(key in PLACEHOLDERS and key not in values for key in keys)
        marked.append(line + ("  # CHANGE" if change else ""))
    return "\n".join(marked) + "\n"


def without(section: str, text: str) -> str:
    """Return a manifest in which a section is a comment."""
    lines = re.compile(rf"^{section}:.*\n(?:  .*\n)*", re.MULTILINE)
    return lines.sub(lambda found: re.sub("^", "# ", found[0].rstrip("\n"), flags=re.MULTILINE) + "\n", text)


def mistakes(text: str) -> tuple[Mistake, ...]:
    """Return what is wrong with a manifest."""
    try:
        load(Path("-"), stdin=BytesIO(text.encode()))
    except ManifestError as error:
        return error.mistakes
    return ()


def check(text: str) -> None:
    """Check a manifest; raises UsageError when its values are invalid."""
    if found := mistakes(text):
        hints = [mistake.hint for mistake in found if mistake.hint]
        raise UsageError(
            "; ".join(f"{mistake.path}: {mistake.message}" for mistake in found), hint=", ".join(hints) or None
        )


def write(text: str, file: Path) -> None:
    """Write a new file; raises UsageError when it exists or cannot be written."""
    try:
        with file.open("x", encoding="utf-8") as handle:
            handle.write(text)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}", hint="name another file") from None
