"""The unit of a fleet: carries out one item and answers with its result, wherever it runs.

It can be run again at any time, since a reconcile that is done does nothing. The lock of the account keeps two runs
from writing at once.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from awsbase import __version__
from awsbase.approach import Target, account_of
from awsbase.engine.account import Account, NoCredentials
from awsbase.engine.account import check as check_account
from awsbase.engine.changes import Report
from awsbase.engine.clock import Clock, SystemClock
from awsbase.engine.lock import Locked
from awsbase.engine.run import Interrupted
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.fleet.item import Item
from awsbase.fleet.results import Result, Status, failure
from awsbase.manifest.load import checked
from awsbase.manifest.loaded import LoadedManifest, loaded_manifest
from awsbase.manifest.source import parse
from awsbase.organization.reach import Route, Sessions, Unreachable, check
from awsbase.people.profile_session import session_of
from awsbase.records import record
from awsbase.session import AccountSession, Prompt, approve, reconcile, scope
from awsbase.view.document import document, plan_of

if TYPE_CHECKING:
    from awsbase.aws import AnySession

INTERRUPTED = 130
log = logging.getLogger("awsbase")

Opens = Callable[[Route], "AnySession"]
"""Returns a session of an account; raises Unreachable."""


def work(
    item: Item,
    opens: Opens | None = None,
    *,
    clock: Clock | None = None,
    stop: threading.Event | None = None,
    sandbox: bool = False,
) -> Result:
    """Plan or reconcile one account and return what became of it, whatever that is; raises nothing for an account.

    `opens` opens the session of an account, and `stop` ends the work early. In the `sandbox` no plan of a real account
    is approved.
    """
    started = time.monotonic()
    try:
        result = _work(
            item, opens or Sessions(session_of).to, clock or SystemClock(), stop or threading.Event(), sandbox
        )
    except (Unreachable, NoCredentials) as error:
        result = failure(item, "unreachable", error.message, error.hint)
    except Refused as error:
        result = failure(item, "refused", error.message, error.hint)
    except Locked as error:
        hint = f"{error.hint}; MANIFEST is what `awsbase accounts show FILE {item.account}` prints"
        result = failure(item, "failed", error.message, hint)
    except Interrupted:
        result = failure(item, "failed", "interrupted, nothing was changed", exit=INTERRUPTED)
    except AwsbaseError as error:
        result = failure(item, "failed", error.message, error.hint, exit=error.exit_code)
    except Exception as error:  # one account must not end the work on the others
        log.debug("%s failed", item.account, exc_info=error)
        message = f"unforeseen: {type(error).__name__}: {' '.join(str(error).split())}"
        result = failure(item, "failed", message, f"rerun with --debug --account {item.account}")
    return replace(result, seconds=time.monotonic() - started)


def _work(item: Item, opens: Opens, clock: Clock, stop: threading.Event, sandbox: bool) -> Result:
    loaded = load_item(item)
    plan = plan_of(item.approved, f"the plan of {item.account}") if item.approved is not None else None
    approved = approve(plan, loaded, sandbox=sandbox) if plan else None
    resources = scope(plan, loaded, item.only) if plan else loaded.only(item.only)
    account = check(item.route, reached(item, opens, loaded.region, clock))
    session = FleetSession(
        loaded,
        resources,
        Target(check_account(account, item.id), clock),
        patience=timedelta(seconds=item.patience),
        allow_risky=item.allow_risky,
        stop=stop,
    )
    if item.mode == "plan":
        report = session.execute("plan", guarded=True)
    else:
        report, _ = reconcile(session, ask=None, approved=approved)
    status, code = verdict(report)
    only = plan.only if plan else item.only
    return Result(
        item.run,
        item.mode,
        item.account,
        item.id,
        status,
        code,
        document(report, sandbox=sandbox, only=only),
        calls=report.reads + report.writes,
    )


@record
class FleetSession(AccountSession):
    """A session on one account of many, whose hints say what helps there."""

    def consents(self, plan: Report, question: str, ask: Prompt | None) -> bool:
        """Raise Refused for risky changes that nobody has approved."""
        try:
            return super().consents(plan, question, ask)
        except Refused as error:
            if self.loaded.manifest.account.protected:
                error.hint = (
                    "the account is protected: run it on a terminal and type its name, or have its plan approved "
                    "(`awsbase plan FILE -o FOLDER`) and give both --approved FOLDER and --allow-risky"
                )
            raise


def load_item(item: Item) -> LoadedManifest:
    """Return the manifest of an item.

    Raises UsageError when it is of another version or not what its maker loaded, ManifestError when it has mistakes.
    """
    if item.version != __version__:
        raise UsageError(
            f"the item was made by awsbase {item.version}, and this is {__version__}",
            hint="install the same version on both sides",
        )
    # Nothing is read from a folder that happens to be here: what the manifest names is in the item.
    source = replace(parse(item.manifest.encode(), file=item.account, folder=Path(os.devnull)), beside=item.files)
    loaded = loaded_manifest(item.account, checked(source, Path(item.account)))
    if (loaded.account, loaded.fingerprint) != (item.id, item.fingerprint):
        raise UsageError("the manifest is not the one that the item was made for", hint="make the item again")
    return loaded


def reached(item: Item, opens: Opens, region: str, clock: Clock) -> Account:
    """Return the account that the session of an item reaches; raises Unreachable."""
    session = opens(item.route)
    try:
        return account_of(session, region, clock)
    except AwsbaseError as error:
        raise Unreachable(f"{item.account} cannot be reached: {error.message}", hint=error.hint) from error


def verdict(report: Report) -> tuple[Status, int]:
    """Return what became of an account by its report, and the exit code of the same command for it alone."""
    if report.interrupted:
        return "failed", INTERRUPTED
    if report.refusals:
        return "refused", 1
    if report.failed:
        return "failed", 1
    if not report.changes:
        return "unchanged", 0
    return ("changes" if report.mode == "plan" else "done"), 0
