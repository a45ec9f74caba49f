"""One crash point, one fault: a run that is disturbed there, what it reports, and the run after it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from awsbase.engine.changes import Report
from awsbase.engine.lock import PATH as LOCKS
from awsbase.engine.lock import READ_LAG
from awsbase.errors import AwsbaseError
from awsbase.sandbox import Call, Fault, Killed, Sandbox
from awsbase.sandbox.faults import Kind
from awsbase.testing.sample import problems, said
from awsbase.testing.subject import Subject

FOR_GOOD = 1_000_000
# What a second try draws anew: an MFA device's seed, which is stored again.
ANEW = ("ClientRequestToken", "SecretString")

Injection = Callable[[str, int], list[Fault]]


def once(kind: Kind) -> Injection:
    """Inject a fault at the n-th call alone."""
    return lambda on, n: [Fault(kind, at=n, on=on)]


def for_good(kind: Kind) -> Injection:
    """Inject a fault at the n-th call and all that follow: botocore gives up, and so may the run."""
    return lambda on, n: [Fault(kind, at=n, on=on, times=FOR_GOOD)]


def killed(on: str, n: int) -> list[Fault]:
    """End the process once AWS has carried out the n-th call; what other threads send by then never arrives."""
    return [Fault("killed after", at=n, on=on), Fault("killed before", at=n + 1, on=on, times=FOR_GOOD)]


READS: dict[str, Injection] = {
    "access denied": once("access denied"),
    "access denied for good": for_good("access denied"),
    "cut off": for_good("reset before"),
    "500 for good": for_good("500"),
    "throttled for good": for_good("throttle"),
    "slow": once("slow"),
    "reset before": once("reset before"),
    "500": once("500"),
    "throttled": once("throttle"),
}
WRITES: dict[str, Injection] = {
    "killed": killed,
    "reset after": once("reset after"),
    "stale": once("stale"),
    "stale for good": for_good("stale"),
    **READS,
}
FAULTS = {"write": WRITES, "read": READS}


def trial(subject: Subject, on: str, n: int, fault: str) -> list[str]:
    """Disturb a run at its n-th write or read, run again, and return what is wrong with reports and account."""
    sandbox = subject.ready()
    for each in FAULTS[on][fault](on, n):
        sandbox.faults.add(each)
    wrong: list[str] = []
    finished = False
    try:
        report = subject.go(sandbox, "reconcile")
    except Killed:
        pass
    except AwsbaseError:
        wrong += [f"refused to begin, but wrote {name}" for name in effective(sandbox.calls)]
    else:
        # What may not be looked at, and can do without, is asked of a person.
        finished = not report.failed and report.manual_actions == subject.undisturbed.manual_actions
        wrong += lies(report, sandbox.calls)
    wrong += recovery(subject, sandbox, finished=finished)
    return [f"{on} {n} {fault}: {each}" for each in wrong]


def recovery(subject: Subject, sandbox: Sandbox, *, finished: bool = False) -> list[str]:
    """Run again, undisturbed, unless the run `finished`; name what is not as if nothing had ever gone wrong."""
    sandbox.faults.clear()
    # As the lock makes the next run wait.
    sandbox.clock.advance(READ_LAG.total_seconds())
    wrong = [] if finished else [f"the next run: {each}" for each in problems(subject.go(sandbox, "reconcile"))]
    wrong += differences(subject.undisturbed.account, sandbox.snapshot())
    plan = subject.go(sandbox, "plan")
    return wrong + [f"still planned: {line}" for line in (*said(plan), *problems(plan))]


def lies(report: Report, calls: Sequence[Call]) -> Iterator[str]:
    """Compare what a run says it changed with what took effect, and look for failures that it did not foresee."""
    reported, done = Counter(change.api for _, change in report.changes), effective(calls)
    errors = [(outcome.address, outcome.error) for outcome in report.outcomes if outcome.error]
    in_doubt = Counter(error.api for _, error in errors if error.code == "LostReply" and error.api)
    yield from (f"reported but not done: {name}" for name in (reported - done).elements())
    yield from (f"done but not reported: {name}" for name in (done - reported - in_doubt).elements())
    yield from (f"{address}: {error.message}" for address, error in errors if error.message.startswith("unforeseen"))


def effective(calls: Sequence[Call]) -> Counter[str]:
    """Count the writes that took effect, each once, however often it was sent; the lock is no change of the account."""
    done = {
        (call.name, call.region, json.dumps(asked(call), sort_keys=True, default=str))
        for call in calls
        if call.writes and call.error is None and not str(call.params.get("Name")).startswith(LOCKS)
    }
    return Counter(name for name, _, _ in done)


def asked(call: Call) -> dict[str, Any]:
    """Return what a call asked for, the same however often it was tried."""
    return {name: value for name, value in call.params.items() if name not in ANEW}


def differences(want: object, have: object, at: str = "account") -> Iterator[str]:
    """Name the places at which two accounts differ."""
    if isinstance(want, dict) and isinstance(have, dict):
        for key in sorted({*want, *have}):
            yield from differences(want.get(key), have.get(key), f"{at}/{key}")
    elif want != have:
        yield f"{at}: {str(have)[:300]} instead of {str(want)[:300]}"
