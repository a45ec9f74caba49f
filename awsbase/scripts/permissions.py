"""`awsbase permissions`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from awsbase.errors import UsageError
from awsbase.policies.document import Document
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, ONLY, Options, common
from awsbase.scripts.output import as_json, err, out, out_json


@click.command("permissions")
@MANIFEST
@click.option("--plan-only", is_flag=True, help="Only what a plan reads; enough for nothing else.")
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write each policy to a file there.",
)
@ONLY
@common
def command(options: Options, manifest: Path, plan_only: bool, folder: Path | None, only: tuple[str, ...]) -> None:
    """Print the least privilege that MANIFEST takes to be planned and reconciled; calls nothing.

    What is printed are IAM policies. Make a managed policy of each, and attach all of them to the user or role that
    runs awsbase: aws iam create-policy, then aws iam attach-role-policy or attach-user-policy.
    """
    from awsbase.permissions import ATTACHED, least

    wanted = read(manifest, options)
    found = least(wanted.only(only), plan_only=plan_only)
    policies = named(f"{wanted.name}-awsbase-{'plan' if plan_only else 'reconcile'}", found.documents)

    if folder:
        save(policies, folder)
    elif options.json:
        held = [{"name": name, "document": document} for name, document in policies.items()]
        out_json({"schema": 1, "policies": held})
    else:
        for document in policies.values():
            out_json(document)

    if len(policies) > 1 and not folder and not options.json:
        err(f"{len(policies)} policies, since IAM takes no longer ones; with -o DIR each gets a file\n")
    if found.widened:
        err(f"so many names fit by their beginning only, see {', '.join(found.widened)}\n")
    if len(policies) > ATTACHED:
        err(f"IAM attaches {ATTACHED} policies to a user or role: ask AWS for more, or run parts with --only\n")


def named(name: str, documents: list[Document]) -> dict[str, Document]:
    """Give each policy its name, with a number when there are several."""
    if len(documents) == 1:
        return {name: documents[0]}
    return {f"{name}-{number}": document for number, document in enumerate(documents, 1)}


def save(policies: Mapping[str, Document], folder: Path) -> None:
    """Write each policy to a file, and say how IAM gets it."""
    for name, document in policies.items():
        file = folder / f"{name}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(as_json(document), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {file}: {error.strerror}", hint="name another directory") from None
        out(f"aws iam create-policy --policy-name {name} --policy-document file://{file}\n")
