"""`awsbase adopt`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from threading import Event
from typing import Any

import click

from awsbase.adopt import target as targets
from awsbase.adopt.count import Count
from awsbase.adopt.count import counted as count_of
from awsbase.adopt.naming import name_of
from awsbase.adopt.proof import Proven, Target, proven, tightened
from awsbase.adopt.sections import names, section
from awsbase.adopt.sections.account import tags_of
from awsbase.adopt.seen import Seen
from awsbase.adopt.survey import Survey, survey
from awsbase.adopt.terraform import State, hand_over, named, read_state
from awsbase.engine.account import Account, check
from awsbase.engine.changes import Report
from awsbase.engine.execution import execute
from awsbase.engine.facts import Facts, ReadCache
from awsbase.engine.kind import Kind
from awsbase.engine.resource import Resource
from awsbase.engine.run import Interrupted, Observer
from awsbase.engine.scope import Scope
from awsbase.ensure import KINDS
from awsbase.errors import AwsbaseError, UsageError
from awsbase.manifest.base import Base
from awsbase.manifest.load import load
from awsbase.manifest.manifest import Manifest
from awsbase.manifest.paths import closest
from awsbase.manifest.ways_out import ways_out
from awsbase.people.profile_session import session_of
from awsbase.records import record
from awsbase.scripts import completions
from awsbase.scripts.connect import home_region, looking, reach
from awsbase.scripts.interrupt import INTERRUPTED, interruptible
from awsbase.scripts.options import DEBUG, JSON, profile_option, region_option
from awsbase.scripts.output import err, is_stdout, out, out_document, out_json
from awsbase.view import adoption, document
from awsbase.view.live import progress
from awsbase.view.plurals import counted
from awsbase.view.summary import summary
from awsbase.view.text import render


@click.command("adopt")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="The manifest; default NAME.yaml."
)
@click.option("--name", help="What the manifest calls the account; default its alias.")
@region_option("The home region; default that of the profile.")
@click.option(
    "--only",
    multiple=True,
    metavar="SECTION",
    shell_complete=completions.sections,
    help="Only this section. Can be repeated.",
)
@click.option("--tighten", is_flag=True, help="Leave out what is weaker than a default; the plan then shows it.")
@click.option("--merge", is_flag=True, help="Add the sections that FILE lacks, and change none of its lines.")
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE.md", help="Also write a page about all of it.")
@click.option(
    "--from-terraform",
    "state",
    type=click.Path(path_type=Path),
    metavar="STATE.json",
    help="Say what Terraform called each thing, and how it lets go of what the manifest manages now.",
)
@click.option("--partial", is_flag=True, help="Write the manifest even where something could not be read.")
@profile_option()
@JSON
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@DEBUG
def command(
    output: Path | None,
    name: str | None,
    region: str | None,
    only: tuple[str, ...],
    tighten: bool,
    merge: bool,
    report: Path | None,
    state: Path | None,
    partial: bool,
    profile: str | None,
    json: bool,
    quiet: bool,
    debug: bool,
) -> int:
    """Write a manifest that describes an account as it is; only reads.

    The plan of the manifest must be empty but for awsbase's own tags, else it is not written. Everything that was
    listed is counted: what the manifest describes, what somebody else looks after, what a manifest has no words for,
    and what could not be read.
    \f
    Raises UsageError for a file that exists, and AwsbaseError when something could not be read.
    """
    chosen = sections_of(only)
    existing = checked(output, merge, report)
    known = read_state(state) if state else None
    work = connected(profile, existing, region, name, quiet=quiet, debug=debug)
    target = target_of(work, output, existing)
    try:
        found = work.survey(kinds_of(chosen if only else None))
        result = work.proven(found, [each for each in chosen if each not in target.has], target, known)
        count = count_of(found, result)
        refuse(count, partial)
        text, plan = tightened(result, target, work.plan) if tighten else (result.text, None)
    except Interrupted:
        err("interrupted, nothing was written\n")
        return INTERRUPTED
    targets.place(target, text, result.files)

    handed = hand_over(known, result.managed, work.scope, work.results) if known else None
    where = (work.account.id, work.scope.name, work.scope.home, str(target.file))
    shown = adoption.Adoption(*where, count, result, plan, handed)
    if report:
        document.save(adoption.page(shown), report)
    if json:
        out_json(adoption.document(shown, text))
    else:
        out(render(adoption.lines(shown), sys.stdout))
        out_document(adoption.letting_go(handed) if handed else "")
        out("\n" + render(summary(plan, name=work.scope.name), sys.stdout) if plan else "")
    return 0


def sections_of(only: Sequence[str]) -> list[str]:
    """Return the sections to draft, in the order of a manifest; raises UsageError for one that is none."""
    known = [name for name in Manifest.model_fields if name in names()]
    for name in only:
        if name not in known:
            near = closest(name, known) or f"it is one of {', '.join(known)}"
            raise UsageError(f"{name!r} is no section that awsbase adopts", hint=near)
    return [name for name in known if not only or name in only]


def kinds_of(sections: Sequence[str] | None) -> list[Kind]:
    """Return the kinds that sections draw from, each once; all kinds without sections."""
    if sections is None:
        return list(KINDS.values())
    return [KINDS[kind] for kind in dict.fromkeys(kind for name in sections for kind in section(name).KINDS)]


def checked(output: Path | None, merge: bool, report: Path | None) -> Manifest | None:
    """Check the files before anything is read; return the manifest that sections are added to, if there is one.

    Raises UsageError.
    """
    if is_stdout(output):
        raise UsageError("a manifest has policies as files beside it", hint="name a file with -o")
    if merge and output is None:
        raise UsageError("--merge adds to a manifest", hint="name it with -o")
    if report and not is_stdout(report):
        document.check(report)
    if output and merge:
        return load(output)
    if output:
        targets.check_new(output)
    return None


def connected(
    profile: str | None, existing: Manifest | None, region: str | None, name: str | None, *, quiet: bool, debug: bool
) -> Work:
    """Return the account of the credentials, and what the manifest calls it; raises Refused for another account."""
    if existing and (wrong := contradiction(existing, region, name)):
        raise UsageError(f"{wrong} contradicts the manifest", hint="leave it out: the manifest says it")
    home = existing.account.region if existing else home_region(profile, region)
    account = reach(session_of(profile), home, debugging=debug)
    check(account, existing.account.id if existing else account.id)
    scope = Scope(account.id, home=home, region=home, name=(existing.account.name if existing else name) or "")
    work = Work(account, scope, ReadCache(), quiet, debug)
    if scope.name:
        return work
    with looking(account) as facts:
        return Work(account, Scope(account.id, home, home, name_of(facts, scope)), ReadCache(), quiet, debug)


def contradiction(existing: Manifest, region: str | None, name: str | None) -> str:
    """Return the option that says otherwise than a manifest; empty when there is none."""
    if region not in (None, existing.account.region):
        return f"--region {region}"
    return f"--name {name}" if name not in (None, existing.account.name) else ""


def target_of(work: Work, output: Path | None, existing: Manifest | None) -> Target:
    """Return the file that the manifest goes to; raises UsageError where it cannot be made or continued."""
    file = output or Path(f"{work.scope.name}.yaml")
    if existing:
        return targets.continued(file, existing)
    targets.check_new(file)
    return targets.new(file, work.account.id, work.scope.name, work.scope.home)


def refuse(count: Count, partial: bool) -> None:
    """Raise AwsbaseError when something could not be read, unless a part of the account is enough.

    A region that an organization closes is told, and no reason to stop: nobody in the account could do better.
    """
    refused = [each for each in count.unread if not each.closed]
    if refused and not partial:
        said = "\n".join(f"  {each}" for each in adoption.missing(refused))
        raise AwsbaseError(
            f"{counted(len(refused), 'list')} could not be read, and no manifest was written:\n{said}",
            hint="`awsbase permissions --adopt` prints what reading takes; --partial writes what could be read",
        )


@record
class Work:
    """The account that is read, what the manifest calls it, and the answers so far."""

    account: Account
    scope: Scope
    cache: ReadCache
    quiet: bool
    debug: bool
    results: dict[str, Any] = field(default_factory=dict)
    """What the plans returned, by address."""

    @contextmanager
    def watched(self, doing: str, total: int | None) -> Iterator[tuple[Observer, Event]]:
        """Show progress; Ctrl-C stops it. What fails is taken out of the draft, or told in the end."""
        screen, quiet = not self.debug, self.quiet
        with (
            progress(sys.stderr, "plan", total, screen=screen, quiet=quiet, failures=False, doing=doing) as observer,
            interruptible(observer.say) as stop,
        ):
            yield observer, stop

    def survey(self, kinds: Sequence[Kind]) -> Survey:
        """List what the account has; raises Interrupted."""
        with self.watched("reading", None) as (observer, stop):
            return survey(self.account, self.scope, kinds, observer=observer, stop=stop, cache=self.cache)

    def plan(self, resources: Sequence[Resource], manifest: Manifest) -> Report:
        """Plan against what was read; raises Interrupted."""
        with self.watched("planning", len(resources)) as (observer, stop):
            report = execute(
                "plan",
                resources,
                KINDS,
                self.account,
                observer=observer,
                stop=stop,
                cache=self.cache,
                ways_out=ways_out(manifest),
                results=self.results,
            )
        if report.interrupted:
            raise Interrupted
        return report

    def proven(self, found: Survey, names: Sequence[str], target: Target, state: State | None) -> Proven:
        """Draft these sections from what was listed until their plan is empty."""
        drafts = {name: section(name).draft for name in names}
        if state:
            drafts = {name: named(draft, state) for name, draft in drafts.items()}
        with ThreadPoolExecutor(4, "fact") as readers:
            facts = Facts(self.account.aws, readers, self.cache)
            labels = tags_of(found.described) if "account" in names else target.tags
            seen = Seen(Base(self.scope.name, self.scope, labels), facts, tuple(found.described))
            return proven(seen, drafts, target, self.plan)
