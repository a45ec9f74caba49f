"""What plug-ins can rely on: a name that goes, or means something else, takes another version of awsbase.api."""

from __future__ import annotations

from awsbase import api

PROMISED = """
TAKE_OUT VERSION About Absent Allow Allows ArnStr Attach Base BucketName Condition Cost Days Describe Described Drift
Facts Field Kind KeyUse KmsAlias LogRetention OneNameEach Passes Permissions Plugin Price Read Reference Region
Resource RoleName Run Scope Section Several Tags Things Unknown ValidationProblem access allow by_use compare deletion
empty_if equals invalid labelled linked_role made_for monthly named outage record references resolve retagging tags
visibility
"""


def test_nothing_that_is_promised_is_missing() -> None:
    assert api.VERSION == 1
    assert set(api.__all__) == set(PROMISED.split())
    assert [name for name in api.__all__ if not hasattr(api, name)] == []


def test_the_verbs_and_the_tags_are_promised_too() -> None:
    verbs = ("create", "update", "delete", "replace", "later", "read", "result", "manual_action", "note", "created_at")
    assert [name for name in verbs if not callable(getattr(api.Run, name))] == []
    of_tags = ("wanted", "with_origin", "missing", "pairs")
    assert [name for name in of_tags if not callable(getattr(api.tags, name))] == []
    assert api.tags.ADDRESS == "awsbase:address"
