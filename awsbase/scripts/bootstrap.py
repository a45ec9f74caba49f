"""`awsbase bootstrap`."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awsbase.approach import Target
from awsbase.aws import Attach, Aws, open_session
from awsbase.engine.account import Account
from awsbase.engine.clock import Clock, SystemClock
from awsbase.engine.run import approval
from awsbase.engine.wire import Wire, refuse_resends
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.manifest.loaded import LoadedManifest
from awsbase.people import bootstrap, files, passwd, store, terminal
from awsbase.people.bootstrap import Administrator, BootstrapContext
from awsbase.people.enrol import Prompts
from awsbase.people.profile_session import session_of
from awsbase.people.profiles import Source
from awsbase.people.secret import Secret
from awsbase.people.session import Person
from awsbase.records import record
from awsbase.scripts import completions
from awsbase.scripts.connect import embedded, name_calls, reach
from awsbase.scripts.loaded import read
from awsbase.scripts.options import ALLOW_RISKY, DEBUG, DENY, MANIFEST, Options, profile_option
from awsbase.scripts.output import err, out
from awsbase.scripts.prompts import ask, aws_files, prompts_of, select
from awsbase.scripts.session import Session
from awsbase.session import Prompt, complete, lock_of

if TYPE_CHECKING:
    from awsbase.aws import AnySession

ADMINISTRATOR_POLICIES = frozenset({"awsbase:administrator", "aws:AdministratorAccess"})
EXAMPLE = "for example, under iam: groups: {Administrators: {policies: [awsbase:administrator]}}, and a user in it"


@record
class Access:
    """Access to AWS: root's key, the person's AWS files, and the clock."""

    root: AnySession
    clock: Clock
    files: files.Files
    attach: tuple[Attach, ...] = ()

    def aws(self, region: str) -> Aws:
        """Return a connection with root's key that never repeats a call that must be sent once."""
        return Aws(self.root, region, attach=[refuse_resends, *self.attach])

    def connect(self, source: Source, region: str) -> Aws:
        """Return a connection with a profile's long-term key."""
        from awsbase.people.connect import connect

        return connect(source, region, self.attach)

    def open(self, session: store.Session, region: str) -> Aws:
        """Return a connection with a session."""
        keys = (session.key_id, session.secret_key.reveal(), session.token.reveal())
        return Aws(open_session(keys=keys), region, attach=[refuse_resends, *self.attach])


@click.command("bootstrap")
@MANIFEST
@click.option("--from-root", is_flag=True, help="Confirm the use of root's access key, which is deleted at the end.")
@click.option("--user", metavar="NAME", help="The first administrator; default the manifest's only one.")
@click.option(
    "--as",
    "as_profile",
    metavar="PROFILE",
    help="The profile for their access key; default the account's name.",
    shell_complete=completions.profiles,
)
@click.option("--handover", metavar="COMMAND", help="Send their one-time password to this command, on its stdin.")
@click.option("--all-keys", is_flag=True, help="Delete every access key of root, not only the one in use.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before the first change.")
@ALLOW_RISKY
@profile_option("The profile with root's access key; default $AWS_PROFILE.")
@click.option("--sandbox", is_flag=True, help="Try it with an embedded AWS; nothing leaves this machine.")
@DENY
@DEBUG
def command(
    manifest: Path,
    from_root: bool,
    user: str | None,
    as_profile: str | None,
    handover: str | None,
    all_keys: bool,
    yes: bool,
    allow_risky: bool,
    profile: str | None,
    sandbox: bool,
    deny: tuple[Path, ...],
    debug: bool,
) -> None:
    """Create the first administrator of a new account, with MFA, and then delete root's access key.

    \b
    With root's access key in a profile or in the environment:
      awsbase bootstrap --from-root acme.yaml --user alice
    The key is deleted last, when the administrator is proven to work. An interrupted run continues when run again.

    \f
    Raises UsageError without --from-root.
    """
    if not from_root:
        raise UsageError(
            "bootstrap works with root's access key, and deletes it at the end",
            hint="confirm it with --from-root; for an account with an administrator use `awsbase reconcile`",
        )
    words = passwd.handover_command(handover) if handover else None
    terminal.require("codes of the new MFA device")
    options = Options(profile=profile, debug=debug, sandbox=sandbox, deny=deny)
    loaded = read(manifest, options)
    administrator = administrator_of(loaded, user, as_profile or loaded.name)
    with access_to(loaded, options) as access:
        context = context_of(access, loaded, administrator, words, options, yes=yes, allow_risky=allow_risky)
        if isinstance(context, BootstrapContext):
            bootstrap.bootstrap(replace(context, all_keys=all_keys))
    out(
        f"{administrator.user} is the administrator of account {loaded.account}, with profile {administrator.profile}\n"
    )
    if not sandbox:
        session, file = shlex.quote(f"{administrator.profile}-mfa"), shlex.quote(str(manifest))
        err(f"next: `AWS_PROFILE={session} awsbase reconcile {file}`\n")


def administrator_of(loaded: LoadedManifest, user: str | None, profile: str) -> Administrator:
    """Return the administrator of the manifest: the named one, or the only one.

    Raises Refused when the manifest names no administrator, UsageError when it is unclear which one is meant.
    """
    iam = loaded.manifest.iam
    groups = {name for name, group in (iam.groups if iam else {}).items() if ADMINISTRATOR_POLICIES & set(group.grants)}
    users = iam.users if iam else {}
    names = [name for name, one in users.items() if one.present and groups & set(one.groups or ())]
    if not names:
        raise Refused(f"{loaded.file} names no administrator", hint=EXAMPLE)
    if user is not None and user not in names:
        raise UsageError(f"{user} is not an administrator in {loaded.file}", hint=f"there are {', '.join(names)}")
    if user is None and len(names) > 1:
        raise UsageError("who is the first administrator?", hint=f"name one with --user: {', '.join(names)}")
    name = user or names[0]
    return Administrator(name, profile, users[name].console)


@contextmanager
def access_to(loaded: LoadedManifest, options: Options) -> Iterator[Access]:
    """Yield access to AWS, or to an embedded account with temporary AWS files."""
    if not options.sandbox:
        attach = (name_calls,) if options.debug else ()
        yield Access(session_of(options.profile), SystemClock(), aws_files(), attach)
        return
    sandbox = embedded(loaded.account, region=loaded.region, deny=options.deny, plugins=loaded.manifest.plugins)
    with tempfile.TemporaryDirectory() as folder:
        names = files.Files(Path(folder, "credentials"), Path(folder, "config"))
        os.environ |= {"AWS_SHARED_CREDENTIALS_FILE": str(names.credentials), "AWS_CONFIG_FILE": str(names.config)}
        transport: Any = sandbox.transport
        inside: Attach = lambda client: client.meta.events.register("before-send", transport)  # noqa: E731
        yield Access(sandbox.session("root", loaded.region), sandbox.clock, names, (inside,))


def context_of(
    access: Access,
    loaded: LoadedManifest,
    administrator: Administrator,
    words: Sequence[str] | None,
    options: Options,
    *,
    yes: bool,
    allow_risky: bool,
) -> BootstrapContext | None:
    """Return what the bootstrap works with, or None when an earlier run finished it."""
    partition = loaded.manifest.account.partition
    caller = f"arn:{partition}:iam::{loaded.account}:root"
    context = BootstrapContext(
        account=loaded.account,
        root=Account(access.aws(loaded.region), Wire(), loaded.account, caller),
        administrator=administrator,
        region=loaded.region,
        prompts=replace(_prompts(access, loaded, caller), clock=access.clock, state=access.files.state),
        person=_person(access),
        make=lambda: None,
        open=partial(access.open, region=loaded.region),
        hand_over=lambda password: _hand_over(words, administrator.user, password),
    )
    try:
        account = reach(access.root, loaded.region, debugging=options.debug)
    except AwsbaseError as error:
        if _unknown_key(error) and bootstrap.finished(context):
            return None
        raise
    resources = loaded.only([f"user/{administrator.user}"])
    session = Session(loaded, resources, Target(account, access.clock), options, allow_risky=allow_risky)
    root = replace(context.root, id=account.id, caller=account.caller)
    make = partial(_make, session, None if yes or options.sandbox else ask)
    return replace(context, root=root, prompts=replace(context.prompts, account=root), make=make)


def _prompts(access: Access, loaded: LoadedManifest, caller: str) -> Prompts:
    return prompts_of(Account(access.aws(loaded.region), Wire(), loaded.account, caller))


def _person(access: Access) -> Person:
    return Person(
        files=access.files,
        environ={},
        ask=terminal.ask_hidden,
        select=select,
        tell=err,
        now=access.clock.now,
        connect=access.connect,
    )


def _unknown_key(error: AwsbaseError) -> bool:
    response = getattr(error.__cause__, "response", {})
    return bool(response.get("Error", {}).get("Code") == bootstrap.UNKNOWN_KEY)


def _make(session: Session, ask: Prompt | None) -> None:
    """Create the administrator of the manifest after the person has agreed."""
    plan = session.execute("plan")
    err(session.shown(plan, sys.stderr))
    if plan.interrupted or plan.failed:
        raise AwsbaseError("stopped before the first change", hint="run it again")
    who = f"account {session.loaded.account} ({session.loaded.name})"
    if not session.consents(plan, f"Create this administrator of {who}, and delete root's access key at the end?", ask):
        raise AwsbaseError("declined, nothing was changed")
    if not plan.changes:
        return
    lock = lock_of(session.target, session.loaded.fingerprint)
    with session.locked(lock):
        report = session.execute(
            "reconcile",
            approval(plan.changes),
            allow_risky=session.allows_risky(plan),
            before_write=lock.check_and_renew,
        )
        if complete(report):
            lock.finish(whole=session.whole)
    if report.interrupted or report.failed:
        err(session.shown(report, sys.stderr))
        raise AwsbaseError("the administrator was not created, and root's access key is kept", hint="run it again")


def _hand_over(words: Sequence[str] | None, user: str, password: Secret) -> None:
    if words:
        passwd.run_handover(words, password)
    else:
        terminal.say(f"the one-time password of {user}: {password.reveal()}\n")
