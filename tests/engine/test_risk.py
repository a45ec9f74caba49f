"""Which changes of a plan are risky: wider access, permanent deletion, and many deletions at once."""

from __future__ import annotations

import pytest

from awsbase.engine.changes import Change, Outcome, Risk
from awsbase.engine.risk import risky
from awsbase.engine.run import Run
from awsbase.sandbox import Sandbox
from tests.engine.test_reconcile import go, statuses, toy
from tests.view.reports import HOME, report

W = Risk("access", "w")
DETACH = Change("delete", "attachment x", "iam:DetachGroupPolicy")
END = Change("delete", "instance", "ec2:TerminateInstances")


def outcomes(*of: tuple[str, Change], managed: int = 0) -> list[Outcome]:
    same = [Outcome(f"alarm/{number}", HOME, "unchanged") for number in range(managed - len(of))]
    return [*(Outcome(address, HOME, "planned", (change,)) for address, change in of), *same]


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (outcomes(("group/a", DETACH)), []),
        (
            outcomes(("group/a", Change("delete", "attachment x", "iam:DetachGroupPolicy", risk=W))),
            ["w"],
        ),
        (outcomes(("user/a", Change("delete", "user", "iam:DeleteUser")), managed=99), ["deletes a user"]),
        (
            outcomes(("key/a", Change("delete", "key", "kms:ScheduleKeyDeletion")), managed=99),
            ["what is encrypted under it is lost after 30 days"],
        ),
        (
            outcomes(("bucket/a", Change("delete", "bucket", "s3:DeleteBucket")), managed=99),
            ["its name is free, and anybody can take it"],
        ),
        (outcomes(("instance/a", END)), []),
        (
            outcomes(("instance/a", END), ("instance/b", END), managed=19),
            ["one of 2 that are deleted, of 19 managed"] * 2,
        ),
        (outcomes(("instance/a", END), ("instance/b", END), managed=20), []),
        (outcomes(("group/a", DETACH), ("group/b", DETACH)), []),
    ],
    ids=[
        "tightening",
        "risky",
        "a user",
        "a key",
        "a bucket",
        "one thing",
        "more than a tenth",
        "a tenth",
        "parts of things",
    ],
)
def test_risky_changes_are_listed_with_their_reasons(of: list[Outcome], why: list[str]) -> None:
    assert [each.risk.reason for each in risky(report(*of))] == why


def test_an_unapproved_risky_change_fails_its_resource_and_is_not_applied() -> None:
    sandbox = Sandbox()
    iam = sandbox.client("iam")
    iam.create_group(GroupName="ops")
    iam.create_user(UserName="kim")

    def join(run: Run) -> None:
        run.create("x", run.aws.iam.add_user_to_group, risk=W, GroupName="ops", UserName="kim")

    toys = [toy("a", do=join), toy("b"), toy("c", "a")]
    done = go(sandbox, toys, allow_risky=False)
    assert statuses(done) == {"a": "failed", "b": "changed", "c": "blocked"}
    error = done.outcomes[0].error
    assert error
    assert (error.code, error.message) == ("RiskNotApproved", "create x (iam:AddUserToGroup): w")
    assert "--allow-risky" in str(error.hint)
    assert statuses(go(sandbox, toys)) == {"a": "changed", "b": "unchanged", "c": "changed"}
