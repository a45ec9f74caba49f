"""Lifecycle rules of buckets: what goes away after how many days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsbase.engine.references import FactReference
from awsbase.facts.buckets import OURS, BucketFacts
from awsbase.records import record

FOR_EVER = 2**31


@record
class Expiry:
    """A lifecycle rule: after how many days something goes away.

    `prefix` is what the keys begin with that the rule is about: nothing else in a bucket of others is touched.
    """

    id: str
    prefix: str | FactReference = ""
    objects: int | None = None
    old_versions: int | None = None
    unfinished_uploads: int | None = None
    # What remains of an object once its last version is gone: a mark that it was deleted.
    leftover_markers: bool = False

    def rule(self) -> dict[str, Any]:
        """Return the rule as S3 wants it."""
        actions: dict[str, Any] = {
            "Expiration": {"Days": self.objects}
            if self.objects
            else {"ExpiredObjectDeleteMarker": True}
            if self.leftover_markers
            else None,
            "NoncurrentVersionExpiration": {"NoncurrentDays": self.old_versions} if self.old_versions else None,
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": self.unfinished_uploads}
            if self.unfinished_uploads
            else None,
        }
        named = {"ID": f"{OURS}-{self.id}", "Status": "Enabled", "Filter": {"Prefix": self.prefix}}
        return named | {name: action for name, action in actions.items() if action}


def expiries(have: BucketFacts) -> tuple[Expiry, ...]:
    """Return the lifecycle rules of awsbase that a bucket has."""
    return tuple(
        Expiry(
            rule["ID"].removeprefix(f"{OURS}-"),
            plain(rule)["Filter"].get("Prefix", ""),
            objects=rule.get("Expiration", {}).get("Days"),
            old_versions=rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"),
            unfinished_uploads=rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"),
            leftover_markers=rule.get("Expiration", {}).get("ExpiredObjectDeleteMarker", False),
        )
        for rule in have.rules
        if rule.get("ID", "").startswith(f"{OURS}-")
    )


def goes_sooner(have: BucketFacts, wanted: Mapping[str, Mapping[str, Any]], *, ours: bool) -> str:
    """Say which rules take away what was kept longer; in a bucket of others unfinished uploads count, too."""
    before = {rule.get("ID"): rule for rule in have.rules if rule.get("Status") == "Enabled"}
    sooner = []
    for id, rule in wanted.items():
        held = before.get(id, {})
        was = kept(held) if held and reaches(held, rule) else kept({})
        if any(map(int.__lt__, kept(rule)[: 2 if ours else 3], was)):
            sooner.append(id)
    if not sooner:
        return ""
    return f"{', '.join(sooner)}: goes sooner, for good" + ("" if ours else "; this manifest did not make the bucket")


def kept(rule: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return for how many days a lifecycle rule keeps objects, their old versions and unfinished uploads."""
    return (
        rule.get("Expiration", {}).get("Days", FOR_EVER),
        rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", FOR_EVER),
        rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation", FOR_EVER),
    )


def reaches(rule: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether a lifecycle rule is about all that another one is about."""
    about, narrower = plain(rule)["Filter"], plain(other)["Filter"]
    return set(about) == {"Prefix"} == set(narrower) and str(narrower["Prefix"]).startswith(str(about["Prefix"]))


def plain(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a lifecycle rule without what S3 fills in: an empty prefix may come back as no filter at all."""
    prefix = rule.get("Filter") or {"Prefix": rule.get("Prefix", "")}
    return {**{name: value for name, value in rule.items() if name != "Prefix"}, "Filter": prefix}
