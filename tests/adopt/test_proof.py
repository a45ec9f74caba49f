"""A manifest is handed over only if its plan is empty; what stood in its way is taken out and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from awsbase.adopt import target
from awsbase.adopt.count import KEPT_SECTION, NO_SECTION, counted
from awsbase.adopt.draft import Draft
from awsbase.adopt.proof import Proven, Target, proven, tightened
from awsbase.adopt.seen import Seen
from awsbase.adopt.survey import Survey
from awsbase.engine.changes import Report
from awsbase.engine.execution import execute
from awsbase.engine.facts import Facts, ReadCache
from awsbase.engine.resource import Resource
from awsbase.engine.things import Described, LeftAlone, NotExpressible, Thing, Unread
from awsbase.ensure import KINDS
from awsbase.ensure.contact import Contact
from awsbase.ensure.public_access_block import PublicAccessBlock
from awsbase.manifest.base import Base
from awsbase.manifest.load import load_text
from awsbase.manifest.manifest import Manifest
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import HOME, account

FILE = Path("acme.yaml")
TARGET = target.new(FILE, HOME.account, HOME.name, HOME.home)
HEAD = f'version: 1\naccount: {{id: "{HOME.account}", name: {HOME.name}, region: {HOME.home}}}\n'
OLGA = Contact(
    scope=HOME, matter="operations", name="Olga", title="Team", email="ops@acme.example", phone="+1 555 0102"
)
PEOPLE = {"security": "+1 555 0100", "billing": "+1 555 0101"}
Sections = Mapping[str, Callable[[Seen, Draft], None]]


@pytest.fixture
def sandbox() -> Sandbox:
    made = Sandbox()
    for matter, phone in PEOPLE.items():
        made.client("account").put_alternate_contact(
            AlternateContactType=matter.upper(),
            Name=matter,
            Title="Team",
            EmailAddress=f"{matter}@acme.example",
            PhoneNumber=phone,
        )
    return made


def described(**other: str) -> tuple[Described, ...]:
    return tuple(
        Described(
            Contact(
                scope=HOME,
                matter=matter,
                name=matter,
                title="Team",
                email=f"{matter}@acme.example",
                phone=other.get(matter, phone),
            )
        )
        for matter, phone in PEOPLE.items()
    )


def contacts(seen: Seen, section: Draft) -> None:
    for each in seen.of(Contact):
        said = {"name": each.name, "title": each.title, "email": each.email, "phone": each.phone}
        section.put(each.matter, value=said, of=each.address)


def prove(sandbox: Sandbox, things: Sequence[Described], sections: Sections, goal: Target = TARGET) -> Proven:
    reached, cache = account(sandbox, None), ReadCache()
    step = partial(execute, "plan", kinds=KINDS, account=reached, clock=sandbox.clock, cache=cache)

    def plan(resources: Sequence[Resource], manifest: Manifest) -> Report:
        return step(resources)

    with ThreadPoolExecutor(1) as pool:
        seen = Seen(Base(HOME.name, HOME, {}), Facts(reached.aws, pool, cache), tuple(things))
        return proven(seen, sections, goal, plan)


def test_what_is_right_at_once_is_handed_over(sandbox: Sandbox) -> None:
    done = prove(sandbox, described(), {"contacts": contacts})
    assert done.plan.changes == []
    assert [each.address for each in done.resources["contacts"]] == ["contact/security", "contact/billing"]
    assert (done.refuted, done.left_out) == ({}, {})
    assert load_text(done.text, FILE, {}).contacts is not None


def test_what_the_plan_would_change_is_taken_out_with_its_fields(sandbox: Sandbox) -> None:
    done = prove(sandbox, described(billing="+1 555 9999"), {"contacts": contacts})
    assert done.refuted == {"contact/billing": ("contact: PhoneNumber",)}
    assert [each.address for each in done.resources["contacts"]] == ["contact/security"]
    assert done.plan.changes == []


def test_a_value_that_no_manifest_takes_is_taken_out_alone(sandbox: Sandbox) -> None:
    done = prove(sandbox, described(billing="no phone"), {"contacts": contacts})
    assert list(done.refuted) == ["contact/billing"]
    assert "phone" in done.refuted["contact/billing"][0] or "digits" in done.refuted["contact/billing"][0]
    assert "security" in done.text


def test_a_section_that_would_make_something_is_left_out(sandbox: Sandbox) -> None:
    def state(seen: Seen, section: Draft) -> None:
        section.put(value={})

    done = prove(sandbox, described(), {"contacts": contacts, "state": state})
    assert list(done.left_out) == ["state"]
    assert "state:" not in done.text
    assert "bucket/acme-state" in done.refuted
    assert done.plan.changes == []


@pytest.mark.parametrize(
    ("code", "message", "action"),
    [
        ("AccessDenied", "not authorized to perform: s3:GetBucketTagging", "s3:GetBucketTagging"),
        ("InternalError", "please try again", ""),
    ],
)
def test_a_section_whose_draft_cannot_read_something_is_left_out(
    sandbox: Sandbox, code: str, message: str, action: str
) -> None:
    def refused(seen: Seen, section: Draft) -> None:
        raise ClientError({"Error": {"Code": code, "Message": message}}, "GetBucketTagging")

    done = prove(sandbox, described(), {"contacts": contacts, "state": refused})
    assert {name: each.action for name, each in done.unread.items()} == {"state": action}
    assert message in done.unread["state"].message
    assert (list(done.left_out), done.drafted("contacts")) == (["state"], True)


def test_a_mistake_without_a_place_leaves_its_section_out(sandbox: Sandbox) -> None:
    def broken(seen: Seen, section: Draft) -> None:
        section.put("bucket", value="Not A Bucket")

    done = prove(sandbox, described(), {"contacts": contacts, "state": broken})
    assert "state" in done.left_out
    assert "contacts:" in done.text


def test_what_is_weaker_is_written_with_its_default_and_left_out_when_tightened(sandbox: Sandbox) -> None:
    def protect(seen: Seen, section: Draft) -> None:
        for key in ("encrypt_volumes", "require_imdsv2", "close_default_groups", "block_public_images"):
            section.put(key, value=False)
        section.put("public_snapshots", value="unmanaged")
        section.put("access_analyzer", value=False)
        section.weaker("block_public_buckets", value=False, default="true")

    done = prove(sandbox, [], {"protect": protect})
    assert "  block_public_buckets: false  # weaker than the default: true\n" in done.text
    reached = account(sandbox, None)

    def plan(resources: Sequence[Resource], manifest: Manifest) -> Report:
        return execute("plan", resources, KINDS, reached, clock=sandbox.clock)

    text, report = tightened(done, TARGET, plan)
    assert "block_public_buckets" not in text
    assert {address for address, _ in report.changes} == {"public-access-block/account"}


def test_everything_that_was_listed_is_counted_once(sandbox: Sandbox) -> None:
    other = Described(PublicAccessBlock(scope=HOME))
    things: tuple[Thing, ...] = (
        *described(billing="+1 555 9999"),
        other,
        LeftAlone("role/AWSServiceRoleForX", "AWS", "by its path"),
        NotExpressible("user/ci", ("inline policy legacy",)),
        Unread("key/*", "kms:ListAliases"),
    )
    survey = Survey(things)
    count = counted(survey, prove(sandbox, survey.described, {"contacts": contacts}))
    assert count.described == ("contact/security",)
    assert {each.name: each.fields for each in count.not_expressible} == {
        "user/ci": ("inline policy legacy",),
        "contact/billing": ("contact: PhoneNumber",),
        other.name: (NO_SECTION,),
    }
    assert count.listed == len(things)


def test_what_a_section_says_in_part_is_not_described_but_stands_in_the_manifest(sandbox: Sandbox) -> None:
    def but_for_titles(seen: Seen, section: Draft) -> None:
        contacts(seen, section)
        section.cannot("contact/billing", "title in two languages")

    survey = Survey(described())
    count = counted(survey, prove(sandbox, survey.described, {"contacts": but_for_titles}))
    assert count.described == ("contact/security",)
    assert [(each.name, each.fields) for each in count.not_expressible] == [
        ("contact/billing", ("title in two languages",))
    ]
    assert (set(count.in_part), count.listed) == ({"contact/billing"}, 2)


def test_what_sections_have_that_were_there_before_is_described_unless_it_differs(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "acme.yaml"
    phones = {"security": PEOPLE["security"], "billing": "+1 555 9999"}
    said = "".join(
        f'  {matter}: {{name: {matter}, title: Team, email: {matter}@acme.example, phone: "{phone}"}}\n'
        for matter, phone in phones.items()
    )
    before = f"{HEAD}contacts:\n{said}"
    file.write_text(before)
    kept = target.continued(file, load_text(before, file, {}))
    survey = Survey((*described(), Described(OLGA)))
    done = prove(sandbox, survey.described, {}, kept)
    count = counted(survey, done)
    assert count.described == ("contact/security",)
    assert {each.name: each.fields for each in count.not_expressible} == {
        "contact/billing": ("contact: PhoneNumber",),
        "contact/operations": (KEPT_SECTION.format("`contacts`"),),
    }
    assert count.in_part == {"contact/billing"}
    assert done.text == before
