"""`awsbase destroy`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import click

from awsbase.engine.account import Account
from awsbase.engine.changes import Report
from awsbase.engine.removal import Removal, absent_of
from awsbase.ensure.bucket import Bucket, remove_bucket_and_contents
from awsbase.errors import Refused, UsageError
from awsbase.manifest.loaded import LoadedManifest
from awsbase.people import durations
from awsbase.records import record
from awsbase.scripts import completions
from awsbase.scripts.connect import connect
from awsbase.scripts.leaving import Leaving
from awsbase.scripts.loaded import read
from awsbase.scripts.options import LOCK_TIMEOUT, MANIFEST, Options, common, detailed, words_of
from awsbase.scripts.removals import APPROVED, OUTPUT, PLAN, carry_out
from awsbase.scripts.session import Session
from awsbase.session import approve
from awsbase.view import document

NOT_CHOSEN = "--only leaves it out"


@record
class Named:
    """What the options name: a part of the manifest, what goes although it is exempt, which buckets are emptied."""

    only: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


@click.command("destroy")
@MANIFEST
@click.option(
    "--only",
    multiple=True,
    metavar="ADDRESS|SECTION",
    shell_complete=completions.addresses,
    help="Only this resource or section. Can be repeated.",
)
@click.option(
    "--also",
    multiple=True,
    metavar="ADDRESS",
    shell_complete=completions.addresses,
    help="Also this one, which would be left. Can be repeated.",
)
@click.option(
    "--empty",
    multiple=True,
    metavar="BUCKET",
    shell_complete=completions.addresses,
    help="Also this bucket, with all that it holds. Can be repeated.",
)
@PLAN
@OUTPUT
@APPROVED
@LOCK_TIMEOUT
@common
@detailed
def command(
    options: Options,
    manifest: Path,
    only: tuple[str, ...],
    also: tuple[str, ...],
    empty: tuple[str, ...],
    plan_only: bool,
    output: Path | None,
    approved: Path | None,
    lock_timeout: str,
) -> int:
    """Delete what awsbase made for MANIFEST, in the opposite order.

    It leaves what it did not make. It also leaves buckets, keys, secrets, people, logs and what watches the account,
    unless --also names one of them. Settings that protect the account are never reverted.

    It shows the plan and asks on the terminal: for the account's name, and for how many things cannot come back.
    Without a terminal it needs --approved.
    \f
    Raises Refused for a protected account.
    """
    plan = document.read(approved, "destroy") if approved else None
    loaded = read(manifest, options)
    if loaded.manifest.account.protected:
        raise Refused(
            f"the account {loaded.account} ({loaded.name}) is protected: {loaded.file} says so",
            hint="to destroy it nevertheless, take `protected: true` out of its section `account`",
        )
    listed = approve(plan, loaded, sandbox=options.sandbox) if plan else None
    named = in_full(loaded, Named(only, also, empty))
    if plan:
        named = as_planned(Named(plan.only, plan.also, plan.empty), named)
    target = connect(options, loaded)
    session = Session(
        loaded,
        loaded.resources,
        target,
        options,
        patience=timedelta(seconds=durations.seconds(lock_timeout)),
        leaving=leaving(loaded, named, target.account),
    )

    def told(report: Report) -> Mapping[str, object]:
        return document.document(report, sandbox=options.sandbox, only=named.only, also=named.also, empty=named.empty)

    return carry_out(session, listed, told, plan_only=plan_only, output=output, more=words(named))


def in_full(loaded: LoadedManifest, named: Named) -> Named:
    """Return what is named by addresses; raises UsageError for what there is not, or never goes."""
    loaded.named(named.only)
    buckets = {each.name: each.address for each in loaded.resources if isinstance(each, Bucket)}
    empty = tuple(dict.fromkeys(buckets.get(each, each) for each in named.empty))
    also = tuple(each for each in dict.fromkeys(named.also) if each not in empty)
    loaded.has((*also, *empty))
    for each in empty:
        if each not in buckets.values():
            raise UsageError(f"--empty {each}: that is no bucket", hint="name a bucket, or leave it out")
    of = {each.address: absent_of(loaded.kinds, each) for each in loaded.resources}
    for each in also:
        if of[each].remove is None:
            raise UsageError(f"--also {each}: it is never taken away: {of[each].why}", hint="leave it out")
    return Named(named.only, also, empty)


def as_planned(planned: Named, named: Named) -> Named:
    """Return what an approved plan names; raises Refused when the options name something else."""
    if named not in (Named(), planned):
        raise Refused(
            f"the approved plan was made for {' '.join(words(planned)) or 'all'}, not for {' '.join(words(named))}",
            hint="leave --only, --also and --empty out: the plan knows what it is about",
        )
    return planned


def words(named: Named) -> Sequence[str]:
    """Return what is named as options."""
    return words_of(only=named.only, also=named.also, empty=named.empty)


def leaving(loaded: LoadedManifest, named: Named, account: Account) -> Leaving:
    """Return what goes and what stays of a manifest."""
    chosen = {*loaded.named(named.only), *named.also, *named.empty} if named.only else set(loaded.section_of)
    exempt = {each.address: absent_of(loaded.kinds, each).exempt for each in loaded.resources}
    exempt = {address: why for address, why in exempt.items() if why}
    stays = {address: why for address, why in exempt.items() if address not in (*named.also, *named.empty)}
    stays |= {address: NOT_CHOSEN for address in loaded.section_of if address not in chosen}
    stays[worker(account)] = "awsbase works as it in this run"
    return Leaving(
        Removal("destroy", stays, dict.fromkeys(named.empty, remove_bucket_and_contents)),
        {address: exempt[address] for address in named.also if address in exempt}
        | dict.fromkeys(named.empty, "all that it holds is deleted with it, for good"),
        hidden=set(loaded.section_of) - chosen,
    )


def worker(account: Account) -> str:
    """Return the address of the user or role that awsbase works as."""
    return f"user/{account.user}" if account.user else f"role/{account.role}"
