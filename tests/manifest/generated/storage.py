"""Terraform's state, secrets, and snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.manifest.generated.people import MOST
from tests.manifest.generated.protection import REGIONS
from tests.manifest.generated.texts import (
    DAYS,
    LETTERS,
    LIKE_AN_ARN,
    PRINTED,
    WORD,
    YES_OR_NO,
    Home,
    Strategy,
    alias,
    bucket,
    by_name,
    name,
    part,
    several,
)


def state(groups: Sequence[str]) -> Strategy:
    """Draw the bucket and key of the state, and its writers."""
    writers: Any = several(st.sampled_from(groups)) if groups else st.just([])
    if short := [each for each in groups if len(each) <= MOST]:
        keys = st.sampled_from([["*"], ["app/*"], ["app/prod.tfstate", "net/*"]])
        writers |= st.dictionaries(st.sampled_from(short), keys, max_size=2)
    return part(bucket=bucket("state"), key=alias("state"), writers=writers, old_versions_days=DAYS)


def secrets(home: Home, readers: Sequence[str]) -> Strategy:
    """Draw secrets with some of these readers."""
    # With its kind before it, the name is a tag value of up to 256 characters.
    names = name(WORD + "/_+=.@-", 249).filter(lambda drawn: not drawn.startswith("awsbase/mfa/"))
    names = names.filter(lambda drawn: not LIKE_AN_ARN.search(drawn)) | st.sampled_from(["{name}/db", "{region}/{id}"])
    function = st.text(WORD + "_-", min_size=1, max_size=64).map(lambda name: home.arn("lambda", f"function:{name}"))
    days = st.integers(1, 1000)
    rotation = part(days=days) | part({"function": function}, days=days, window_hours=st.integers(1, 24))
    secret = part(
        description=st.text(LETTERS | st.sampled_from(" .,'\"")),
        readers=several(st.sampled_from(readers)) if readers else st.just([]),
        key=alias("secrets") | st.just("aws"),
        generate=part(length=st.integers(12, 4096), symbols=YES_OR_NO),
        rotation=rotation,
    )
    return by_name(names, secret)


def backups(home: Home) -> Strategy:
    """Draw snapshots with one to four schedules."""
    days = st.sampled_from(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
    at = st.times().map(lambda time: f"{time:%H:%M}")
    common = {"at": at, "keep_days": st.integers(1, 36500), "copy_tags": YES_OR_NO}
    hourly = part(every_hours=st.sampled_from([1, 2, 3, 4, 6, 8, 12, 24]), **common)
    schedule = hourly | part({"days": several(days, 1, 7)}, **common)
    names = st.text(WORD + " _-", min_size=1, max_size=40)
    ebs = part(
        volumes=st.dictionaries(
            PRINTED.filter(lambda key: not key.lower().startswith("aws:")), PRINTED, min_size=1, max_size=3
        ),
        schedules=st.dictionaries(names, schedule, min_size=1, max_size=4),
        regions=several(st.sampled_from(REGIONS[home.partition])),
    )
    return part(ebs=ebs)
