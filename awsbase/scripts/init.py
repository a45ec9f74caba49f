"""`awsbase init`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import click

from awsbase.engine.scope import partition
from awsbase.errors import ManifestError, UsageError
from awsbase.manifest import load
from awsbase.scripts.ask import answer, is_interactive
from awsbase.scripts.options import DEBUG, region_option
from awsbase.scripts.output import err, out

STDOUT = Path("-")
QUESTIONS = {
    "id": "AWS account id, 12 digits",
    "name": "short name of the account",
    "region": "home region",
    "email": "mail address that gets billing alerts",
}
PLACEHOLDERS = {"id": "123456789012", "name": "acme", "region": "us-east-1", "email": "billing@acme.example"}
# Other partitions have no billing metrics for alarms.
BILLED = ("aws", "aws-cn")


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path), default="awsbase.yaml")
@click.option("--id", "account", metavar="ID", help="The 12 digits of the account.")
@click.option("--name", help="A short name, used as a prefix of other names.")
@region_option("The home region; default $AWS_REGION.")
@click.option("--email", metavar="ADDRESS", help="The mail address that gets billing alerts.")
@DEBUG
def command(
    file: Path, account: str | None, name: str | None, region: str | None, email: str | None, debug: bool
) -> None:
    """Write a commented manifest to FILE (awsbase.yaml); asks on a terminal for missing options.
    \f
    Raises UsageError when the file exists.
    """
    if file != STDOUT and file.exists():
        raise UsageError(f"{file} exists already, and stays unchanged", hint="name another file")
    region = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    options = {"id": account, "name": name, "region": region, "email": email}
    values = {key: value for key, value in options.items() if value}
    if is_interactive():
        for key in [key for key in QUESTIONS if key not in values]:
            if text := answer(f"{QUESTIONS[key]} [{PLACEHOLDERS[key]}]: "):
                values[key] = text

    text = manifest(values)
    check(text)
    if file == STDOUT:
        out(text)
        return
    write(text, file)
    missing = [key for key in PLACEHOLDERS if key not in values]
    todo = f"; replace what is marked CHANGE ({', '.join(missing)})" if missing else ""
    err(f"{file} written{todo}\n  try it: awsbase reconcile {file} --sandbox\n")


def manifest(values: Mapping[str, str]) -> str:
    """Return a manifest with these values; a missing one becomes a placeholder marked CHANGE."""
    text = files("awsbase.scripts").joinpath("init.yaml").read_text(encoding="utf-8")
    if partition(values.get("region", PLACEHOLDERS["region"])) not in BILLED:
        text = re.sub(r"^(?=alarms:|  billing: .amounts)", "# ", text, flags=re.MULTILINE)
    marked = []
    for line in text.splitlines():
        for key, placeholder in PLACEHOLDERS.items():
            if f"<<{key}>>" in line:
                line = line.replace(f"<<{key}>>", json.dumps(values.get(key, placeholder)))
                line += "" if key in values else "  # CHANGE"
        marked.append(line)
    return "\n".join(marked) + "\n"


def check(text: str) -> None:
    """Check a manifest; raises UsageError when its values are invalid."""
    try:
        load(Path("-"), stdin=BytesIO(text.encode()))
    except ManifestError as error:
        messages = [f"{mistake.path}: {mistake.message}" for mistake in error.mistakes]
        hints = [mistake.hint for mistake in error.mistakes if mistake.hint]
        raise UsageError("; ".join(messages), hint=", ".join(hints) or None) from None


def write(text: str, file: Path) -> None:
    """Write a new file; raises UsageError when it exists or cannot be written."""
    try:
        with file.open("x", encoding="utf-8") as handle:
            handle.write(text)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}", hint="name another file") from None
