"""`awsbase bootstrap`."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awsbase.aws import Attach, Aws
from awsbase.engine.account import Account
from awsbase.engine.clock import Clock, SystemClock
from awsbase.engine.run import approval
from awsbase.engine.wire import Wire, refuse_resends
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.people import bootstrap, files, passwd, store, terminal
from awsbase.people.bootstrap import Administrator, Scope
from awsbase.people.enrol import Prompts
from awsbase.people.profiles import Source
from awsbase.people.secret import Secret
from awsbase.people.session import Person
from awsbase.records import record
from awsbase.scripts import prompts as desk
from awsbase.scripts.ask import Prompt
from awsbase.scripts.connect import Target, embedded, name_calls, reach, session_of
from awsbase.scripts.loaded import LoadedManifest, read
from awsbase.scripts.options import ALLOW_RISKY, DEBUG, MANIFEST, Options
from awsbase.scripts.output import err, out
from awsbase.scripts.session import Session, lock_of

if TYPE_CHECKING:
    import boto3

ADMINISTRATES = frozenset({"awsbase:administrator", "aws:AdministratorAccess"})
EXAMPLE = "for example, under iam: groups: {Administrators: {policies: [awsbase:administrator]}}, and a user in it"


@record
class Way:
    """How to get to AWS: with root's key, the person's AWS files, and the time."""

    root: boto3.Session
    clock: Clock
    files: files.Files
    attach: tuple[Attach, ...] = ()

    def aws(self, region: str) -> Aws:
        """See the account with root's key; what must not be sent twice is not."""
        return Aws(self.root, region, attach=[refuse_resends, *self.attach])

    def connect(self, source: Source, region: str) -> Aws:
        """See the account with a profile's long-term key."""
        from awsbase.people.connect import connect

        return connect(source, region, self.attach)

    def open(self, session: store.Session, region: str) -> Aws:
        """See the account with a session."""
        import boto3

        keys = (session.key_id, session.secret_key.reveal(), session.token.reveal())
        return Aws(boto3.Session(*keys, region_name=region), region, attach=[refuse_resends, *self.attach])


@click.command("bootstrap")
@MANIFEST
@click.option("--from-root", is_flag=True, help="Yes, with root's access key, which is deleted in the end.")
@click.option("--user", metavar="NAME", help="Who becomes the first administrator; default the manifest's only one.")
@click.option("--as", "as_profile", metavar="PROFILE", help="Where their access key goes; default the account's name.")
@click.option("--handover", metavar="COMMAND", help="Give their one-time password to this command, on its stdin.")
@click.option("--all-keys", is_flag=True, help="Delete every access key of root's, not only the one in use.")
@click.option("--yes", is_flag=True, help="Do not ask before the first change.")
@ALLOW_RISKY
@click.option("--profile", metavar="NAME", help="The profile with root's access key; default $AWS_PROFILE.")
@click.option("--sandbox", is_flag=True, help="Try it with an embedded AWS; nothing leaves this machine.")
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
    debug: bool,
) -> None:
    """Make the first administrator of a new account, with MFA, and then delete root's access key.

    \b
    With root's access key in a profile or in the environment:
      awsbase bootstrap --from-root acme.yaml --user alice
    The key goes last, when the administrator has proved to be one. Interrupted, it goes on when run again.
    """
    if not from_root:
        raise UsageError(
            "bootstrap works with root's access key, and deletes it in the end",
            hint="say so with --from-root; an account with an administrator wants `awsbase reconcile`",
        )
    words = passwd.command(handover) if handover else None
    terminal.check("codes of the new MFA device")
    options = Options(profile=profile, debug=debug, sandbox=sandbox)
    wanted = read(manifest, options)
    administrator = chosen(wanted, user, as_profile or wanted.name)
    with way(wanted, options) as to:
        scope = placed(to, wanted, administrator, words, options, yes=yes, allow_risky=allow_risky)
        if isinstance(scope, Scope):
            bootstrap.bootstrap(replace(scope, all_keys=all_keys))
    out(
        f"{administrator.user} is the administrator of account {wanted.account}, with profile {administrator.profile}\n"
    )
    if not sandbox:
        err(f"next: AWS_PROFILE={administrator.profile}-mfa awsbase reconcile {manifest}\n")


def chosen(wanted: LoadedManifest, user: str | None, profile: str) -> Administrator:
    """Return the manifest's administrator: the one that is named, or the only one.

    Raises Refused when the manifest names no administrator, UsageError when it is unclear which one is meant.
    """
    iam = wanted.manifest.iam
    groups = {name for name, group in (iam.groups if iam else {}).items() if ADMINISTRATES & set(group.grants)}
    users = iam.users if iam else {}
    there = [name for name, one in users.items() if one.present and groups & set(one.groups or ())]
    if not there:
        raise Refused(f"{wanted.file} names no administrator", hint=EXAMPLE)
    if user is not None and user not in there:
        raise UsageError(f"{user} is no administrator in {wanted.file}", hint=f"there are {', '.join(there)}")
    if user is None and len(there) > 1:
        raise UsageError("who shall be the first administrator?", hint=f"name one with --user: {', '.join(there)}")
    name = user or there[0]
    return Administrator(name, profile, users[name].console)


@contextmanager
def way(wanted: LoadedManifest, options: Options) -> Iterator[Way]:
    """Yield the way to AWS, or to an embedded one whose AWS files are gone afterwards."""
    if not options.sandbox:
        attach = (name_calls,) if options.debug else ()
        yield Way(session_of(options.profile), SystemClock(), desk.where(), attach)
        return
    sandbox = embedded(wanted.account)
    with tempfile.TemporaryDirectory() as folder:
        there = files.Files(Path(folder, "credentials"), Path(folder, "config"))
        os.environ |= {"AWS_SHARED_CREDENTIALS_FILE": str(there.credentials), "AWS_CONFIG_FILE": str(there.config)}
        transport: Any = sandbox.transport
        inside: Attach = lambda client: client.meta.events.register("before-send", transport)  # noqa: E731
        yield Way(sandbox.session("root", wanted.region), sandbox.clock, there, (inside,))


def placed(
    to: Way,
    wanted: LoadedManifest,
    administrator: Administrator,
    words: Sequence[str] | None,
    options: Options,
    *,
    yes: bool,
    allow_risky: bool,
) -> Scope | None:
    """Return where it happens; None when it was all done before."""
    partition = wanted.manifest.account.partition
    caller = f"arn:{partition}:iam::{wanted.account}:root"
    scope = Scope(
        account=wanted.account,
        root=Account(to.aws(wanted.region), Wire(), wanted.account, caller),
        administrator=administrator,
        region=wanted.region,
        desk=replace(_desk(to, wanted, caller), clock=to.clock, state=to.files.state),
        person=_person(to),
        make=lambda: None,
        open=partial(to.open, region=wanted.region),
        hand_over=lambda password: _hand_over(words, administrator.user, password),
    )
    try:
        account = reach(to.root, wanted.region, debugging=options.debug)
    except AwsbaseError as error:
        if _unknown_key(error) and bootstrap.finished(scope):
            return None
        raise
    wants = wanted.only([f"user/{administrator.user}"])
    session = Session(wanted, wants, Target(account, to.clock), options, allow_risky=allow_risky)
    root = replace(scope.root, id=account.id, caller=account.caller)
    make = partial(_make, session, None if yes else desk.ask)
    return replace(scope, root=root, desk=replace(scope.desk, account=root), make=make)


def _desk(to: Way, wanted: LoadedManifest, caller: str) -> Prompts:
    return desk.desk_of(Account(to.aws(wanted.region), Wire(), wanted.account, caller))


def _person(to: Way) -> Person:
    return Person(
        files=to.files,
        environ={},
        ask=terminal.hidden,
        select=desk.select,
        tell=err,
        now=to.clock.now,
        connect=to.connect,
    )


def _unknown_key(error: AwsbaseError) -> bool:
    response = getattr(error.__cause__, "response", {})
    return bool(response.get("Error", {}).get("Code") == bootstrap.UNKNOWN)


def _make(session: Session, ask: Prompt | None) -> None:
    """Make the administrator as the manifest says, after the person has agreed."""
    plan = session.execute("plan")
    err(session.shown(plan, sys.stderr))
    if plan.interrupted or plan.failed:
        raise AwsbaseError("stopped before the first change", hint="run it again")
    who = f"account {session.loaded.account} ({session.loaded.name})"
    if not session.consents(plan, f"Make this administrator of {who}, and delete root's access key in the end?", ask):
        raise AwsbaseError("declined, nothing was changed")
    if not plan.changes:
        return
    lock = lock_of(session.target)
    with session.locked(lock):
        report = session.execute(
            "reconcile",
            approval(plan.changes),
            allow_risky=session.allows_risky(plan),
            before_write=lock.check_and_renew,
        )
    if report.interrupted or report.failed:
        err(session.shown(report, sys.stderr))
        raise AwsbaseError("the administrator was not made, and root's access key stays", hint="run it again")


def _hand_over(words: Sequence[str] | None, user: str, password: Secret) -> None:
    if words:
        passwd.hand_to(words, password)
    else:
        terminal.say(f"the one-time password of {user}: {password.reveal()}\n")
