"""What a recipe works with: facts to read, verbs to write, and the results of its dependencies."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from awsbase.aws import Aws
from awsbase.constraints import violations
from awsbase.engine.changes import Action, Change, Deferred, Drift, ManualAction, Risk, Unknown, digest, unknowns
from awsbase.engine.event_names import subject
from awsbase.engine.facts import Facts
from awsbase.engine.propagation import FRESH, wait_for_propagation
from awsbase.engine.propagation import Interrupted as Interrupted
from awsbase.engine.resource import Resource
from awsbase.engine.risk import risk_of
from awsbase.errors import AwsbaseError, LostReply

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from botocore.model import OperationModel

    from awsbase.engine.run_context import RunContext

K = TypeVar("K")
P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class NotApproved(Exception):
    """A change is needed that the approved plan does not list."""


class RiskNotApproved(Exception):
    """A risky change is needed that nobody has approved."""


class ChangeFailed(Exception):
    """A write failed; the cause is chained, and `change` is what was tried."""

    def __init__(self, change: Change) -> None:
        super().__init__(change.what)
        self.change = change


class StaleRead(Exception):
    """What a recipe read is outdated: a reply was lost, or a list of AWS lagged. The cause is chained.

    `lost` are all changes whose replies were lost: of steps that went side by side, there can be several.
    """

    def __init__(self, change: Change, *, lost: bool) -> None:
        super().__init__(change.what)
        self.change = change
        self.lost = [change] if lost else []


def urgency(error: BaseException) -> int:
    """Order what went wrong side by side: the end of the process, a lost reply, a list that lagged, all others."""
    if not isinstance(error, Exception):
        return 0
    return (1 if error.lost else 2) if isinstance(error, StaleRead) else 3


class NotReady(AwsbaseError):
    """AWS has not finished an operation that it accepted."""


class InvalidArguments(Exception):
    """AWS would refuse these arguments, according to its API model; the call is not made."""


class Observer(Protocol):
    """Receives the events of a run; the terminal's progress display is one."""

    def started(self, address: str) -> None:
        """Called when the recipe of a resource starts."""

    def wrote(self, address: str, change: Change) -> None:
        """Called when a change was planned or applied."""

    def waiting(self, address: str, what: str, why: str, seconds: float) -> None:
        """Called when a write waits for propagation: why, and for how many more seconds at most."""

    def finished(self, address: str, status: str) -> None:
        """Called when a resource is done."""


class SilentObserver:
    """An observer that does nothing."""

    def started(self, address: str) -> None: ...
    def wrote(self, address: str, change: Change) -> None: ...
    def waiting(self, address: str, what: str, why: str, seconds: float) -> None: ...
    def finished(self, address: str, status: str) -> None: ...


Approved = Mapping[tuple[str, str, str], list[Change]]


def approval(changes: Iterable[tuple[str, Change]]) -> Approved:
    """Return the changes of a plan by address, action and API, as `Run` compares them."""
    listed: dict[tuple[str, str, str], list[Change]] = {}
    for address, change in changes:
        listed.setdefault((address, change.action, change.api), []).append(change)
    return listed


def exceeds_approval(approved: Approved, changes: Iterable[tuple[str, Change]]) -> bool:
    """Tell whether there is a change that was not approved, or was approved when it was less risky."""
    return any(
        not any(
            listed.digest == change.digest and listed.unknown == change.unknown and not_riskier(change, listed)
            for listed in approved.get((address, change.action, change.api), ())
        )
        for address, change in changes
    )


def not_riskier(change: Change, listed: Change) -> bool:
    """Tell whether a change is no riskier than when it was listed: the account may have changed since."""
    return risk_of(change) in (None, risk_of(listed))


def none(address: str, change: Change) -> bool:
    """Choose no change."""
    return False


class Run:
    """One resource's view of a run; only the verbs below distinguish planning from reconciling."""

    def __init__(
        self, want: Resource, aws: Aws, facts: Facts, context: RunContext, dependencies: frozenset[str]
    ) -> None:
        self.aws = aws
        self.address = want.address
        self.changes: list[Change] = []
        self.manual_actions: list[ManualAction] = []
        self.notes: list[str] = []
        self.facts = facts
        self._context = context
        self._dependencies = dependencies

    @property
    def resources(self) -> Sequence[Resource]:
        """Return all resources of this run."""
        return self._context.resources

    def read(self, fact: Callable[Concatenate[Facts, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return a fact about the account, read once per run; raises Interrupted once the run is stopped."""
        if self._context.stop.is_set():
            raise Interrupted
        return self.facts.read(fact, *args, **kwargs)

    def derived(self, compute: Callable[[R, Sequence[Resource]], T], have: R) -> T:
        """Return what follows from something that was read and from all resources of this run: computed once."""
        context = self._context
        with context.deriving:
            source, known = context.derived.get(compute, (None, None))
            if source is not have:
                known = compute(have, context.resources)
                context.derived[compute] = have, known
        result: T = known
        return result

    def result(self, address: str) -> Any:
        """Return what the recipe of a dependency returned."""
        return self._context.results[address]

    def is_gone(self, address: str) -> bool:
        """Tell whether a dependent was taken away in this run, or is planned to be: facts may still show it."""
        return address in self._dependencies and address in self._context.gone

    def now(self) -> datetime:
        """Return the time of this run's clock."""
        return self._context.clock.now()

    def created_at(self, created: datetime | None) -> None:
        """Record when this resource was created: its dependents wait for propagation while it is fresh."""
        if created is not None:
            self._context.touched.setdefault(self.address, created)

    def creation_time(self) -> Deferred:
        """Return the creation time for a tag, by AWS's clock, for resources whose creation time AWS does not return."""
        wire = self._context.wire
        return Deferred("its creation time", lambda: (wire.reached or self.now()).isoformat(timespec="seconds"))

    def unless_begun(self, why: str, created: datetime | None, *, ours: bool = True) -> str:
        """Return why a change of something is risky; empty when it finishes what an interrupted run has begun."""
        return "" if why and self.has_begun(created, ours=ours) else why

    def has_begun(self, created: datetime | None, *, ours: bool = True) -> bool:
        """Tell whether an interrupted run of this manifest made something.

        Neither age nor a name proves that. The lock tells since when, by AWS's clock, runs of this very manifest have
        not come to their end. `ours` is what the tag of origin says of what takes tags.
        """
        if not (ours and created and self._context.manifest):
            return False
        from awsbase.engine.lock import unfinished

        since = self.read(unfinished, self._context.manifest)
        return since is not None and created >= since

    def create(self, what: str, method: Callable[..., Any], /, *, risk: Risk | None = None, **arguments: object) -> Any:
        """Create something that is missing; return AWS's response, or Unknown while planning.

        `risk` says why the change needs approval, in all verbs. Raises ChangeFailed, StaleRead, NotApproved or
        RiskNotApproved when it is not applied.
        """
        return self._write("create", what, (), method, risk, arguments)

    def update(
        self,
        what: str,
        drift: Iterable[Drift],
        method: Callable[..., Any],
        /,
        *,
        risk: Risk | None = None,
        **arguments: object,
    ) -> Any:
        """Correct something that differs; `drift` lists the fields."""
        return self._write("update", what, tuple(drift), method, risk, arguments)

    def delete(self, what: str, method: Callable[..., Any], /, *, risk: Risk | None = None, **arguments: object) -> Any:
        """Delete something that must not exist."""
        return self._write("delete", what, (), method, risk, arguments)

    def replace(
        self,
        what: str,
        drift: Iterable[Drift],
        method: Callable[..., Any],
        /,
        *,
        risk: Risk | None = None,
        **arguments: object,
    ) -> Any:
        """Create a replacement for what cannot be changed; `drift` says why. A `delete` removes the old one."""
        return self._write("replace", what, tuple(drift), method, risk, arguments)

    def side_by_side(self, step: Callable[[Run, K, T], object], parts: Mapping[K, T]) -> None:
        """Take a step for each part, in any order: for parts that AWS keeps apart, such as regions.

        The changes are reported in the order of the parts. After a failure no further part is begun, and it is raised.
        """
        from concurrent.futures import wait

        runs = [self._part() for _ in parts]
        left = deque(zip(runs, parts.items(), strict=True))
        failed: dict[Run, BaseException] = {}

        def work() -> None:
            with suppress(IndexError):  # until nothing is left
                while not failed:
                    run, (name, part) = left.popleft()
                    try:
                        step(run, name, part)
                    except BaseException as error:  # noqa: BLE001, raised below by the thread of the recipe
                        failed[run] = error

        pool = self._context.pool if self._context.mode == "reconcile" else None
        helpers = [pool.submit(work) for _ in runs[1:]] if pool else []
        work()
        # A helper that has not begun may never do so: all threads can be here.
        wait([helper for helper in helpers if not helper.cancel()])
        for run in runs:
            for change in run.changes:
                self.forget(change)
            self.changes += run.changes
            self.manual_actions += run.manual_actions
            self.notes += run.notes
        if failed:
            # A reply that was lost is looked into before anything is given up, unless the process is to end.
            errors = sorted((failed[run] for run in runs if run in failed), key=urgency)
            if isinstance(first := errors[0], StaleRead):
                first.lost = [change for error in errors if isinstance(error, StaleRead) for change in error.lost]
            raise first

    def _part(self) -> Run:
        """Return a run of the same resource that lists its own changes."""
        part = self.with_facts(self.facts)
        part.changes = []
        return part

    def later(
        self, what: str, fact: Callable[Concatenate[Facts, P], T | None], /, *args: P.args, **kwargs: P.kwargs
    ) -> Any:
        """Return a fact about what this recipe has written, once it is not None; Unknown while planning.

        Raises NotReady after five minutes, and Interrupted once the run is stopped.
        """
        return self.later_within(FRESH, what, fact, *args, **kwargs)

    def later_within(
        self,
        limit: timedelta,
        what: str,
        fact: Callable[Concatenate[Facts, P], T | None],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Any:
        """Return what `later` does, after at most this time."""
        if any(unknowns([*args, *kwargs.values()])):
            return Unknown(what)
        if (known := self.facts.read(fact, *args, **kwargs)) is not None:
            return known
        return Unknown(what) if self._context.mode == "plan" else self._until(limit, what, fact, args, kwargs)

    def _until(
        self, limit: timedelta, what: str, fact: Callable[..., T | None], args: Any, kwargs: Mapping[str, Any]
    ) -> T:
        """Read a fact until it is not None; raises NotReady after the limit, and Interrupted."""
        context, pause = self._context, 1.0
        started = context.clock.now()
        while (found := self.facts.uncached().read(fact, *args, **kwargs)) is None:
            if context.stop.is_set():
                raise Interrupted
            if context.clock.now() - started > limit:
                raise NotReady(f"{what} is not there after {limit.seconds // 60} minutes", hint="run again in a while")
            left = started + limit - context.clock.now()
            context.observer.waiting(self.address, what, "not there yet", left.total_seconds())
            context.clock.sleep(pause, context.stop)
            pause = min(pause * 2, 10)
        return found

    def ready(
        self, what: str, fact: Callable[Concatenate[Facts, P], T | None], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return a fact once it is not None, while planning too: for what AWS computes in the background.

        Raises NotReady after five minutes, and Interrupted once the run is stopped.
        """
        known = self.read(fact, *args, **kwargs)
        return self._until(FRESH, what, fact, args, kwargs) if known is None else known

    def manual_action(self, title: str, *steps: str, probe: str, who: str = "", need: str = "") -> None:
        """Record a step that only a person can do, how to do it, and how awsbase detects that it is done.

        A summary says `who: need` in its place, together for all with the same needs.
        """
        self.manual_actions.append(ManualAction(self.address, title, steps, probe, who, need))

    def note(self, text: str) -> None:
        """Add a remark to the report that requires no action."""
        self.notes.append(text)

    def forget(self, change: Change) -> None:
        """Remove a change from the report that may not have been applied."""
        self.changes = [noted for noted in self.changes if not noted.same_step(change)]

    def with_facts(self, facts: Facts) -> Run:
        """Return a run of the same resource with fresh facts."""
        other = object.__new__(Run)
        other.__dict__.update(self.__dict__)
        other.facts, other.manual_actions, other.notes = facts, [], []
        return other

    def _write(
        self,
        action: Action,
        what: str,
        drift: tuple[Drift, ...],
        method: Callable[..., Any],
        risk: Risk | None,
        arguments: dict[str, object],
    ) -> Any:
        model = operation_of(method)
        service = model.service_model.service_name
        arguments = {name: value for name, value in arguments.items() if value is not None}
        api = f"{service}:{model.name}"
        # An idempotency token identifies the attempt, not the change.
        meaningful = {name: value for name, value in arguments.items() if name not in model.idempotent_members}
        about = subject(method, model, meaningful)
        change = Change(action, what, api, drift, risk, digest(meaningful), tuple(unknowns(meaningful)), about)
        sent = encoded(arguments, model)
        if problems := violations(model.input_shape, sent):
            raise ChangeFailed(change) from InvalidArguments("; ".join(problems))
        change = self._approve(change, meaningful)

        context = self._context
        if context.mode == "plan" and not context.applies(self.address, change):
            self._note(change)
            return Unknown(what)

        # The planned risky changes were approved before. This one appeared since, or depended on something unknown.
        if not context.allow_risky and (risk := risk_of(change)):
            raise RiskNotApproved(f"{change.action} {change.what} ({change.api}): {risk.reason}")
        if context.stop.is_set():
            raise Interrupted
        context.before_write()
        sent = {name: resolved(value) for name, value in sent.items()}
        try:
            with context.one_by_one.get(service, nullcontext()), context.wire.open():
                response = wait_for_propagation(
                    lambda: method(**sent),
                    service=service,
                    operation=model.name,
                    # What a removal does not find has gone: it is not still to come.
                    fresh=not (context.removing and action == "delete") and self._has_fresh_dependency(),
                    clock=context.clock,
                    stop=context.stop,
                    waiting=partial(context.observer.waiting, self.address, what),
                )
        except Exception as error:
            interrupted = isinstance(error, Interrupted)
            refusal = error.__cause__ if interrupted and isinstance(error.__cause__, Exception) else error
            applied = possibly_applied(refusal, action)
            exists = already_exists(refusal, action) or (context.removing and is_gone(refusal, action))
            if applied:
                self._applied(change)
            if interrupted and not (applied or exists):
                raise
            if applied or exists:
                raise StaleRead(change, lost=isinstance(refusal, LostReply)) from refusal
            raise ChangeFailed(change) from refusal
        self._applied(change)
        return response

    def _applied(self, change: Change) -> None:
        self._context.touched[self.address] = self._context.clock.now()
        self._note(change)

    def _note(self, change: Change) -> None:
        self.forget(change)
        self.changes.append(change)
        self._context.observer.wrote(self.address, change)

    def _approve(self, change: Change, arguments: Mapping[str, object]) -> Change:
        """Return the change as the approved plan lists it; raise NotApproved when it does not."""
        if self._context.approved is None:
            return change
        description = f"{change.action} {change.what} ({change.api})"
        for listed in self._context.approved.get((self.address, change.action, change.api), ()):
            if listed.digest == digest(arguments, listed.unknown):
                if (risk := risk_of(change)) not in (None, risk_of(listed)):
                    raise NotApproved(f"{description} was approved when it was less risky: {risk.reason}")
                return replace(change, digest=listed.digest, unknown=listed.unknown)
        raise NotApproved(f"{description} is not in the approved plan")

    def _has_fresh_dependency(self) -> bool:
        now = self._context.clock.now()
        touched = (self._context.touched.get(address) for address in (self.address, *self._dependencies))
        return any(at is not None and now - at < FRESH for at in touched)


def possibly_applied(error: Exception, action: Action) -> bool:
    """Tell whether a write may have taken effect although it failed.

    Either its reply was lost, or botocore resent it and AWS refused the second request after executing the first.
    """
    from botocore.exceptions import ClientError

    if not isinstance(error, ClientError):
        return isinstance(error, LostReply)
    return resent(error) and (is_gone(error, action) or already_exists(error, action))


# Codes of their own for what is not there: of internet gateways, organizations, and cost anomaly detection.
UNKNOWN = (
    "Gateway.NotAttached",
    "PolicyNotAttachedException",
    "UnknownMonitorException",
    "UnknownSubscriptionException",
)
# What AWS says, by its code, where no code of its own means that something is not there.
GONE = {
    "KMSInvalidStateException": ("pending deletion",),
    "BadRequestException": ("not owned by the current account",),
    "InvalidAccessException": ("is not enabled for securityhub",),
    # Secrets Manager says so of a secret whose deletion is under way.
    "InvalidRequestException": ("marked deleted", "marked for deletion"),
    "InvalidChangeBatch": ("but it was not found",),
}


def is_gone(error: Exception, action: Action) -> bool:
    """Tell whether AWS refused to delete what is not there, as its lists that lag by some seconds still said."""
    from botocore.exceptions import ClientError

    answer = error.response.get("Error", {}) if isinstance(error, ClientError) else {}
    code, message = answer.get("Code", ""), answer.get("Message", "")
    # EC2 puts the resource type first: InvalidVpcID.NotFound, and CloudTrail its own: TrailNotFoundException.
    absent = "NotFound" in code or code.startswith("NoSuch") or code in UNKNOWN
    # A batch of records deletes some and changes others.
    deletes = action == "delete" or code == "InvalidChangeBatch"
    return deletes and (absent or any(words in message for words in GONE.get(code, ())))


def already_exists(error: Exception, action: Action) -> bool:
    """Tell whether AWS refused to create what its lists did not contain: they lag by some seconds."""
    from botocore.exceptions import ClientError

    answer = error.response.get("Error", {}) if isinstance(error, ClientError) else {}
    code, message = answer.get("Code", ""), answer.get("Message", "")
    there = any(word in code for word in ("Already", "Exists", "Duplicate"))
    # Lambda and Security Hub have one code for this and for a change that is under way.
    there |= "Conflict" in code and "already" in message
    # IAM answers LimitExceeded to a second role in an instance profile, Cost Explorer this to a second monitor.
    limited = code == "LimitExceeded" or message.startswith("Limit exceeded on dimensional spend monitor")
    return action == "create" and (there or limited)


def resent(error: ClientError) -> bool:
    """Tell whether botocore sent the request more than once."""
    return bool(error.response.get("ResponseMetadata", {}).get("RetryAttempts"))


def operation_of(method: Callable[..., Any]) -> OperationModel:
    """Return the API model of a bound boto3 method: `iam.create_group` is CreateGroup."""
    client = method.__self__  # type: ignore[attr-defined]
    name = client.meta.method_to_api_mapping[method.__name__]
    model: OperationModel = client.meta.service_model.operation_model(name)
    return model


def resolved(value: object) -> Any:
    """Return an argument with every Deferred value resolved, at any depth."""
    if isinstance(value, Deferred):
        return value.resolve()
    if isinstance(value, Mapping):
        return {name: resolved(item) for name, item in value.items()}
    return [resolved(item) for item in value] if isinstance(value, (list, tuple)) else value


def encoded(arguments: Mapping[str, object], model: OperationModel) -> dict[str, object]:
    """Return the arguments with dicts as compact JSON where the API takes a string.

    A document that contains an Unknown stays a dict: it is only planned.
    """
    members = model.input_shape.members if model.input_shape else {}
    return {name: _encoded(value, members.get(name)) for name, value in arguments.items()}


def _encoded(value: object, shape: Any) -> object:
    if not isinstance(value, dict) or shape is None:
        return value
    if shape.type_name == "map":
        return {name: _encoded(item, shape.value) for name, item in value.items()}
    if shape.type_name == "string" and not any(unknowns(value)):
        return json.dumps(value, separators=(",", ":"))
    return value
