"""Domains that SES sends for, and the limits of an account: what the world has found, and what is asked of people."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.ensure.mail_identity import IdentityFacts, NoTokens, identity
from awsbase.ensure.mail_limits import LimitFacts, limits
from awsbase.facts.tags import ADDRESS
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.samples.mail import IDENTITY, LIMITS
from awsbase.sandbox import Sandbox
from awsbase.sandbox.domains import delegate
from awsbase.testing.sample import go, problems, said
from tests.ensure.planned import described, planned
from tests.manifest.saying import ACCOUNT, source

TOKENS = ("one", "two", "three")
GOOD = IdentityFacts(
    dkim="SUCCESS",
    tokens=TOKENS,
    mail_from="mail.acme.example",
    mail_from_status="SUCCESS",
    tags={"owner": "platform", ADDRESS: IDENTITY.address},
)


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (None, ["create mail identity", "update MAIL FROM domain"]),
        (GOOD, []),
        (replace(GOOD, signed=False), ["update signing"]),
        (replace(GOOD, mail_from=""), ["update MAIL FROM domain"]),
        (replace(GOOD, on_failure="REJECT_MESSAGE"), []),
        (replace(GOOD, tags={"by": "hand"}), ["update tags"]),
    ],
    ids=["missing", "converged", "unsigned", "bounces to SES", "rejects without its record", "adopted"],
)
def test_differences_of_an_identity_are_corrected(have: IdentityFacts | None, changes: list[str]) -> None:
    assert described(planned(IDENTITY, {identity: have})) == changes


@pytest.mark.parametrize("tokens", [(), ("selector",)], ids=["not at all", "by a key of its owner"])
def test_a_domain_that_ses_has_no_keys_for_stops(tokens: tuple[str, ...]) -> None:
    with pytest.raises(NoTokens, match=r"SES has no 3 DKIM keys for acme\.example"):
        planned(IDENTITY, {identity: replace(GOOD, tokens=tokens)})


@pytest.mark.parametrize(
    ("have", "published", "asked", "noted"),
    [
        (GOOD, False, "", False),
        (replace(GOOD, dkim="PENDING"), False, "AWS waits for the mail records", False),
        (replace(GOOD, dkim="PENDING"), True, "", True),
        (replace(GOOD, mail_from_status="FAILED"), True, "", True),
        (replace(GOOD, dkim="FAILED"), True, "AWS has given up", False),
        (None, False, "AWS waits for the mail records", False),
    ],
    ids=["done", "pending", "pending in a zone", "no way for bounces", "given up", "not made yet"],
)
def test_what_the_world_has_not_found_is_a_state(
    have: IdentityFacts | None, published: bool, asked: str, noted: bool
) -> None:
    run = planned(replace(IDENTITY, published=published), {identity: have})
    assert [each.title.startswith(asked) for each in run.manual_actions] == ([True] if asked else [])
    assert bool(run.notes) == noted
    typed = " ".join(step for each in run.manual_actions for step in each.steps)
    if asked and not published:
        assert "_dmarc.acme.example TXT v=DMARC1; p=quarantine" in typed
        assert ("one._domainkey.acme.example CNAME one.dkim.amazonses.com" in typed) == (have is not None)


def test_a_domain_without_its_own_bounces_leaves_them_as_they_are() -> None:
    run = planned(replace(IDENTITY, mail_from=""), {identity: replace(GOOD, mail_from="b.acme.example")})
    assert described(run) == []


@pytest.mark.parametrize(
    ("have", "asked", "noted"),
    [
        (LimitFacts(production=True), [], False),
        (LimitFacts(production=False, daily=200), ["SES is in its sandbox in eu-west-1: 200 mails a day"], False),
        (LimitFacts(production=False, review="PENDING"), [], True),
        (LimitFacts(production=False, review="DENIED"), ["SES is in its sandbox"], False),
        (LimitFacts(production=True, standing="SHUTDOWN"), ["SES does not send as it should"], False),
        (LimitFacts(production=True, sending=False), ["SES does not send as it should"], False),
    ],
    ids=["out", "in the sandbox", "asked", "denied", "shut down", "switched off"],
)
def test_leaving_the_sandbox_is_asked_of_a_person(have: LimitFacts, asked: list[str], noted: bool) -> None:
    run = planned(LIMITS, {limits: have})
    assert [title for each in run.manual_actions for title in asked if each.title.startswith(title)] == asked
    assert len(run.manual_actions) == len(asked)
    assert bool(run.notes) == noted
    assert described(run) == []


def test_the_request_is_filled_in() -> None:
    want = replace(
        LIMITS, use_case="Receipts; bounces stop", type="MARKETING", contacts=("a@acme.example", "b@acme.example")
    )
    assert want.request == (
        "aws sesv2 put-account-details --production-access-enabled --mail-type MARKETING "
        "--website-url https://acme.example --use-case-description 'Receipts; bounces stop' --contact-language EN "
        "--additional-contact-email-addresses a@acme.example b@acme.example --region eu-west-1"
    )
    (asked,) = planned(want, {limits: LimitFacts(production=False)}).manual_actions
    assert want.request in asked.steps
    assert not any("fill it in" in step for step in asked.steps)


def test_a_domain_in_a_zone_is_verified_without_anybody_typing_a_record() -> None:
    text = f"{ACCOUNT}zones: {{acme.example: {{}}}}\nmail: {{domains: {{acme.example: {{}}}}}}\n"
    found = resources(understand(source(text), Manifest))
    want: list[Any] = [each for several in found.values() for each in several]
    sandbox = Sandbox()
    assert problems(go(sandbox, "reconcile", want)) == []
    waiting = go(sandbox, "plan", want)
    assert said(waiting) == []
    noted = {outcome.address: outcome.notes for outcome in waiting.outcomes if outcome.notes}
    assert "up to 72 hours" in noted["mail-identity/acme.example"][0]

    delegate(sandbox, "acme.example")
    verified = go(sandbox, "plan", want)
    assert "mail-identity/acme.example" not in {each.address for each in verified.outcomes if each.notes}
    assert [each.address for each in verified.manual_actions] == ["mail-limits/production"]
