"""Each endpoint is subscribed once, with a manual action until it is confirmed."""

from __future__ import annotations

import pytest

from awsbase.ensure.subscription import Subscription
from awsbase.facts.topics import FilterPolicy, SubscriptionFacts, filter_policy, subscriptions, topic
from awsbase.samples.notify import BY_MAIL, MAIL, OPS
from awsbase.sandbox import Sandbox
from tests.contract.sample import go
from tests.ensure.planned import HOME, described, planned

ARN = "arn:aws:sns:eu-west-1:123456789012:acme-ops:1"


NO_FILTER = FilterPolicy()


def want(protocol: str, endpoint: str) -> Subscription:
    return Subscription(scope=HOME, topic="acme-ops", protocol=protocol, endpoint=endpoint)


ANN, HOOK, QUEUE = want("email", "ann@x.example"), want("https", "https://x.example/a"), want("sqs", "arn:aws:sqs:q")

BASIC = want("https", "https://ann:hunter2@x.example/a")


@pytest.mark.parametrize(
    ("want", "have", "changes", "asked"),
    [
        (ANN, [], ["create subscription"], True),
        (ANN, [("email", "ann@x.example", None)], [], True),
        (ANN, [("email", "ann@x.example", ARN)], [], False),
        (ANN, [("email", "Ann@X.example", ARN)], [], False),
        (ANN, [("email", "bob@x.example", ARN)], ["create subscription"], True),
        (ANN, [("email-json", "ann@x.example", ARN)], ["create subscription"], True),
        (HOOK, [], ["create subscription"], True),
        (HOOK, [("https", "https://x.example/a", None)], [], True),
        (HOOK, [("https", "https://x.example/A", ARN)], ["create subscription"], True),
        (BASIC, [("https", "https://ann:****@x.example/a", ARN)], [], False),
        (BASIC, [("https", "https://bob:****@x.example/a", ARN)], ["create subscription"], True),
        (QUEUE, [], ["create subscription"], False),
    ],
    ids=[
        "mail: new",
        "mail: pending",
        "mail: confirmed",
        "mail: in other letters",
        "mail: somebody else's",
        "mail: by another protocol",
        "web hook: new",
        "web hook: pending",
        "web hook: another path",
        "web hook: with a password",
        "web hook: somebody else's",
        "queue: new",
    ],
)
def test_endpoint_is_subscribed_once_with_a_manual_action_until_confirmed(
    want: Subscription, have: list[tuple[str, str, str | None]], changes: list[str], asked: bool
) -> None:
    run = planned(
        want, {subscriptions: tuple(SubscriptionFacts(*each) for each in have), filter_policy: NO_FILTER, topic: None}
    )
    assert described(run) == changes
    assert bool(run.manual_actions) == asked


def test_manual_action_names_the_mail_and_the_check() -> None:
    (ask,) = planned(ANN, {subscriptions: ()}).manual_actions
    assert ask.address == "subscription/acme-ops/email:ann@x.example"
    assert "ann@x.example has to confirm" in ask.title
    assert any("Subscription Confirmation" in step for step in ask.steps)
    assert "PendingConfirmation" in ask.probe


def test_pending_address_gets_no_second_mail_before_the_first_expires() -> None:
    sandbox = Sandbox(pages=2)
    resources = [OPS, BY_MAIL]

    first = go(sandbox, "reconcile", resources)
    assert [ask.address for ask in first.manual_actions] == [BY_MAIL.address]
    assert len(sandbox.mails) == 1

    again = go(sandbox, "reconcile", resources)
    assert [ask.address for ask in again.manual_actions] == [BY_MAIL.address]
    assert again.changes == []
    assert len(sandbox.mails) == 1

    sandbox.clock.advance(49 * 3600)
    anew = go(sandbox, "reconcile", resources)
    assert [change.what for _, change in anew.changes] == ["subscription"]
    assert len(sandbox.mails) == 2

    sandbox.confirm(OPS.arn, MAIL)
    done = go(sandbox, "reconcile", resources)
    assert done.manual_actions == ()
    assert done.changes == []


@pytest.mark.parametrize(
    ("found", "asked", "noted"),
    [
        (NO_FILTER, False, False),
        (FilterPolicy({"severity": ["high"]}), True, False),
        (FilterPolicy({"severity": [{"exists": False}]}), False, False),
        (FilterPolicy({"AlarmName": [{"prefix": "acme"}]}, by_body=True), False, True),
    ],
    ids=["none", "attributes", "no attribute", "the body"],
)
def test_filter_policy_that_swallows_alarms_is_told(found: FilterPolicy, asked: bool, noted: bool) -> None:
    have = (SubscriptionFacts("email", "ann@x.example", ARN),)
    run = planned(ANN, {subscriptions: have, filter_policy: found})
    assert (bool(run.manual_actions), bool(run.notes)) == (asked, noted)
