"""Order, blocking, interruption and lost replies, tested with a toy kind of resource."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.aws import Aws
from awsbase.engine import execution
from awsbase.engine.account import Account, check, identify
from awsbase.engine.changes import Mode, Report
from awsbase.engine.dependencies import Cycle, DuplicateResource, UnknownDependency, dependencies, select
from awsbase.engine.execution import execute
from awsbase.engine.facts import Facts
from awsbase.engine.kind import Kind, Kinds
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run, already_exists, approval
from awsbase.engine.scope import Scope
from awsbase.engine.wire import Wire
from awsbase.errors import Refused
from awsbase.records import record
from awsbase.sandbox import Fault, Sandbox
from awsbase.sandbox.faults import Killed

HOME = Scope("123456789012", home="eu-west-1", region="eu-west-1")


@record(kw_only=True)
class Toy(Resource):
    """A user that exists, after others."""

    name: str
    after: tuple[str, ...] = ()
    do: Callable[[Run], object] = lambda run: None

    @property
    def address(self) -> str:
        return f"toy/{self.name}"

    def needs(self) -> Iterable[str]:
        return (f"toy/{name}" for name in self.after)


def users(facts: Facts) -> set[str]:
    return {user["UserName"] for page in facts.aws.iam.get_paginator("list_users").paginate() for user in page["Users"]}


def ensure_toy(run: Run, want: Toy) -> str:
    there = want.name in run.read(users)
    want.do(run)
    if not there:
        run.create("user", run.aws.iam.create_user, UserName=want.name)
    return want.name


def toy(name: str, *after: str, do: Callable[[Run], object] = lambda run: None) -> Toy:
    return Toy(scope=HOME, name=name, after=after, do=do)


def account(sandbox: Sandbox, caller: str | None = None) -> Account:
    wire = Wire()
    return identify(Aws(sandbox.session(caller), "eu-west-1", [wire.attach]), wire)


def go(
    sandbox: Sandbox,
    toys: Sequence[Toy],
    mode: Mode = "reconcile",
    *,
    approved: Report | None = None,
    allow_risky: bool = True,
    stop: threading.Event | None = None,
) -> Report:
    return execute(
        mode,
        toys,
        {Toy: Kind(ensure_toy, lambda want: [(users,)])},
        account(sandbox),
        clock=sandbox.clock,
        approved=approval(approved.changes) if approved else None,
        allow_risky=allow_risky,
        stop=stop,
    )


def statuses(report: Report) -> dict[str, str]:
    return {outcome.address.removeprefix("toy/"): outcome.status for outcome in report.outcomes}


def test_dependencies_run_first_and_the_report_keeps_the_manifest_order() -> None:
    sandbox = Sandbox()
    report = go(sandbox, [toy("c", "b"), toy("b", "a"), toy("a")])
    created = [call.params["UserName"] for call in sandbox.calls if call.writes]
    assert created == ["a", "b", "c"]
    assert [outcome.address for outcome in report.outcomes] == ["toy/c", "toy/b", "toy/a"]
    assert statuses(report) == {"c": "changed", "b": "changed", "a": "changed"}
    assert report.writes == 3


def test_a_failure_blocks_its_dependents_and_nothing_else() -> None:
    def fail(run: Run) -> None:
        raise LookupError("gone")

    report = go(Sandbox(), [toy("a", do=fail), toy("b", "a"), toy("c", "b"), toy("d")])
    assert statuses(report) == {"a": "failed", "b": "blocked", "c": "blocked", "d": "changed"}
    assert [outcome.blocked_by for outcome in report.outcomes] == [None, "toy/a", "toy/a", None]
    assert report.failed


def test_planning_writes_nothing_even_when_a_recipe_tries() -> None:
    def cheat(run: Run) -> None:
        run.aws.iam.create_user(UserName="sneaked")

    sandbox = Sandbox()
    report = go(sandbox, [toy("a", do=cheat), toy("b")], "plan")
    assert statuses(report) == {"a": "failed", "b": "planned"}
    assert [call for call in sandbox.calls if call.writes] == []


def test_facts_are_read_once_for_all_resources() -> None:
    sandbox = Sandbox()
    go(sandbox, [toy(str(n)) for n in range(5)], "plan")
    assert [call.name for call in sandbox.calls].count("iam:ListUsers") == 1


def test_few_of_many_resources_wait_in_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """A future takes a kilobyte, and there can be thousands of users."""
    monkeypatch.setattr(execution, "AHEAD", 3)
    waiting, most = set(), []
    submit = ThreadPoolExecutor.submit

    def counted(self: ThreadPoolExecutor, call: Any, *given: Any) -> Any:
        future = submit(self, call, *given)
        if call.__name__ == "_run_resource":
            waiting.add(future)
            most.append(len(waiting))
            future.add_done_callback(waiting.discard)
        return future

    monkeypatch.setattr(ThreadPoolExecutor, "submit", counted)
    report = go(Sandbox(), [toy("first"), *(toy(f"u{n}", "first") for n in range(20))], "plan")
    assert set(statuses(report).values()) == {"planned"}
    assert len(most) == 21
    assert max(most) <= 3


def test_stop_finishes_running_resources_and_starts_no_new_ones() -> None:
    stop = threading.Event()
    report = go(
        Sandbox(), [toy("a", do=lambda run: None), toy("b", "a", do=lambda run: stop.set()), toy("c", "b")], stop=stop
    )
    assert statuses(report) == {"a": "changed", "b": "skipped", "c": "skipped"}
    assert report.interrupted


def test_a_resource_interrupted_before_its_first_change_is_skipped() -> None:
    stop = threading.Event()

    def refused(run: Run) -> None:
        def slowly(*_: object, **__: object) -> None:
            stop.set()
            raise ClientError({"Error": {"Code": "DeleteConflict", "Message": ""}}, "DeleteUser")

        run.aws.iam.meta.events.register("before-send.iam.DeleteUser", slowly)
        run.delete("user", run.aws.iam.delete_user, UserName="b")

    report = go(Sandbox(), [toy("a"), toy("b", "a", do=refused), toy("c", "b")], stop=stop)
    assert statuses(report) == {"a": "changed", "b": "skipped", "c": "skipped"}
    assert not report.failed


@pytest.mark.parametrize(("mode", "status"), [("plan", "skipped"), ("reconcile", "failed")])
def test_a_resource_interrupted_after_an_applied_change_is_failed(mode: Mode, status: str) -> None:
    stop = threading.Event()

    def halfway(run: Run) -> None:
        run.create("user", run.aws.iam.create_user, UserName="b")
        stop.set()
        run.read(users)

    (outcome,) = go(Sandbox(), [toy("a", do=halfway)], mode, stop=stop).outcomes
    assert outcome.status == status
    assert outcome.was_interrupted == (status == "failed")
    assert [change.what for change in outcome.changes] == (["user"] if outcome.was_interrupted else [])


def test_an_unapproved_change_stops_its_resource_and_the_dependents() -> None:
    sandbox = Sandbox()
    plan = go(sandbox, [toy("a"), toy("b", "a")], "plan")
    report = go(sandbox, [toy("a"), toy("new", "a"), toy("b", "new")], approved=plan)
    assert statuses(report) == {"a": "changed", "new": "failed", "b": "blocked"}
    assert report.outcomes[1].error is not None
    assert report.outcomes[1].error.code == "NotApproved"


def test_the_plan_already_reports_invalid_arguments() -> None:
    report = go(Sandbox(), [toy("x" * 65)], "plan")
    error = report.outcomes[0].error
    assert error is not None
    assert error.code == "InvalidArguments"
    assert "UserName" in error.message


@pytest.mark.parametrize(
    ("code", "message", "there"),
    [
        ("EntityAlreadyExists", "User with name a already exists.", True),
        ("ResourceConflictException", "Function already exist: acme-fleet-plan", True),
        ("ResourceConflictException", "Account is already subscribed to Security Hub", True),
        ("ResourceConflictException", "The operation cannot be performed at this time.", False),
        ("AccessDenied", "You are not authorized: a policy already denies it", False),
    ],
)
def test_what_is_refused_because_it_is_there_is_read_again(code: str, message: str, there: bool) -> None:
    error = ClientError({"Error": {"Code": code, "Message": message}}, "Create")
    assert already_exists(error, "create") == there
    assert not already_exists(error, "update")


def test_a_denied_call_names_the_caller_and_the_action() -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault("access denied", on="iam:CreateUser"))
    error = go(sandbox, [toy("a")]).outcomes[0].error
    assert error is not None
    assert error.tried == "create user"
    assert error.hint is not None
    assert "iam:CreateUser" in error.hint
    assert "assumed-role" in error.hint


@record(kw_only=True)
class Keyed(Resource):
    """A KMS key, known by its description: the simplest thing that a lost reply could double."""

    @property
    def address(self) -> str:
        return "keyed/one"


def ensure_keyed(run: Run, want: Keyed) -> None:
    def keys(facts: Facts) -> int:
        return len(facts.aws.kms.list_keys()["Keys"])

    if not run.read(keys):
        run.create("key", run.aws.kms.create_key)


def test_after_a_lost_reply_the_recipe_reads_again_and_creates_no_duplicate() -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault("reset after", on="kms:CreateKey"))
    report = execute(
        "reconcile", [Keyed(scope=HOME)], {Keyed: Kind(ensure_keyed)}, account(sandbox), clock=sandbox.clock
    )
    assert [outcome.status for outcome in report.outcomes] == ["changed"]
    assert [change.what for _, change in report.changes] == ["key"]
    assert [call.name for call in sandbox.calls].count("kms:CreateKey") == 1


class Parts:
    """Makes users side by side; `before` and `after` are called with each name."""

    def __init__(
        self, *names: str, before: Callable[[str], object] = str, after: Callable[[str], object] = str
    ) -> None:
        self.names, self.before, self.after = names, before, after

    def __call__(self, run: Run) -> None:
        run.side_by_side(self.make, {name: name in run.read(users) for name in self.names})

    def make(self, run: Run, name: str, there: bool) -> None:
        self.before(name)
        if not there:
            run.create(f"user {name}", run.aws.iam.create_user, UserName=name)
        self.after(name)


def changes(report: Report) -> list[str]:
    return [change.what for _, change in report.changes]


def test_parts_go_side_by_side_and_are_reported_in_their_order() -> None:
    both, second = threading.Barrier(2, timeout=10), threading.Event()

    def wait(name: str) -> None:
        both.wait()
        assert name == "2" or second.wait(10)

    def tell(name: str) -> None:
        if name == "2":
            second.set()

    sandbox = Sandbox()
    report = go(sandbox, [toy("a", do=Parts("1", "2", before=wait, after=tell))])
    assert [call.params["UserName"] for call in sandbox.calls if call.writes] == ["2", "1", "a"]
    assert changes(report) == ["user 1", "user 2", "user"]


@pytest.mark.parametrize(
    ("fault", "status", "reported"),
    [("reset after", "changed", ["key a", "key b"]), ("reset before", "failed", [])],
)
def test_of_parts_whose_replies_are_lost_the_report_tells_what_was_done(
    fault: Any, status: str, reported: list[str]
) -> None:
    both, tried = threading.Barrier(2, timeout=10), list[str]()

    def ensure_keys(run: Run, want: Keyed) -> None:
        def keys(facts: Facts) -> list[str]:
            kms = facts.aws.kms
            listed = [kms.describe_key(KeyId=key["KeyId"]) for key in kms.list_keys()["Keys"]]
            return [key["KeyMetadata"]["Description"] for key in listed]

        def make(run: Run, name: str, there: bool) -> None:
            if not there:
                if len(tried) < 2:  # the first time: both are under way at once
                    tried.append(name)
                    both.wait()
                run.create(f"key {name}", run.aws.kms.create_key, Description=name)

        run.side_by_side(make, {name: name in run.read(keys) for name in "ab"})

    sandbox = Sandbox()
    times = 2 if fault == "reset after" else 1_000_000
    sandbox.faults.add(Fault(fault, on="kms:CreateKey", times=times))
    report = execute(
        "reconcile", [Keyed(scope=HOME)], {Keyed: Kind(ensure_keys)}, account(sandbox), clock=sandbox.clock
    )
    assert [outcome.status for outcome in report.outcomes] == [status]
    assert changes(report) == reported


def test_parts_are_planned_as_they_are_made_and_need_no_free_thread() -> None:
    sandbox = Sandbox()
    toys = [toy("a", do=Parts("1", "2", "3")), toy("b", do=Parts("4", "5"))]
    plan = go(sandbox, toys, "plan")
    done = execute(
        "reconcile",
        toys,
        {Toy: Kind(ensure_toy, lambda want: [(users,)])},
        account(sandbox),
        clock=sandbox.clock,
        approved=approval(plan.changes),
        workers=1,
    )
    assert changes(done) == changes(plan) == ["user 1", "user 2", "user 3", "user", "user 4", "user 5", "user"]


def test_what_parts_have_done_is_reported_when_one_fails() -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault("access denied", at=2, on="iam:CreateUser"))
    report = execute(
        "reconcile",
        [toy("a", do=Parts("1", "2", "3"))],
        {Toy: Kind(ensure_toy, lambda want: [(users,)])},
        account(sandbox),
        clock=sandbox.clock,
        workers=1,
    )
    error = report.outcomes[0].error
    assert error is not None
    assert (error.code, error.tried) == ("AccessDenied", "create user 2")
    assert changes(report) == ["user 1"]
    assert [call.params["UserName"] for call in sandbox.calls if call.writes] == ["1", "2"]


def test_what_ends_the_process_in_a_part_ends_it() -> None:
    both = threading.Barrier(2, timeout=10)

    def die(name: str) -> None:
        both.wait()
        if name == "2":
            raise Killed

    with pytest.raises(Killed):
        go(Sandbox(), [toy("a", do=Parts("1", "2", before=die))])


def test_a_stop_begins_no_further_part() -> None:
    stop, sandbox = threading.Event(), Sandbox()
    toys = [toy("a", do=Parts("1", "2", "3", after=lambda name: stop.set()))]
    kinds: Kinds = {Toy: Kind(ensure_toy, lambda want: [(users,)])}
    report = execute("reconcile", toys, kinds, account(sandbox), clock=sandbox.clock, stop=stop, workers=1)
    error = report.outcomes[0].error
    assert (error and error.code, changes(report), report.interrupted) == ("Interrupted", ["user 1"], True)


def test_a_part_whose_reply_is_lost_is_looked_at_again() -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault("reset after", on="iam:CreateUser"))
    report = go(sandbox, [toy("a", do=Parts("1", "2", "3"))])
    assert statuses(report) == {"a": "changed"}
    assert changes(report) == ["user 1", "user 2", "user 3", "user"]


@pytest.mark.parametrize(
    ("then", "code"),
    [
        (Fault("reset before", at=2, on="kms:CreateKey"), "LostReply"),
        (Fault("access denied", at=2, on="kms:CreateKey"), "AccessDeniedException"),
        (Fault("access denied", at=2, on="kms:ListKeys"), "LostReply"),
    ],
    ids=["lost again", "refused", "not to be looked at"],
)
def test_a_change_that_may_not_have_been_applied_is_not_reported(then: Fault, code: str) -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault("reset before", on="kms:CreateKey"))
    sandbox.faults.add(then)
    report = execute(
        "reconcile", [Keyed(scope=HOME)], {Keyed: Kind(ensure_keyed)}, account(sandbox), clock=sandbox.clock
    )
    error = report.outcomes[0].error
    assert error is not None
    assert (error.code, error.tried) == (code, "create key")
    assert report.changes == []


def test_a_resent_call_that_finds_its_own_change_counts_as_applied() -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault("reset after", on="iam:CreateUser"))
    report = go(sandbox, [toy("a"), toy("b", "a")])
    assert statuses(report) == {"a": "changed", "b": "changed"}
    assert [change.what for _, change in report.changes] == ["user", "user"]
    sent = [(call.params["UserName"], call.error) for call in sandbox.calls if call.writes]
    assert sent == [("a", None), ("a", "EntityAlreadyExists"), ("b", None)]


def test_the_error_codes_for_existing_resources_are_known_per_service() -> None:
    def secret(run: Run, want: Toy) -> None:
        if want.name not in run.read(secrets):
            run.create("secret", run.aws.secretsmanager.create_secret, Name=want.name)

    def secrets(facts: Facts) -> list[str]:
        return [each["Name"] for each in facts.aws.secretsmanager.list_secrets()["SecretList"]]

    sandbox = Sandbox()
    sandbox.faults.add(Fault("reset after", on="secretsmanager:CreateSecret"))
    report = execute("reconcile", [toy("a")], {Toy: Kind(secret)}, account(sandbox), clock=sandbox.clock)
    assert [call.error for call in sandbox.calls if call.writes] == [None, "ResourceExistsException"]
    assert statuses(report) == {"a": "changed"}


def test_a_resource_listed_late_is_read_again_and_not_reported_as_created() -> None:
    sandbox = Sandbox()

    def meanwhile(run: Run) -> None:
        with contextlib.suppress(ClientError):
            sandbox.client("iam").create_user(UserName="a")

    report = go(sandbox, [toy("a", do=meanwhile)])
    assert statuses(report) == {"a": "unchanged"}


def test_a_resource_that_stays_unlisted_fails_with_the_error_of_aws() -> None:
    def blind(run: Run, want: Toy) -> None:
        run.create("user", run.aws.iam.create_user, UserName=want.name)

    sandbox = Sandbox()
    sandbox.client("iam").create_user(UserName="a")
    report = execute("reconcile", [toy("a")], {Toy: Kind(blind)}, account(sandbox), clock=sandbox.clock)
    error = report.outcomes[0].error
    assert error is not None
    assert (error.code, error.tried) == ("EntityAlreadyExists", "create user")
    assert report.changes == []


def test_a_throttled_call_that_is_then_refused_is_a_failure_and_no_change() -> None:
    def attach(run: Run, want: Toy) -> None:
        arn = "arn:aws:iam::aws:policy/Nothing"
        run.create("attachment", run.aws.iam.attach_user_policy, UserName="nobody", PolicyArn=arn)

    sandbox = Sandbox()
    sandbox.faults.add(Fault("throttle", on="iam:AttachUserPolicy"))
    report = execute("reconcile", [toy("a")], {Toy: Kind(attach)}, account(sandbox), clock=sandbox.clock)
    error = report.outcomes[0].error
    assert error is not None
    assert error.code == "NoSuchEntity"
    assert report.changes == []


def test_changes_after_the_second_attempt_are_reported_when_it_fails() -> None:
    looks = iter(range(9))

    def wavering(run: Run, want: Toy) -> None:
        if next(looks) == 0:
            run.create("key", run.aws.kms.create_key)
        run.create("user", run.aws.iam.create_user, UserName=want.name)
        run.create("alias", run.aws.iam.create_account_alias, AccountAlias="acme-base")

    sandbox = Sandbox()
    sandbox.faults.add(Fault("reset before", on="kms:CreateKey"))
    sandbox.faults.add(Fault("access denied", on="iam:CreateAccountAlias"))
    report = execute("reconcile", [toy("a")], {Toy: Kind(wavering)}, account(sandbox), clock=sandbox.clock)
    assert "user" in [change.what for _, change in report.changes]


def test_cycles_unknown_dependencies_and_duplicates_are_named() -> None:
    with pytest.raises(Cycle, match=r"toy/a → toy/b → toy/a|toy/b → toy/a → toy/b"):
        dependencies([toy("a", "b"), toy("b", "a")])
    with pytest.raises(UnknownDependency, match="toy/a depends on toy/nobody"):
        dependencies([toy("a", "nobody")])
    with pytest.raises(DuplicateResource, match="toy/a is defined by two parts"):
        dependencies([toy("a"), toy("a")])


def test_select_includes_all_dependencies() -> None:
    toys = [toy("a"), toy("b", "a"), toy("c", "b"), toy("d")]
    assert [resource.address for resource in select(toys, ["toy/b"])] == ["toy/a", "toy/b"]


@pytest.mark.parametrize(
    ("caller", "expected", "says"),
    [(None, "210987654321", "210987654321.*123456789012.*sandbox-administrator"), ("root", "123456789012", "root")],
    ids=["wrong account", "root"],
)
def test_the_wrong_account_and_root_are_refused(caller: str | None, expected: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        check(account(Sandbox(), caller), expected)
