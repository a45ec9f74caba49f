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
from awsbase.scripts.ask import answer, somebody
from awsbase.scripts.options import DEBUG
from awsbase.scripts.output import err, out

STDOUT = Path("-")
QUESTIONS = {
    "id": "AWS account id, 12 digits",
    "name": "short name of the account",
    "region": "home region",
    "email": "who is told about the bill, a mail address",
}
PLACEHOLDERS = {"id": "123456789012", "name": "acme", "region": "us-east-1", "email": "billing@acme.example"}
# Elsewhere AWS publishes no billing metrics to set alarms on.
BILLED = ("aws", "aws-cn")


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path), default="awsbase.yaml")
@click.option("--id", "account", metavar="ID", help="The 12 digits of the account.")
@click.option("--name", help="A short name, from which other names are made.")
@click.option("--region", metavar="REGION", help="The home region; default $AWS_REGION.")
@click.option("--email", metavar="ADDRESS", help="Who is told about the bill.")
@DEBUG
def command(
    file: Path, account: str | None, name: str | None, region: str | None, email: str | None, debug: bool
) -> None:
    """Write a commented manifest to FILE (awsbase.yaml); asks on a terminal for what no option says."""
    if file != STDOUT and file.exists():
        raise UsageError(f"{file} is there already, and is left as it is", hint="name another file")
    region = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    given = {"id": account, "name": name, "region": region, "email": email}
    values = {key: value for key, value in given.items() if value}
    if somebody():
        for key in [key for key in QUESTIONS if key not in values]:
            if said := answer(f"{QUESTIONS[key]} [{PLACEHOLDERS[key]}]: "):
                values[key] = said

    text = manifest(values)
    check(text)
    if file == STDOUT:
        out(text)
        return
    write(text, file)
    left = [key for key in PLACEHOLDERS if key not in values]
    todo = f"; replace what is marked CHANGE ({', '.join(left)})" if left else ""
    err(f"{file} written{todo}\n  try it: awsbase reconcile {file} --sandbox\n")


def manifest(values: Mapping[str, str]) -> str:
    """Return a manifest with these values; what is missing is a placeholder, and marked so."""
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
    """Refuse values that no manifest may have."""
    try:
        load(Path("-"), stdin=BytesIO(text.encode()))
    except ManifestError as error:
        said = [f"{mistake.path}: {mistake.message}" for mistake in error.mistakes]
        hints = [mistake.hint for mistake in error.mistakes if mistake.hint]
        raise UsageError("; ".join(said), hint=", ".join(hints) or None) from None


def write(text: str, file: Path) -> None:
    """Write a new file, never over one that is there."""
    try:
        with file.open("x", encoding="utf-8") as handle:
            handle.write(text)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}", hint="name another file") from None
