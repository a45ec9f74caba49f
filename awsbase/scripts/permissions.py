"""`awsbase permissions`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from awsbase.bastion.settings import with_bastion
from awsbase.engine.scope import Scope
from awsbase.ensure.bucket import Bucket, emptying_permissions
from awsbase.errors import UsageError
from awsbase.manifest.loaded import LoadedManifest
from awsbase.permissions import Least
from awsbase.policies.document import Document
from awsbase.scripts.connect import home_region
from awsbase.scripts.loaded import read
from awsbase.scripts.options import ONLY, Options, common, remembered
from awsbase.scripts.output import as_json, err, out, out_json


@click.command("permissions")
@click.argument("manifest", type=click.Path(path_type=Path), callback=remembered, required=False)
@click.option("--adopt", is_flag=True, help="Instead those of `awsbase adopt`, which needs no MANIFEST.")
@click.option("--destroy", is_flag=True, help="Instead those of `awsbase destroy`.")
@click.option(
    "--empty",
    multiple=True,
    metavar="BUCKET",
    help="With --destroy: also those to delete all that this bucket holds. Can be repeated.",
)
@click.option("--plan-only", is_flag=True, help="Only the permissions of `awsbase plan`.")
@click.option("--who", is_flag=True, help="Also those of `awsbase plan --who`.")
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
def command(
    options: Options,
    manifest: Path | None,
    adopt: bool,
    destroy: bool,
    empty: tuple[str, ...],
    plan_only: bool,
    who: bool,
    folder: Path | None,
    only: tuple[str, ...],
) -> None:
    """Print the least permissions that MANIFEST needs to be planned and reconciled; makes no calls.

    For a bastion on demand they include what `awsbase bastion up` needs.

    The output is IAM policies. Create a managed policy from each, and attach them all to the user or role that runs
    awsbase: aws iam create-policy, then aws iam attach-role-policy or attach-user-policy.
    \f
    Raises UsageError for options that do not go together.
    """
    from awsbase.ensure import KINDS
    from awsbase.permissions import ATTACHED, least, to_describe

    if adopt and (manifest or plan_only or who or only or destroy):
        raise UsageError("--adopt is about no manifest", hint="leave out everything but --adopt, -o and --region")
    if (destroy and (plan_only or who)) or (empty and not destroy):
        raise UsageError("--destroy is about what is deleted", hint="--empty needs it; leave --plan-only and --who out")
    if manifest is None and not adopt:
        raise UsageError("name a manifest", hint="`awsbase permissions MANIFEST`, or --adopt to take over an account")
    if manifest is None:
        region = home_region(options.profile, options.region)
        # A policy that names no account is right in each.
        found = to_describe(KINDS, Scope("*", home=region, region="*"))
        name = "awsbase-adopt"
    else:
        loaded = read(manifest, options)
        name = f"{loaded.name}-awsbase-{'destroy' if destroy else 'plan' if plan_only else 'reconcile'}"
        if destroy:
            found = to_destroy(loaded, only, empty)
        else:
            if not plan_only:
                loaded = replace(loaded, sections=with_bastion(loaded.manifest, loaded.sections))
            found = least(loaded.only(only), plan_only=plan_only, who=who, kinds=loaded.kinds)
    policies = named(name, found.documents)

    if folder:
        save(policies, folder)
    elif options.json:
        listed = [{"name": name, "document": document} for name, document in policies.items()]
        out_json({"schema": 1, "policies": listed})
    else:
        for document in policies.values():
            out_json(document)

    if len(policies) > 1 and not folder and not options.json:
        err(f"{len(policies)} policies, because IAM limits their length; -o DIR writes a file for each\n")
    if found.widened:
        err(f"so many names fit only as prefixes: see {', '.join(found.widened)}\n")
    if len(policies) > ATTACHED:
        err(f"IAM attaches {ATTACHED} policies to a user or role: request a higher quota, or run parts with --only\n")


def to_destroy(loaded: LoadedManifest, only: Sequence[str], empty: Sequence[str]) -> Least:
    """Return what `awsbase destroy` needs for a manifest or a part of it, and to empty these buckets."""
    from awsbase.permissions import least

    chosen = loaded.named(only) if only else loaded.section_of
    resources = [each for each in loaded.resources if each.address in chosen]
    buckets = [each for each in resources if isinstance(each, Bucket) and {each.name, each.address} & {*empty}]
    more = [allowed for bucket in buckets for allowed in emptying_permissions(bucket)]
    return least(resources, destroy=True, more=more, kinds=loaded.kinds)


def named(name: str, documents: list[Document]) -> dict[str, Document]:
    """Return the policies by name, numbered when there are several."""
    if len(documents) == 1:
        return {name: documents[0]}
    return {f"{name}-{number}": document for number, document in enumerate(documents, 1)}


def save(policies: Mapping[str, Document], folder: Path) -> None:
    """Write each policy to a file and print the command that creates it; raises UsageError when it cannot."""
    for name, document in policies.items():
        file = folder / f"{name}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(as_json(document), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {file}: {error.strerror}", hint="name another directory") from None
        out(f"aws iam create-policy --policy-name {name} --policy-document {shlex.quote(f'file://{file}')}\n")
