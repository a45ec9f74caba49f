"""The page: what it says, that it loads nothing, and that everything from elsewhere is escaped."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from awsbase.engine.changes import Change, Drift, Failure, ManualAction, Outcome, Report, Risk
from awsbase.ensure.group import Group
from awsbase.ensure.user import User
from awsbase.report.changes import by_section
from awsbase.report.costs import costs_by_section
from awsbase.report.page import Subject, Verdict, render, tasks, verdict
from awsbase.report.saved import Saved
from tests.report.subjects import NOON, ROOT, converged, drifted, outcome, past, planned, subject
from tests.view.reports import ASK, BLOCKED, DRIFTED, FAILED, SAME, report

EVIL = "<img src=x onerror=alert(1)> \"quoted\" 'single' &amp; \u202ereversed\u200b\x1b[31m\x00{{ 7 * 7 }}"
SHOWN = "<img src=x onerror=alert(1)> \"quoted\" 'single' &amp; \\u202ereversed\\u200b\\x1b[31m\\x00{{ 7 * 7 }}"


class Text(HTMLParser):
    """The text of a page, its tags with their attributes, and whether each tag is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def page() -> str:
    return render(subject(drifted(planned("baseline"))), past())


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (report(SAME), Verdict("good", "The one resource is as the manifest says.")),
        (
            report(SAME, manual_actions=(ASK,)),
            Verdict("attention", "The one resource is as the manifest says. 1 step is left for people."),
        ),
        (
            report(SAME, DRIFTED),
            Verdict("attention", "1 resource of 2 differs from the manifest. 1 change of the plan needs approval."),
        ),
        (report(FAILED, *BLOCKED), Verdict("bad", "3 resources of 3 could not be compared with the manifest.")),
    ],
    ids=["converged", "needs you", "drift", "failed"],
)
def test_the_verdict_comes_first(plan: Report, expected: Verdict) -> None:
    assert verdict(plan) == expected


def test_the_page_shows_each_part(page: str) -> None:
    text = Text(page).text
    for words in (
        "account 123456789012",
        "Compared with baseline.yaml on 2 November 2026, 12:00 UTC",
        "2 resources of 49 could not be compared with the manifest. 4 resources of 49 differ",
        "Needs you",
        "alice has no MFA device",
        "Needs approval group/Billing create attachment",
        "it gives new permissions",
        "could not be read: AccessDenied",
        "waits for bucket/acme-state",
        "MinimumPasswordLength: 8 → 14",
        "Coverage of cis-3",
        "1 of 2 alarms were delivered",
        "unconfirmed: ops@acme.example follow the link in the mail",
        "Who may do what",
        "resources that differ",
        "user/alice needs group/Administrators",
    ):
        assert words in text


def test_each_resource_is_in_the_plan(page: str) -> None:
    text = Text(page).text
    assert [each.address for each in planned("baseline").outcomes if each.address not in text] == []


def test_groups_and_policies_make_a_matrix(page: str) -> None:
    rows = re.findall(r'<tr><th scope="row"><code>([^<]*)</code>.*?</tr>', page, re.DOTALL)
    assert rows.index("awsbase:administrator") < rows.index("acme-support") < rows.index("aws:job-function/Billing")
    assert "1 still lacks it" not in page
    assert page.count("still lacks it</span></td>") == 1
    assert page.count("has it beside the manifest</span></td>") == 1


def test_without_history_drill_or_groups_their_parts_are_left_out() -> None:
    plan = report(SAME)
    text = Text(render(Subject("acme", "a.yaml", {}, plan, "cis-3", [], NOON), [])).text
    for words in ("How it went", "Do alarms", "Who may do what", "Needs you"):
        assert words not in text


@pytest.mark.parametrize("name", ["baseline", "cis", "bastion", "secrets", "minimal", "state-only"])
def test_a_first_plan_stays_small(name: str) -> None:
    made = render(subject(planned(name), name, "fsbp"), past())
    assert len(made.encode()) < 300_000
    assert Text(made).open == []


def test_the_page_loads_nothing(page: str) -> None:
    tags = Text(page).tags
    assert {"script", "link", "img", "iframe", "object", "embed", "base", "form"}.isdisjoint(tag for tag, _ in tags)
    links = [value for _, attributes in tags for name, value in attributes.items() if name in ("src", "href", "action")]
    assert [link for link in links if not str(link).startswith("#")] == []
    # style-src with a hash would refuse these.
    assert [
        tag for tag, attributes in tags if "style" in attributes or any(name[:2] == "on" for name in attributes)
    ] == []
    assert "url(http" not in page
    assert "@import" not in page


def test_the_policy_of_the_page_allows_its_style_sheet_alone(page: str) -> None:
    policy = next(
        str(attributes["content"])
        for tag, attributes in Text(page).tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    style = re.search(r"<style>(.*)</style>", page, re.DOTALL)
    assert style
    digest = b64encode(sha256(style[1].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_everything_from_elsewhere_is_escaped() -> None:
    """Each value that comes from AWS, from a manifest or from a file is the same hostile text."""
    risk = Risk("access", f"reason {EVIL}")
    changed = outcome(f"group/{EVIL}", Change("create", f"attachment {EVIL}", EVIL, (Drift(EVIL, EVIL, EVIL),), risk))
    failed = Outcome(f"user/{EVIL}", EVIL, "failed", error=Failure(EVIL, f"message {EVIL}", hint=f"hint {EVIL}"))
    blocked = Outcome("policy/p", EVIL, "blocked", blocked_by=EVIL, notes=(f"note {EVIL}",))
    left = ManualAction(f"root/{EVIL}", f"title {EVIL}", (f"step {EVIL}",), f"probe {EVIL}")
    plan = report(changed, failed, blocked, manual_actions=(left,))
    rows = [
        replace(each, why=(f"why {EVIL}",), key=f"key {EVIL}", price=f"price {EVIL}") for each in subject().rows[:8]
    ]
    group = Group(scope=subject().resources[0].scope, name=EVIL, policies=frozenset({f"arn:{EVIL}"}))
    user = User(scope=group.scope, name=f"person {EVIL}", groups=frozenset({EVIL}))
    drill = replace(past()[-1], name=f"drill {EVIL}")
    assert drill.drill
    drill = replace(
        drill, drill=tuple(replace(each, alarm=EVIL, words=EVIL, hint=EVIL, region=EVIL) for each in drill.drill)
    )
    earlier = [
        Saved(f"label {EVIL}", "", False, {"differ": 3, f"met of {EVIL}": 10}),
        replace(drill, numbers={f"met of {EVIL}": 20}),
    ]
    about = Subject(
        EVIL,
        EVIL,
        {f"section {EVIL}": [group, user]},
        replace(plan, account=EVIL, region=EVIL),
        "cis-3",
        rows,
        NOON,
    )

    made = render(about, earlier)
    parsed = Text(made)
    plain = Text(render(subject(drifted(planned("baseline"))), past()))
    assert {tag for tag, _ in parsed.tags} <= {tag for tag, _ in plain.tags}
    assert {name for _, attributes in parsed.tags for name in attributes} <= {
        name for _, attributes in plain.tags for name in attributes
    }
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", made) == []
    for what in (
        "reason",
        "message",
        "hint",
        "note",
        "title",
        "step",
        "probe",
        "why",
        "key",
        "price",
        "person",
        "drill",
        "section",
    ):
        assert f"{what} {SHOWN}" in parsed.text, what


def test_a_first_run_and_a_converged_one_read_well() -> None:
    first = Text(render(subject(planned("baseline")), [])).text
    assert "47 resources of 49 differ from the manifest." in first
    again = Text(render(subject(converged(planned("baseline"))), [])).text
    assert "All 49 resources are as the manifest says." in again
    assert "Needs approval" not in again


def test_many_new_resources_are_folded() -> None:
    parts = {part.name: part for part in by_section(planned("cis"), subject(planned("cis"), "cis").section_of)}
    assert (len(parts["alarms"].new), len(parts["alarms"].listed)) == (46, 2)
    assert (len(parts["contacts"].new), len(parts["contacts"].listed)) == (0, 3)
    assert "46 resources create in alarms" in Text(render(subject(planned("cis"), "cis"), [])).text


def test_the_same_change_in_many_regions_is_one_line() -> None:
    text = Text(render(subject(planned("baseline")), [])).text
    assert text.count("update metadata defaults in ap-northeast-1, ap-northeast-2") >= 1
    assert "update metadata defaults in ap-northeast-2 " not in text


def test_a_risk_in_many_regions_is_one_line() -> None:
    risk = Risk("access", "anybody can come in")
    regions = ("eu-west-1", "us-east-1")
    changes = (Change("update", f"default group in {region}", "ec2:Authorize", risk=risk) for region in regions)
    text = Text(render(Subject("acme", "a.yaml", {}, report(outcome("protect/groups", *changes)), "x", [], NOON), []))
    assert (
        "Needs approval protect/groups update default group in eu-west-1, us-east-1: anybody can come in" in text.text
    )


def test_a_policy_that_changes_is_a_diff_of_statements() -> None:
    drift = Drift("statement Build", None, {"Effect": "Allow", "Action": ["ec2:*"], "Resource": ["*"]})
    plan = report(outcome("policy/p", Change("update", "policy", "iam:CreatePolicyVersion", (drift,))))
    text = Text(render(Subject("acme", "a.yaml", {}, plan, "cis-3", [], NOON), [])).text
    assert "~ update policy + statement Build: Allow ec2:* on *" in text


def test_costs_stand_by_section_and_their_sum_at_the_top() -> None:
    about = subject(converged(planned("baseline")))
    text = Text(render(about, [])).text
    total = costs_by_section(about.sections).amount
    assert total.startswith("$3")
    assert f"What it costs a month {total} a month, and more by use." in text
    state = re.search(r'<tr><th scope="row">state</th>.*?</tr>', render(about, []), re.DOTALL)
    assert state
    assert 'class="number">$1.00<' in state[0]
    assert "and by use: KMS, S3" in state[0]
    assert "key/acme-state $1 a month, $0.03 per 10,000 uses" in text


def test_what_one_person_has_to_do_stands_together() -> None:
    actions = [
        ManualAction("user/alice", "no password", ("a",), "", "alice"),
        ManualAction("root/account", "no MFA device", ("b",), ""),
        ManualAction("subscription/x", "no confirmation", ("c",), "", "alice"),
    ]
    found = tasks(report(SAME, manual_actions=tuple(actions)))
    assert [(each.who, [action.title for action in each.actions]) for each in found] == [
        ("alice", ["no password", "no confirmation"]),
        ("", ["no MFA device"]),
    ]


def test_the_page_is_the_same_each_time() -> None:
    about = subject(drifted(planned("baseline")))
    assert render(about, past()) == render(about, past())


def test_the_picture_of_the_readme_is_small() -> None:
    assert (ROOT / "docs/report.png").stat().st_size <= 150_000
