"""A secret has its settings, and its value appears nowhere."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awsbase.engine.run import approval
from awsbase.ensure.secret import (
    AWS_KEY,
    Generated,
    HeldSecret,
    Rotation,
    Secret,
    TakenSecret,
    held_secret,
    held_secrets,
    value_since,
)
from awsbase.sandbox import Fault, Killed, Sandbox
from awsbase.view.document import document
from tests.contract.sample import go, problems
from tests.ensure.planned import HOME, described, planned

KEY = HOME.arn("kms", "key/1234")
ROTATION = Rotation(30, 3, "arn:aws:lambda:eu-west-1:123456789012:function:rotate")
WANT = Secret(scope=HOME, name="acme/db", key="key/acme-secrets", generated=Generated(32))
GOOD = HeldSecret(key=KEY, value=True, tags={"awsbase:address": "secret/acme/db"})
MADE = {"key/acme-secrets": KEY}


def facts(listed: HeldSecret | None, real: HeldSecret | None = None, since: datetime | None = None) -> Any:
    return {
        held_secrets: {WANT.name: listed} if listed else {},
        held_secret: real or listed,
        value_since: since,
    }


@pytest.mark.parametrize(
    ("want", "have", "changes"),
    [
        (WANT, facts(None), ["create secret"]),
        (WANT, facts(GOOD), []),
        (WANT, facts(None, GOOD), []),
        (WANT, facts(replace(GOOD, deleted=True), GOOD), []),
        (WANT, facts(replace(GOOD, deleted=True)), ["update deletion"]),
        (WANT, facts(replace(GOOD, value=False)), ["create generated value"]),
        (replace(WANT, generated=None), facts(replace(GOOD, value=False)), []),
        (WANT, facts(replace(GOOD, key=AWS_KEY)), ["update settings"]),
        (WANT, facts(replace(GOOD, key="alias/acme-secrets")), []),
        (WANT, facts(replace(GOOD, key="1234")), []),
        (replace(WANT, key=None), facts(GOOD), ["update settings"]),
        (replace(WANT, key=None), facts(replace(GOOD, key=AWS_KEY)), []),
        (WANT, facts(replace(GOOD, description="by hand")), []),
        (replace(WANT, description="new"), facts(replace(GOOD, description="old")), ["update settings"]),
        (WANT, facts(replace(GOOD, tags={"team": "web"})), ["update tags"]),
        (WANT, facts(replace(GOOD, rotation=ROTATION)), []),
        (replace(WANT, rotation=ROTATION), facts(GOOD), ["update rotation"]),
        (replace(WANT, rotation=ROTATION), facts(replace(GOOD, rotation=ROTATION)), []),
        (replace(WANT, rotation=ROTATION, generated=None), facts(replace(GOOD, value=False)), []),
    ],
    ids=[
        "missing",
        "converged",
        "the list lags",
        "the list lags about a deletion",
        "about to go",
        "without its value",
        "without a value that is to be put",
        "under AWS's key",
        "under its key by alias",
        "under its key by id",
        "under a key that the manifest does not name",
        "under AWS's key as in the manifest",
        "described by hand",
        "described otherwise",
        "adopted",
        "rotated by somebody else",
        "not rotated",
        "rotated",
        "nothing to rotate",
    ],
)
def test_differences_of_a_secret_are_corrected(want: Secret, have: Any, changes: list[str]) -> None:
    assert described(planned(want, have, MADE)) == changes


def test_secret_made_by_awsbase_itself_is_refused() -> None:
    with pytest.raises(TakenSecret, match="mfa-device/alice"):
        planned(WANT, facts(replace(GOOD, tags={"awsbase:address": "mfa-device/alice"})), MADE)


NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("rotation", "have", "asked"),
    [
        (None, facts(replace(GOOD, value=False)), "has no value"),
        (None, facts(GOOD), None),
        (Rotation(90), facts(GOOD, since=NOW - timedelta(days=91)), "older than 90 days"),
        (Rotation(90), facts(GOOD, since=NOW - timedelta(days=89)), None),
    ],
    ids=["no value", "a value", "too old", "young enough"],
)
def test_value_that_only_a_person_knows_is_a_manual_action(
    rotation: Rotation | None, have: Any, asked: str | None
) -> None:
    run = planned(replace(WANT, generated=None, rotation=rotation), have, MADE)
    titles = [ask.title for ask in run.manual_actions]
    assert (asked in titles[0]) if asked else titles == []
    assert all("awsbase secret put acme/db --region eu-west-1" in " ".join(ask.steps) for ask in run.manual_actions)


def value(sandbox: Sandbox) -> str:
    return str(sandbox.client("secretsmanager", HOME.region).get_secret_value(SecretId=WANT.name)["SecretString"])


def versions(sandbox: Sandbox) -> int:
    secrets = sandbox.client("secretsmanager", HOME.region)
    return len(secrets.list_secret_version_ids(SecretId=WANT.name)["Versions"])


def test_generated_value_appears_in_no_plan_and_no_report() -> None:
    sandbox, want = Sandbox(), replace(WANT, key=None)
    plan = go(sandbox, "plan", [want])
    assert plan.changes[0][1].unknown == ("SecretString",)
    done = go(sandbox, "reconcile", [want], approved=approval(plan.changes))
    assert problems(done) == []
    made = value(sandbox)
    assert len(made) == 32
    assert made not in json.dumps([document(plan), document(done)])
    assert plan.changes[0][1].digest == done.changes[0][1].digest


def test_two_generated_values_differ() -> None:
    assert len({Generated(32).generate() for _ in range(20)}) == 20
    assert Generated(12, symbols=False).generate().isalnum()


@pytest.mark.parametrize("kind", ["reset after", "killed after", "500", "throttle"])
def test_lost_response_creates_no_second_value(kind: Any) -> None:
    sandbox, want = Sandbox(), replace(WANT, key=None)
    sandbox.client("secretsmanager", HOME.region).create_secret(
        Name=want.name, Tags=[{"Key": "awsbase:address", "Value": want.address}]
    )
    sandbox.faults.add(Fault(kind, on="secretsmanager:PutSecretValue"))
    with contextlib.suppress(Killed):
        go(sandbox, "reconcile", [want])
    sandbox.faults.clear()
    assert problems(go(sandbox, "reconcile", [want])) == []
    assert versions(sandbox) == 1
