"""A plan shows the same change in many regions once, without losing details."""

from __future__ import annotations

from awsbase.engine.changes import Change, Drift, Outcome
from awsbase.view.regions import merged
from awsbase.view.tree import tree
from tests.view.reports import HOME, report


def block(region: str, have: str = "unblocked") -> Change:
    drift = (Drift("public sharing", have, "block-all-sharing"),)
    return Change("update", f"snapshot block in {region}", "ec2:EnableSnapshotBlockPublicAccess", drift)


OTHER = Change("delete", "rules inward of default group sg-1 of vpc-1 in us-east-1", "ec2:RevokeSecurityGroupIngress")


def test_changes_that_differ_only_in_their_region_are_merged() -> None:
    changes = merged([block("eu-west-1"), OTHER, block("us-east-1"), block("us-west-2", "block-new-sharing")])
    assert [change.what for change in changes] == [
        "snapshot block in eu-west-1, us-east-1",
        OTHER.what,
        "snapshot block in us-west-2",
    ]


def test_a_change_without_a_region_stays_unchanged() -> None:
    twice = [Change("create", "statement in front", "s3:PutBucketPolicy")] * 2
    assert merged(twice) == twice


def test_a_plan_names_all_regions_in_one_line_and_notes_excluded_ones() -> None:
    changes = (block("eu-west-1"), block("us-east-1"))
    outcomes = [
        Outcome("regions/enabled", HOME, "unchanged", notes=("skipped, because they are off: af-south-1",)),
        Outcome("snapshot-block/account", HOME, "planned", changes),
    ]
    short = [line.text for line in tree(report(*outcomes))]
    assert "snapshot block in eu-west-1, us-east-1" in short
    assert "skipped, because they are off: af-south-1" in short
    whole = [line.text for line in tree(report(*outcomes), verbose=True)]
    assert "snapshot block in us-east-1" in whole
