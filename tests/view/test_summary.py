"""A summary: what matters in few lines, on any terminal."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace

import pytest

from awsbase.engine.changes import Change, Drift, ManualAction, Mode, Outcome, Report, Risk
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.prices import Cost, by_use, monthly
from awsbase.prices.table import KMS_KEY, S3_STORAGE
from awsbase.records import record
from awsbase.view.needs import needs
from awsbase.view.summary import plural, summary
from awsbase.view.text import Line, render
from awsbase.view.wrong import wrong
from tests.view.reports import ASK, BLOCKED, DRIFTED, FAILED, GONE, HOME, NEW, READ, SAME, report
from tests.view.terminals import ESCAPES, terminal

SECTIONS = {"bucket/acme-state": "state", "key/acme-state": "state", "group/Ops": "iam", "user/bob": "iam"}
REGIONS = ["eu-west-1", "us-east-1", "us-west-1", "us-west-2"]


def new(address: str) -> Outcome:
    return Outcome(address, HOME, "planned", (Change("create", address.partition("/")[0], "x:Create"),))


def updated(address: str, *changes: Change) -> Outcome:
    return Outcome(address, HOME, "planned", changes)


def plain(lines: Iterable[Line]) -> list[str]:
    return render(lines, io.TextIOWrapper(io.BytesIO(), encoding="utf-8")).splitlines()


def shown(of: Report) -> list[str]:
    return plain(summary(of, name="acme", sections=SECTIONS))


def test_a_small_plan_has_a_line_for_each_thing() -> None:
    assert shown(report(NEW, SAME, DRIFTED, GONE, manual_actions=(ASK,))) == [
        "account 123456789012 (acme), eu-west-1",
        "",
        "state 1 to create",
        "  + bucket/acme-state",
        "iam   1 to update, 1 to delete",
        f"  ~ group/Ops  path: / → /people/; - attachment {READ} (risky)",
        "  - user/bob",
        "",
        "needs your approval",
        f"  ! group/Ops  delete attachment {READ}: what it denies is no longer denied",
        "  ! user/bob  delete user: deletes a user",
        "",
        "needs you",
        "  ! no MFA device",
        "",
        "resources: 1 to create, 1 to update, 1 to delete, 1 unchanged",
        "changes: 1 to create, 2 to update, 2 to delete",
        "9 calls, no write",
        "--full shows each change, and the steps of what needs you",
    ]


def test_a_reconcile_says_what_was_done_and_what_failed() -> None:
    done = [replace(NEW, status="changed"), FAILED, *BLOCKED]
    assert shown(report(*done, mode="reconcile", writes=3))[2:] == [
        "state 1 created",
        "  ✓ bucket/acme-state  created",
        "",
        "failed",
        f"  ✗ group/Ops  could not create attachment {READ}: AccessDenied",
        "    User: arn:aws:iam::123456789012:user/kim is not authorized to perform: iam:AttachGroupPolicy",
        "    → you are arn:aws:iam::123456789012:user/kim; this needs iam:AttachGroupPolicy",
        "    not begun for this reason: user/alice, user/carol",
        "",
        "resources: 1 created, 1 failed, 2 blocked, 0 unchanged",
        "changes: 2 created, 1 updated",
        "12 calls, 3 writes, 1.2 s",
        "--full shows each change",
    ]


def test_a_converged_account_is_three_lines() -> None:
    assert shown(report(SAME)) == [
        "account 123456789012 (acme), eu-west-1",
        "",
        "resources: 1 unchanged",
        "9 calls, no write",
    ]


@pytest.mark.parametrize(
    ("mode", "line", "thing"),
    [
        ("plan", "21 to create (20 policies, 1 group), 1 to update", "  ~ group/Ops  path; - attachment"),
        (
            "reconcile",
            "21 created (20 policies, 1 group), 1 updated",
            "  ✓ group/Ops  updated path; deleted attachment",
        ),
    ],
)
def test_many_new_resources_are_counted_by_kind(mode: Mode, line: str, thing: str) -> None:
    many = report(*(new(f"policy/p{number}") for number in range(20)), new("group/Dev"), DRIFTED, mode=mode)
    if mode == "reconcile":
        many = replace(many, outcomes=tuple(replace(each, status="changed") for each in many.outcomes))
    lines = plain(summary(many))
    assert lines[2] == line
    assert lines[3].startswith(thing)
    assert len(lines[3]) <= 80


def test_a_line_is_cut_behind_its_address() -> None:
    address = f"role/{'x' * 90}"
    many = [new(f"policy/p{number}") for number in range(20)]
    changed = updated(address, Change("update", "trust", "x:Trust"), Change("update", "path", "x:Path"))
    assert plain(summary(report(*many, changed)))[3] == f"  ~ {address} …"


def test_the_same_change_of_many_resources_is_one_line() -> None:
    attach = Change("create", f"attachment {READ}", "iam:AttachGroupPolicy")
    lines = plain(summary(report(*(updated(f"group/{letter}", attach) for letter in "ABCDE"))))
    assert lines[3] == f"  ~ group/A, group/B, group/C and 2 more  + attachment {READ}"


def test_the_same_change_in_many_regions_is_one_line() -> None:
    drift = (Drift("encrypted", False, True),)
    changes = [Change("update", f"encryption in {region}", "ec2:Enable", drift) for region in REGIONS]
    rules = [
        Change("delete", f"rules inward of default group sg-{number:017x} of vpc-{number:017x} in {region}", "ec2:R")
        for number, region in enumerate(REGIONS)
    ]
    lines = plain(summary(report(updated("ebs/a", *changes), updated("groups/a", *rules))))
    assert lines[3:5] == [
        "  ~ ebs/a  encryption in 4 regions (encrypted: false → true)",
        "  ~ groups/a  - rules inward of default group in 4 regions",
    ]


def test_a_section_of_many_lines_is_cut_and_the_rest_counted() -> None:
    lines = plain(summary(report(*(updated(f"group/{n}", Change("update", f"path {n}", "x")) for n in range(30)))))
    assert lines[3 + 12] == "  and 18 more"


def of(who: str, need: str) -> ManualAction:
    return ManualAction(f"user/{who}", f"{who} has no {need}", ("do it",), "seen", who, need)


def test_people_with_the_same_needs_share_a_line() -> None:
    actions = [
        *(of(who, need) for who in ("alice", "sam") for need in ("password", "MFA device")),
        of("dave", "MFA device"),
        of("cfo@acme.example", "confirmation"),
        of("cfo@acme.example", "confirmation"),
        ManualAction("ports/account", "17 rules let the world in", (), ""),
    ]
    assert list(needs(actions)) == [
        "alice, sam: password and MFA device",
        "dave: MFA device",
        "cfo@acme.example: confirmation (2 times)",
        "17 rules let the world in",
    ]
    (line,) = needs(of(f"u{number}", "password") for number in range(10))
    assert line.endswith("u7 and 2 more: password")


@record(kw_only=True)
class Priced(Resource):
    """A resource with these costs."""

    name: str
    priced: tuple[Cost, ...]

    @property
    def address(self) -> str:
        return f"key/{self.name}"

    def costs(self) -> tuple[Cost, ...]:
        return self.priced


def test_what_is_new_is_priced_in_one_line() -> None:
    home = Scope("123456789012", home=HOME, region=HOME)
    resources = [
        Priced(scope=home, name="a", priced=(monthly(KMS_KEY, HOME), by_use(S3_STORAGE, HOME))),
        Priced(scope=home, name="b", priced=(monthly(KMS_KEY, HOME),)),
        Priced(scope=home, name="old", priced=(monthly(KMS_KEY, HOME),)),
    ]
    planned = report(*(replace(new(address), price="$1 a month") for address in ("key/a", "key/b")), SAME)
    assert "what is new costs about $2 a month; and by use: S3" in plain(summary(planned, resources=resources))
    assert "what is new" not in str(plain(summary(report(SAME), resources=resources)))


def test_quiet_shows_what_is_wrong_and_nothing_else() -> None:
    assert plain(wrong(report(NEW, SAME, manual_actions=(ASK,)))) == []
    assert plain(wrong(report(DRIFTED))) == [
        "needs your approval",
        f"  ! group/Ops  delete attachment {READ}: what it denies is no longer denied",
    ]
    failed = plain(wrong(report(NEW, FAILED, *BLOCKED, mode="reconcile")))
    assert failed[0] == f"  ✗ group/Ops  could not create attachment {READ}: AccessDenied"
    assert plain(wrong(report(SAME, interrupted=True))) == ["interrupted; nothing was changed"]


def test_of_many_failures_the_first_have_reasons_and_the_rest_names() -> None:
    many = report(*(replace(FAILED, address=f"group/G{number}") for number in range(30)), mode="reconcile")
    lines = plain(wrong(many))
    assert len([line for line in lines if line.startswith("    → ")]) == 4
    assert lines[-2:] == ["  ✗ group/G11  AccessDenied", "  and 18 more, which --full shows"]


@pytest.mark.parametrize("kind", ["policies", "keys", "addresses", "indexes", "metadata defaults"])
def test_a_kind_has_a_plural(kind: str) -> None:
    singular = {"policies": "policy", "keys": "key", "addresses": "address", "indexes": "index"}
    assert plural(singular.get(kind, kind)) == kind


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
@pytest.mark.parametrize("columns", [60, 80])
def test_on_a_narrow_terminal_no_address_is_broken(columns: int, term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("NO_COLOR", raising=False)
    address = "subscription/acme-security/email:security-operations@acme.example@us-east-1"
    risk = Risk("access", f"it gives new permissions to {READ} and to everybody who may assume a role that has it")
    change = Change("create", f"attachment {READ}", "x:Attach", risk=risk)
    with terminal(columns) as stream:
        text = render(summary(report(new(address), updated("group/Ops", change))), stream)
    assert bool(ESCAPES.search(text)) == (term != "dumb")
    lines = ESCAPES.sub("", text).splitlines()
    assert all(len(line) <= columns for line in lines if address not in line)
    assert any(address in line for line in lines)
    assert READ in " ".join(lines)
