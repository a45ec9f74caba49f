"""`manifests/startup.yaml`, a young company's whole base: made, told what it costs, adopted, and destroyed again."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from awsbase.manifest.load import load
from awsbase.prices import total
from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import adopted
from awsbase.testing.sample import go
from awsbase.view.cost import sections_of
from tests.adopt.test_contract import check
from tests.destroy.test_manifests import EXEMPT, HELD, destroy, loaded, made
from tests.golden.documents import MANIFESTS

# What adoption has no words for, with the reason.
LOST = {
    "log-retention/": "a pattern is a wish about log groups, and nothing that an account has",
    "oidc-provider/": "what `ci` makes comes back as roles of `iam`, which may do the same",
    "parameter//acme/base/": "`outputs` would have those of `ci` too",
    "policy/acme-ci-": "roles name their policies by ARN, and what is in those is somebody's own",
}


@pytest.mark.slow
def test_it_is_made_and_adopted_and_all_goes_but_what_nobody_deletes_in_passing() -> None:
    wanted, sandbox = loaded("startup").resources, made("startup")
    again = go(sandbox, "reconcile", wanted)
    assert again.totals()["unchanged"] == len(wanted)
    assert written(sandbox) == []

    for mail in list(sandbox.mails):
        sandbox.confirm(mail.topic, mail.endpoint)
    found = adopted(sandbox)
    check(sandbox, found)
    lost = {each.address for each in wanted} - found.resources.keys()
    assert {address for address in lost if not address.startswith(tuple(LOST))} == set()

    done = destroy(sandbox, "startup")
    left = {each.address: " ".join(each.notes) for each in done.outcomes if each.stays}
    by_itself = {address.partition("/")[0] for address, notes in left.items() if "it is used by" not in notes}
    assert by_itself <= EXEMPT | HELD


def written(sandbox: Sandbox) -> list[str]:
    """Return the writes since the account was made."""
    return [call.name for call in sandbox.calls if call.writes]


def test_its_first_lines_tell_what_it_costs_a_month() -> None:
    text = MANIFESTS["startup"].read_text()
    said_there = re.search(r"^# What it costs a month: about \$([0-9.]+)", text, re.MULTILINE)
    assert said_there
    assert Decimal(said_there[1]) == total(sections_of(loaded("startup").sections).values()).usd


def test_it_has_every_section_that_a_company_begins_with() -> None:
    sections = {name for name, section in load(MANIFESTS["startup"]) if section is not None}
    begins = {"backups", "buckets", "certificates", "ci", "iam", "launch_templates", "log_groups", "mail"}
    assert begins | {"repositories", "security_groups", "zones"} <= sections
