"""The contract of taking away what each kind makes; tests/faults is the rest of it."""

from __future__ import annotations

import pytest

from awsbase.ensure import KINDS
from awsbase.samples import SAMPLES
from awsbase.testing.removal import can_go, keeps_what_was_there, leaves_nothing, needs_no_more_to_go
from awsbase.testing.sample import Sample

# Kinds of which nothing says yet how one is taken away; samples with one of them are left out. It only shrinks.
NOT_YET = """
    access-log account-alias admin-ports analyzer anomaly-alert billing-alerts bucket budget config-recorders
    contact default-groups default-security-group detectors ebs-encryption elastic-ip elastic-ip-association
    ephemeral event-rule existing-subnet existing-vpc flow-logs gateway-endpoint group image-block instance
    instance-connect-endpoint instance-profile internet-gateway key key-pair launch-template log-group
    metadata-defaults metric-filter mfa-device nat-route password-policy policy public-access-block regions role
    root route-table schedule secret security-group security-hubs service-linked-role snapshot-block
    snapshot-policy subnet subscription topic trail user vpc vpc-flow-log
"""

samples = pytest.mark.parametrize("sample", [each for each in SAMPLES if can_go(each)], ids=lambda sample: sample.name)


@samples
def test_what_was_made_is_taken_away_as_planned_and_nothing_is_left(sample: Sample) -> None:
    leaves_nothing(sample)


@samples
def test_what_was_there_before_stays(sample: Sample) -> None:
    keeps_what_was_there(sample)


@samples
def test_the_permissions_to_destroy_are_enough(sample: Sample) -> None:
    needs_no_more_to_go(sample)


def test_each_kind_says_how_one_is_taken_away() -> None:
    assert {kind.word for kind in KINDS.values() if kind.absent is None} <= set(NOT_YET.split())
