"""`awsbase ci`: what a pipeline needs beside its roles."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from awsbase.errors import UsageError
from awsbase.scripts.loaded import read
from awsbase.scripts.options import DEBUG, JSON, MANIFEST, Options, common
from awsbase.scripts.output import err, out, out_document, out_json
from awsbase.view import workflow


@click.group("ci")
def command() -> None:
    """Write the workflow of a pipeline, and look up what its roles trust."""


@command.command("workflow", short_help="Print the workflow for GitHub or GitLab.")
@MANIFEST
@click.option(
    "--action",
    default=workflow.ACTION,
    show_default=True,
    metavar="OWNER/NAME@COMMIT",
    help="The action of awsbase, by the commit of a release.",
)
@click.option(
    "--image", default=workflow.IMAGE, show_default=True, metavar="IMAGE", help="For GitLab: the container of awsbase."
)
@common
def print_workflow(options: Options, manifest: Path, action: str, image: str) -> None:
    """Print the workflow of MANIFEST: it plans pull requests, reports drift each night, and applies an approved plan.

    Call it in the root of the repository.

    \b
    awsbase ci workflow acme.yaml > .github/workflows/awsbase.yml
    awsbase ci workflow acme.yaml > .gitlab-ci.yml
    """
    loaded = read(manifest, options)
    text = workflow.render(loaded, manifest, action=action, image=image)
    if options.json:
        out_json({"schema": 1, "workflow": text})
        return
    out_document(text)
    if workflow.ACTION in text or f"name: {workflow.IMAGE}\n" in text:
        left = workflow.ACTION if workflow.ACTION in text else workflow.IMAGE
        err(f"replace {left} with that of a release\n")


@command.command("ids", short_help="Ask GitHub for the ids of a repository.")
@click.argument("repository", metavar="OWNER/REPO")
@JSON
@DEBUG
def print_ids(repository: str, json: bool, debug: bool) -> None:
    """Ask GitHub for the ids of a public repository and of its owner, as the section ci of a manifest takes them.

    Nobody has to be signed in.
    \f
    Raises UsageError for what is no repository.
    """
    from pydantic import TypeAdapter, ValidationError

    from awsbase.github import repository_ids
    from awsbase.manifest.ci import Repository

    try:
        TypeAdapter(Repository).validate_python(repository)
    except ValidationError as error:
        raise UsageError(error.errors()[0]["msg"], hint="write it like acme/infra") from None
    found = repository_ids(repository)
    if json:
        out_json({"schema": 1, **asdict(found)})
        return
    out(
        f'ci:\n  github: {{repository: {found.repository}, repository_id: "{found.repository_id}", '
        f'owner_id: "{found.owner_id}"}}\n'
    )
