"""A plan as a comment: what matters first, nothing in it obeyed, and never longer than it may be."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from random import Random
from typing import get_args

import pytest
from markdown_it import MarkdownIt

from awsbase.engine.changes import Action, Change, Drift, Failure, ManualAction, Outcome, Refusal, Report, Risk, Unknown
from awsbase.errors import Refused
from awsbase.view.markdown import LONGEST, SHORTEST, code, markdown, prose, refusal, size
from tests.view.reports import ASK, BLOCKED, DRIFTED, FAILED, GONE, NEW, SAME, report

SECTIONS = {"bucket/acme-state": "state", "key/acme-state": "state", "group/Ops": "iam", "user/bob": "iam"}
TAGS = {"h3", "h4", "p", "strong", "ul", "li", "code", "pre", "details", "summary"}
# What GitHub makes of plain text: mentions, issues, links, addresses, commits, emoji, mathematics.
OBEYED = re.compile(r"@\w|#\d|\w/\w|://|www\.|\b[0-9a-f]{7,40}\b|:\w+:|\$|GH-\d")
HOSTILE = (
    "</details>@everyone",
    "```\n</details>\n# heading",
    "`` `x",
    "`",
    "<script>alert(1)</script>",
    "<!-- awsbase: other 999999999999 -->",
    "-->",
    "[click](https://evil.example)",
    "![](https://evil.example/pixel)",
    "https://evil.example www.evil.example a@b.example",
    "acme/infra#12 #7 GH-12 deadbeef d670460b4b4aece5915caf5c68d12f560a9fe3e4",
    ":tada: $x$ **bold** __b__ ~~gone~~ | a | b |",
    "1. one",
    "- [ ] task",
    "> [!NOTE]",
    "---",
    "===",
    "    indented",
    "&lt;b&gt; &#64;everyone \\@everyone",
    "\u202egnp.exe \u200b@\u200beveryone\x1b[31m\r\n\x00",
    "\ud800",
    "💥" * 40,
    "plain words, as in any reason.",
    "",
)


class Page(HTMLParser):
    """What a comment becomes: its text outside of code, the text of its code, and what is not as it should be."""

    def __init__(self, comment: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.prose = self.code = ""
        self.comments: list[str] = []
        self.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(comment))
        self.wrong += self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag not in TAGS or any(name != "class" for name, _ in attributes):
            self.wrong.append(f"<{tag} {attributes}>")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if "code" in self.open:
            self.code += data
        else:
            self.prose += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def comment(plan: Report, limit: int = LONGEST, **options: object) -> str:
    return markdown(plan, name="acme", sections=SECTIONS, limit=limit, **options)  # type: ignore[arg-type]


def test_what_reconcile_would_refuse_comes_first() -> None:
    refused = replace(report(GONE), refusals=(Refusal("the manifest deletes kim, and that is you", "ask another"),))
    assert comment(refused).splitlines()[3:10] == [
        "**Reconcile would refuse this, and change nothing.**",
        "",
        "#### Refused",
        "",
        "- the manifest deletes kim, and that is you",
        "  ask another",
        "",
    ]


def test_a_plan_as_a_comment() -> None:
    assert comment(report(NEW, SAME, DRIFTED, GONE, manual_actions=(ASK,))).splitlines() == [
        "<!-- awsbase: acme 123456789012 -->",
        "### Plan for `acme` (`123456789012`, `eu-west-1`)",
        "",
        "**5 changes, of which 2 are risky and need approval.**",
        "",
        "#### Needs approval",
        "",
        "- `group/Ops` delete attachment `arn:aws:iam::aws:policy/ReadOnlyAccess`: what it denies is no longer denied",
        "- `user/bob` delete user: deletes a user",
        "",
        "<details><summary>1 needs you</summary>",
        "",
        "- no MFA device",
        "",
        "</details>",
        "",
        "5 changes (1 to create, 2 to update, 2 to delete), 3 resources to change, 1 unchanged.",
        "",
        "<details><summary><code>state</code>: 1 to create, 1 to update</summary>",
        "",
        "```diff",
        "+ bucket/acme-state",
        "!   versioning",
        "```",
        "",
        "</details>",
        "",
        "<details><summary><code>iam</code>: 1 to update, 2 to delete</summary>",
        "",
        "```diff",
        "! group/Ops",
        "!   path",
        "!     path: / → /people/",
        "-   attachment arn:aws:iam::aws:policy/ReadOnlyAccess (risky)",
        "- user/bob",
        "-   user (risky)",
        "```",
        "",
        "</details>",
    ]


@pytest.mark.parametrize(
    ("plan", "verdict"),
    [
        (report(SAME), "Nothing to do."),
        (report(SAME, manual_actions=(ASK,)), "Nothing to do for awsbase."),
        (report(NEW), "2 changes, none of them risky."),
        (report(GONE), "1 change, of which 1 is risky and needs approval."),
        (report(NEW, FAILED, *BLOCKED), "1 resource cannot be planned."),
        (
            report(replace(FAILED, error=Failure("QuotaExceeded", "no room"))),
            "A quota of AWS is exceeded: reconcile changes nothing until all of it fits.",
        ),
        (report(NEW, interrupted=True), "Interrupted: this plan is not complete."),
    ],
    ids=["nothing", "needs you", "changes", "risky", "failed", "quota", "interrupted"],
)
def test_the_verdict_comes_first(plan: Report, verdict: str) -> None:
    assert comment(plan).splitlines()[3] == f"**{verdict}**"


def test_a_failure_says_what_to_do() -> None:
    lines = comment(report(FAILED, *BLOCKED)).splitlines()
    at = lines.index("#### Failed")
    assert lines[at + 2 : at + 5] == [
        "- `group/Ops`: could not create attachment `arn:aws:iam::aws:policy/ReadOnlyAccess`: AccessDenied",
        "  User: `arn:aws:iam::123456789012:user/kim` is not authorized to perform: `iam:AttachGroupPolicy`",
        "  you are `arn:aws:iam::123456789012:user/kim`; this needs `iam:AttachGroupPolicy`",
    ]
    assert "1 resource failed, 2 resources blocked" in " ".join(lines)


def test_what_fails_alike_is_told_once() -> None:
    closed = Failure("RegionClosed", "a policy closes eu-north-1")
    many = [replace(FAILED, address=f"key/{number}", changes=(), error=closed) for number in range(30)]
    assert comment(report(*many)).count("RegionClosed") == 1


def test_what_changes_alike_is_told_once() -> None:
    tags = Change("update", "tags", "iam:TagUser", (Drift("team", None, "ops"),))
    users = [Outcome(f"user/{name}", "eu-west-1", "planned", (tags,)) for name in ("ada", "eve", "kim")]
    shown = "! user/ada\n! user/eve\n! user/kim\n!   tags\n!     team: nothing → ops\n"
    assert f"```diff\n{shown}```" in comment(report(users[0], NEW, *users[1:]))


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_refusal_takes_the_place_of_an_older_plan(text: str) -> None:
    refused = refusal(Refused(f"refused: {text}", hint=text or None), name="acme", account="1" * 12, region="eu-west-1")
    assert refused.startswith(f"<!-- awsbase: acme {'1' * 12} -->\n### No plan for `acme`")
    page = Page(refused)
    assert page.wrong == []
    assert len(page.comments) == 1
    assert OBEYED.search(page.prose) is None


def test_people_with_the_same_needs_are_one_line() -> None:
    asked = [replace(ASK, address=f"user/{who}", who=who, need="password") for who in ("alice", "sam")]
    assert "\n- alice, sam: password\n" in comment(report(SAME, manual_actions=tuple(asked)))


def test_a_policy_that_changes_is_shown_by_its_statements() -> None:
    drift = Drift("statement 1 Action", ["s3:GetObject"], ["s3:*"])
    plan = report(Outcome("policy/deploy", "eu-west-1", "planned", (Change("update", "document", "x:Y", (drift,)),)))
    assert "-     statement 1 Action: s3:GetObject\n+     statement 1 Action: s3:*\n" in comment(plan)


def test_a_part_and_the_sandbox_are_named() -> None:
    text = comment(report(NEW), only=("state", "user/bob"), sandbox=True)
    assert "(`123456789012`, `eu-west-1`, in the sandbox)" in text
    assert "Only these parts of the manifest:\n\n- state\n- `user/bob`\n" in text


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_nothing_hostile_is_obeyed(text: str) -> None:
    page = Page(comment(hostile(text), only=(text or "audit",)))
    assert page.wrong == []
    assert page.comments == [" awsbase: acme 123456789012 "]
    assert OBEYED.search(page.prose) is None


def hostile(text: str) -> Report:
    """Return a plan in which everything that can come from elsewhere is this text."""
    change = Change("update", text, "iam:UpdateUser", (Drift(text, text, [text]),), Risk("access", text))
    failed = Failure(text, text, text, hint=text)
    return report(
        Outcome(f"user/{text}", "eu-west-1", "planned", (change,), notes=(text,), price=text),
        Outcome(f"group/{text}", "eu-west-1", "failed", error=failed),
        manual_actions=(ManualAction(f"user/{text}", text, (text,), text),),
    )


def test_foreign_text_is_shown_as_it_is() -> None:
    page = Page(comment(hostile("</details>@everyone")))
    assert page.code.count("</details>@everyone") >= 8


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("deletes user 'alice' (2 keys), at once.", "deletes user 'alice' (2 keys), at once."),
        ("a `quoted` word", "a `` `quoted` `` word"),
        ("(see https://x.example)", "(see `https://x.example`)"),
        ("1. 2) 3 12345678", "`1`. `2`) 3 `12345678`"),
        ("costs $1, not $2", "costs `$1`, not `$2`"),
        ("Zoë's self-service", "Zoë's self-service"),
        ("-- … → '", "`--` … → `'`"),
    ],
)
def test_only_plain_words_are_markdown(text: str, shown: str) -> None:
    assert prose(text) == shown


@pytest.mark.parametrize("text", ["a", "`", "``", "a`b``c", "`a`", "<b>", "\\"])
def test_code_shows_any_text(text: str) -> None:
    assert Page(code(text)).code.strip() == text


# What fits.


def drawn(draw: Random) -> Report:
    """Return a plan of drawn size, of texts that are ordinary, long or hostile."""

    def text() -> str:
        kind = draw.random()
        if kind < 0.5:
            return draw.choice(("versioning", "path", "attachment arn:aws:iam::aws:policy/ReadOnlyAccess"))
        return draw.choice(HOSTILE) * draw.choice((1, 1, 1, 20))

    def change() -> Change:
        drift = [
            Drift(text(), text(), draw.choice((text(), Unknown("key"), {text(): 1}))) for _ in range(draw.randrange(3))
        ]
        risk = Risk("access", text()) if draw.random() < 0.3 else None
        return Change(draw.choice(get_args(Action)), text(), "iam:UpdateUser", tuple(drift), risk)

    def outcome(number: int) -> Outcome:
        address = f"user/{number}{text()}"
        if draw.random() < 0.1:
            return Outcome(address, "eu-west-1", "failed", error=Failure(text(), text(), text(), hint=text()))
        changes = tuple(change() for _ in range(draw.choice((0, 1, 2, 30))))
        return Outcome(address, "eu-west-1", "planned" if changes else "unchanged", changes, notes=(text(),))

    outcomes = [outcome(number) for number in range(draw.choice((0, 1, 5, 40)))]
    manual = tuple(ManualAction(text(), text(), (), "") for _ in range(draw.choice((0, 1, 30))))
    return report(*outcomes, manual_actions=manual)


@pytest.mark.parametrize("number", range(12))
def test_every_comment_is_whole_and_fits(number: int, draw: Random) -> None:
    plan = drawn(draw)
    sections = {outcome.address: draw.choice(("iam", "audit", "x-<b>")) for outcome in plan.outcomes}
    only = ["user/" + "x" * 300] * draw.choice((0, 1, 100))
    whole = len(markdown(plan, name="acme", sections=sections, only=only, limit=10**9))
    for limit in (SHORTEST, SHORTEST + draw.randrange(3000), max(SHORTEST, whole - 1), LONGEST):
        text = markdown(plan, name="a" * 32, sections=sections, only=only, limit=limit)
        assert size(text) <= limit
        page = Page(text)
        assert page.wrong == []
        assert page.comments == [f" awsbase: {'a' * 32} 123456789012 "]
        assert OBEYED.search(page.prose) is None


def test_what_does_not_fit_is_counted() -> None:
    users = [replace(GONE, address=f"user/{'x' * 40}{number}") for number in range(100)]
    text = comment(
        report(*users, manual_actions=tuple(replace(ASK, title=f"step {number}") for number in range(50))), 3000
    )
    risky = len(re.findall("^- `user/x.*deletes a user$", text, re.MULTILINE))
    assert risky > 0
    assert text.endswith(
        f"\n**Not shown, because a comment has no room for it:** {100 - risky} risky changes, 50 that need you, "
        "100 changed resources. The plan itself lists everything.\n"
    )


def test_every_resource_is_named_before_any_is_shown_in_full() -> None:
    long = tuple(Change("update", f"part {number}", "s3:PutBucketTagging") for number in range(100))
    buckets = [
        replace(NEW, address=f"bucket/{number}", changes=(*long, Change("update", str(number), "")))
        for number in range(9)
    ]
    text = comment(report(*buckets), 4000)
    assert text.count("! bucket/") == 9
    assert "bucket/0\n!   part 0" in text
    assert "! bucket/8: 101 lines" in text


@pytest.mark.parametrize(("letter", "units"), [("a", 1), ("→", 1), ("💥", 2)])
def test_characters_are_counted_as_the_strictest_reader_does(letter: str, units: int) -> None:
    assert size(letter) == units
