"""Each weakness of the root user is one manual action; what is in order is noted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from awsbase.engine.scope import Scope
from awsbase.ensure.root import Organization, Root, RootFacts, bills_shown, last_used, organization, root, virtual
from awsbase.ensure.root import supported as somebody_supported
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME, go
from tests.ensure.planned import described, planned

GOOD = RootFacts(password=True, mfa=True, keys=0, certificates=0)
FINE: dict[Any, Any] = {
    root: GOOD,
    virtual: True,
    organization: None,
    bills_shown: True,
    somebody_supported: True,
    last_used: None,
}
WANT = Root(scope=HOME)


@pytest.mark.parametrize(
    ("have", "want", "asked"),
    [
        ({}, WANT, []),
        ({root: RootFacts(True, False, 0, 0)}, WANT, ["no MFA device"]),
        ({root: RootFacts(False, False, 0, 0)}, WANT, []),
        ({root: RootFacts(True, True, 1, 0)}, WANT, ["an access key"]),
        ({root: RootFacts(True, True, 0, 1)}, WANT, ["X.509 signing certificate"]),
        ({root: RootFacts(True, False, 1, 0)}, WANT, ["an access key", "no MFA device"]),
        ({}, Root(scope=HOME, hardware=True), ["is an app"]),
        ({virtual: False}, Root(scope=HOME, hardware=True), []),
        ({bills_shown: False}, WANT, ["may not see bills"]),
        ({bills_shown: False}, Root(scope=HOME, bills=False), []),
        ({somebody_supported: False}, WANT, ["support cases"]),
        ({somebody_supported: False}, Root(scope=HOME, support="role/acme-support"), []),
        ({organization: Organization(manages=False)}, WANT, []),
        ({organization: Organization(manages=True)}, WANT, ["each member account"]),
        ({organization: Organization(True, frozenset({"RootCredentialsManagement"}))}, WANT, []),
    ],
    ids=[
        "fine",
        "no MFA",
        "no password either",
        "access key",
        "certificate",
        "two things",
        "app, hardware required",
        "hardware",
        "bills closed",
        "bills elsewhere",
        "no support",
        "support made here",
        "member",
        "management without central root",
        "management with central root",
    ],
)
def test_each_weakness_of_root_is_a_manual_action(have: dict[Any, Any], want: Root, asked: list[str]) -> None:
    run = planned(want, {**FINE, **have})
    assert described(run) == []
    assert len(run.manual_actions) == len(asked)
    for ask, words in zip(run.manual_actions, asked, strict=True):
        assert words in ask.title
        assert ask.steps
        assert ask.probe


@pytest.mark.parametrize(
    ("have", "note"),
    [
        ({}, "root has MFA, by an app"),
        ({virtual: False}, "root has MFA, by a security key, a passkey or a token"),
        ({root: RootFacts(False, False, 0, 0)}, "root has no password"),
        ({last_used: "2026-11-01"}, "root was last used on 2026-11-01"),
    ],
    ids=["app", "hardware", "no password", "used"],
)
def test_state_of_root_is_noted(have: dict[Any, Any], note: str) -> None:
    assert any(note in each for each in planned(WANT, {**FINE, **have}).notes)


def closed_bills(sandbox: Sandbox) -> None:
    sandbox.bills_shown = False


def keys(sandbox: Sandbox) -> None:
    sandbox.key("root")


def nothing(sandbox: Sandbox) -> None:
    """Leave the account as it was created."""


def app(sandbox: Sandbox) -> None:
    sandbox.root_mfa = True


def token(sandbox: Sandbox) -> None:
    sandbox.root_mfa = sandbox.root_hardware = True


def taken_away(sandbox: Sandbox) -> None:
    sandbox.root_password = False


def managing(sandbox: Sandbox) -> None:
    sandbox.root_mfa = True
    sandbox.client("organizations").create_organization(FeatureSet="ALL")


def managing_centrally(sandbox: Sandbox) -> None:
    managing(sandbox)
    sandbox.client("organizations").enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    sandbox.client("iam").enable_organizations_root_credentials_management()


@pytest.mark.parametrize(
    ("is_so", "asked"),
    [
        (nothing, ["MFA", "support"]),
        (app, ["app", "support"]),
        (token, ["support"]),
        (taken_away, ["support"]),
        (keys, ["access key", "MFA", "support"]),
        (closed_bills, ["MFA", "bills", "support"]),
        (managing, ["app", "support", "member"]),
        (managing_centrally, ["app", "support"]),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_manual_actions_follow_the_state_of_the_account(is_so: Callable[[Sandbox], None], asked: list[str]) -> None:
    sandbox = Sandbox(pages=2)
    is_so(sandbox)
    report = go(sandbox, "plan", [Root(scope=HOME, hardware=True)])
    assert [outcome.error for outcome in report.outcomes] == [None]
    assert len(report.manual_actions) == len(asked)
    for ask, word in zip(report.manual_actions, asked, strict=True):
        assert word in ask.title


def test_steps_link_to_the_console_of_the_partition() -> None:
    china = Root(scope=Scope("123456789012", "cn-north-1", "cn-north-1"))
    run = planned(china, {**FINE, root: RootFacts(True, False, 0, 0)})
    assert "https://console.amazonaws.cn/" in json.dumps([ask.steps for ask in run.manual_actions])
