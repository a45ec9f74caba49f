"""Tags of the account are checked against every service that the manifest uses."""

from __future__ import annotations

import pytest

from awsbase.manifest.manifest import Manifest
from tests.manifest.saying import ACCOUNT, mistakes

SPACE = "'cost center': x"


@pytest.mark.parametrize(
    ("tags", "text", "expected"),
    [
        (SPACE, "backups: {}", ["'cost center': the tag key 'cost center' has a character that DLM (backups) refuses"]),
        (SPACE, "protect: {guardduty: {}}", ["has a character that GuardDuty refuses, write letters from a to z"]),
        (SPACE, "protect: {guardduty: {}, config: {}, security_hub: {}}", ["that GuardDuty or Security Hub refuses"]),
        ("größe: x", "backups: {}", ["the tag key 'größe' has a character that DLM (backups) refuses"]),
        ("a@b: x", "backups: {}", ["the tag key 'a@b' has a character that DLM (backups) refuses"]),
        ("draft: ''", "audit: {}", ["account.tags.draft: CloudTrail refuses a tag without a value, give it one"]),
        (f"{SPACE}, größe: x, draft: ''", "state: {}", []),
        (SPACE, "audit: {}", []),
        ("a_b.c:d/e=f+g-1: ''", "protect: {guardduty: {}}\nbackups: {}", []),
    ],
)
def test_tags_are_checked_against_the_services_of_the_manifest(tags: str, text: str, expected: list[str]) -> None:
    found = mistakes(f"{ACCOUNT.replace('}', f', tags: {{{tags}}}}}')}{text}", Manifest)
    assert len(found) == len(expected)
    for line, words in zip(found, expected, strict=True):
        assert line.startswith("m.yaml:2: account.tags.")
        assert words.replace("'cost center': ", "") in line
