"""The SMTP password: derived as AWS says, in one secret and nowhere else, and replaced without a gap."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from moto.iam.models import AccessKeyLastUsed

from awsbase import smtp
from awsbase.engine.changes import Report
from awsbase.engine.resource import Resource
from awsbase.permissions import least
from awsbase.samples.mail import GROUP, NAME, PASSWORD, SECRET, SENDS, USER
from awsbase.sandbox import Fault, Killed, Sandbox
from awsbase.testing.sample import HOME, go, person, problems, risky, said
from awsbase.view.document import document

RESOURCES: list[Resource] = [SENDS, GROUP, USER, SECRET, PASSWORD]
HOUR = 3600
DAY = timedelta(hours=24)
STORED = ["create access key", "create SMTP password"]


@pytest.mark.parametrize(
    ("region", "secret_key", "expected"),
    [
        ("eu-central-1", "some+secret+key", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
        ("eu-central-1", "another+secret+key", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
        ("us-west-1", "some+secret+key", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
        ("us-west-1", "another+secret+key", "BKVmjjMDFk/qqw8EROW99bjCS65PF8WKvK5bSr4Y6EqF"),
    ],
)
def test_the_password_follows_from_secret_key_and_region_as_aws_says(
    region: str, secret_key: str, expected: str
) -> None:
    """The vectors are those by which Terraform's provider checks its own `ses_smtp_password_v4`."""
    assert smtp.password(secret_key, region) == expected


def made(sandbox: Sandbox | None = None, *, after: timedelta | None = None, mode: Any = "reconcile") -> Any:
    """Reconcile the password with what it needs; with `after` as `awsbase mail rotate` does."""
    sandbox = sandbox or Sandbox()
    return go(sandbox, mode, [*RESOURCES[:-1], replace(PASSWORD, after=after)])


def keys(sandbox: Sandbox) -> dict[str, str]:
    """Return the secret key of each access key of the user."""
    held = sandbox.backend("iam", "aws").users
    return {key.access_key_id: key.secret_access_key for each in held.values() for key in each.access_keys}


def states(sandbox: Sandbox) -> list[str]:
    """Return the states of the user's keys, the oldest first."""
    listed = sandbox.client("iam").list_access_keys(UserName=NAME)["AccessKeyMetadata"]
    return [each["Status"] for each in sorted(listed, key=lambda each: each["CreateDate"])]


def value(sandbox: Sandbox) -> dict[str, Any]:
    """Return what a program reads of the secret."""
    text = sandbox.client("secretsmanager", HOME.region).get_secret_value(SecretId=SECRET.name)["SecretString"]
    read: dict[str, Any] = json.loads(text)
    return read


def notes(sandbox: Sandbox) -> list[str]:
    """Return the notes that are left at the user."""
    listed = sandbox.client("iam").list_user_tags(UserName=NAME)["Tags"]
    return [tag["Key"] for tag in listed if "key" in tag["Key"]]


def use(key: Any, sandbox: Sandbox) -> None:
    """Let something send mail with a key."""
    key.last_used = AccessKeyLastUsed(sandbox.clock.now().replace(tzinfo=None), "ses", HOME.region)


def steps(report: Report) -> list[str]:
    """Return what a run did to keys and password, without the notes at the user."""
    assert problems(report) == []
    return [line.partition(": ")[2] for line in said(report) if "note at the user" not in line]


def test_the_secret_has_all_that_a_program_needs() -> None:
    sandbox = Sandbox()
    assert steps(made(sandbox))[-2:] == STORED
    ((key, secret_key),) = keys(sandbox).items()
    password = smtp.password(secret_key, HOME.region)
    assert value(sandbox) == {
        "host": "email-smtp.eu-west-1.amazonaws.com",
        "port": 587,
        "username": key,
        "password": password,
    }
    assert notes(sandbox) == []


def test_a_run_that_has_nothing_to_do_reads_no_value_and_makes_one_call_of_its_own() -> None:
    sandbox = Sandbox()
    made(sandbox)
    sandbox.calls.clear()
    made(sandbox)
    assert "GetSecretValue" not in {call.operation for call in sandbox.calls}
    assert [call.operation for call in sandbox.calls if "AccessKey" in call.operation] == ["ListAccessKeys"]


@contextmanager
def overheard() -> Iterator[StringIO]:
    """Collect all that is logged, by botocore too."""
    heard, root = StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(heard), root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("awsbase").setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        logging.getLogger("awsbase").setLevel(logging.NOTSET)


@pytest.mark.parametrize("fault", [None, "access denied"])
def test_neither_secret_key_nor_password_is_anywhere_but_in_the_secret(fault: Any) -> None:
    sandbox, shown = Sandbox(), []
    if fault:
        sandbox.faults.add(Fault(fault, on="secretsmanager:PutSecretValue", times=99))
    with overheard() as heard:
        for after in (None, None, timedelta(0)):
            report = made(sandbox, after=after)
            shown += [repr(report), json.dumps(document(report)), *(repr(each.error) for each in report.outcomes)]
    known = {*keys(sandbox).values(), *(smtp.password(each, HOME.region) for each in keys(sandbox).values())}
    created = [call for call in sandbox.calls if call.name == "iam:CreateAccessKey"]
    assert created
    assert known
    everything = " ".join([*shown, heard.getvalue(), repr(made(sandbox, mode="plan"))])
    assert [each for each in known if each in everything] == []
    sent = [call for call in sandbox.calls if call.name != "secretsmanager:PutSecretValue"]
    assert [call.name for call in sent if any(each in repr(call.params) for each in known)] == []


@pytest.mark.parametrize("on", ["iam:TagUser", "iam:CreateAccessKey", "secretsmanager:PutSecretValue", "iam:UntagUser"])
def test_a_run_that_is_killed_leaves_no_key_that_nobody_has(on: str) -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault("killed after", on=on))
    with suppress(Killed):
        made(sandbox)
    sandbox.faults.clear()
    made(sandbox)
    ((key, secret_key),) = keys(sandbox).items()
    assert value(sandbox)["username"] == key
    assert value(sandbox)["password"] == smtp.password(secret_key, HOME.region)
    assert notes(sandbox) == []
    assert said(made(sandbox, mode="plan")) == []


def test_a_key_that_a_killed_run_did_not_make_stays() -> None:
    sandbox = Sandbox()
    made(sandbox)
    theirs = sandbox.client("iam").create_access_key(UserName=NAME)["AccessKey"]["AccessKeyId"]
    report = made(sandbox)
    assert steps(report) == []
    assert any(theirs[-4:] in note for outcome in report.outcomes for note in outcome.notes)
    # Nor is there room for a new one beside it.
    failed = made(sandbox, after=DAY)
    assert any("AWS allows 2" in line for line in problems(failed))
    assert len(keys(sandbox)) == 2


def test_a_key_that_was_used_is_not_lost() -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault("killed after", on="iam:CreateAccessKey"))
    with suppress(Killed):
        made(sandbox)
    sandbox.faults.clear()
    (key,) = sandbox.backend("iam", "aws").get_user(NAME).access_keys
    use(key, sandbox)
    assert steps(made(sandbox)) == STORED
    assert len(keys(sandbox)) == 2


def test_a_value_of_somebody_else_is_replaced_with_approval_alone() -> None:
    sandbox = Sandbox()
    made(sandbox)
    sandbox.client("secretsmanager", HOME.region).put_secret_value(SecretId=SECRET.name, SecretString="theirs")
    assert risky(made(sandbox, mode="plan")) == [f"{PASSWORD.address}: create SMTP password"]


def test_a_key_that_somebody_switched_off_is_not_switched_on_again() -> None:
    sandbox = Sandbox()
    made(sandbox)
    (key,) = keys(sandbox)
    sandbox.client("iam").update_access_key(UserName=NAME, AccessKeyId=key, Status="Inactive")
    report = made(sandbox)
    assert steps(report) == []
    assert "switched off" in report.manual_actions[0].title
    assert states(sandbox) == ["Inactive"]


def test_an_old_password_is_asked_about() -> None:
    sandbox = Sandbox()
    made(sandbox)
    sandbox.clock.advance(91 * 24 * HOUR)
    assert "older than 90 days" in made(sandbox).manual_actions[0].title


def test_a_rotation_goes_one_step_a_run_and_none_before_its_time() -> None:
    sandbox = Sandbox()
    made(sandbox)
    first = value(sandbox)
    assert steps(made(sandbox, after=DAY)) == ["create access key", "update SMTP password"]
    second = value(sandbox)
    assert second["username"] != first["username"]
    assert second["password"] == smtp.password(keys(sandbox)[second["username"]], HOME.region)
    assert states(sandbox) == ["Active", "Active"]
    assert steps(made(sandbox, after=DAY)) == []
    # A plain run says that something is left to do, and does it not.
    assert "is there still" in made(sandbox).manual_actions[0].title

    sandbox.clock.advance(25 * HOUR)
    old = first["username"][-4:]
    assert steps(made(sandbox, after=DAY)) == [f"update access key …{old}"]
    assert states(sandbox) == ["Inactive", "Active"]
    assert steps(made(sandbox, after=DAY)) == []

    sandbox.clock.advance(25 * HOUR)
    assert steps(made(sandbox, after=DAY)) == [f"delete access key …{old}"]
    assert (states(sandbox), notes(sandbox)) == (["Active"], [])
    assert value(sandbox) == second
    assert said(made(sandbox)) == []


@pytest.mark.sampled(2)
@pytest.mark.parametrize("kill", range(1, 8))
def test_a_rotation_that_is_killed_anywhere_goes_on(kill: int) -> None:
    sandbox = Sandbox()
    made(sandbox)
    sandbox.faults.add(Fault("killed after", on="write", at=kill))
    for _ in range(6):
        with suppress(Killed):
            made(sandbox, after=DAY)
        # At each moment the secret has the password of a key that works.
        current = value(sandbox)
        listed = sandbox.client("iam").list_access_keys(UserName=NAME)["AccessKeyMetadata"]
        assert {each["AccessKeyId"]: each["Status"] for each in listed}[current["username"]] == "Active"
        assert current["password"] == smtp.password(keys(sandbox)[current["username"]], HOME.region)
        if states(sandbox) == ["Active"] and not notes(sandbox) and sandbox.clock.ahead > timedelta(days=2):
            break
        sandbox.clock.advance(25 * HOUR)
    assert (states(sandbox), notes(sandbox)) == (["Active"], [])


def test_an_old_key_that_is_still_used_is_switched_off_with_approval_alone() -> None:
    sandbox = Sandbox()
    made(sandbox)
    made(sandbox, after=DAY)
    sandbox.clock.advance(25 * HOUR)
    assert risky(made(sandbox, after=DAY, mode="plan")) == []
    old = min(sandbox.backend("iam", "aws").get_user(NAME).access_keys, key=lambda each: each.create_date)
    use(old, sandbox)
    plan = made(sandbox, after=DAY, mode="plan")
    assert [line.partition("…")[0] for line in risky(plan)] == [f"{PASSWORD.address}: update access key "]


def test_exactly_its_policy_is_enough_to_rotate() -> None:
    sandbox = Sandbox(enforce=True)
    rotating = [*RESOURCES[:-1], replace(PASSWORD, after=DAY)]
    worker = person(sandbox, *least(rotating).documents)
    for _ in range(4):
        assert problems(go(sandbox, "reconcile", rotating, caller=worker)) == []
        sandbox.clock.advance(25 * HOUR)
    assert (states(sandbox), len(keys(sandbox))) == (["Active"], 1)


def test_the_version_of_the_secret_names_the_access_key() -> None:
    sandbox = Sandbox()
    made(sandbox)
    listed = sandbox.client("secretsmanager", HOME.region).list_secret_version_ids(SecretId=SECRET.name)
    assert [each["VersionId"] for each in listed["Versions"]] == [f"smtp-of-access-key-{key}" for key in keys(sandbox)]
