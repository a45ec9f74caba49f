"""Lifecycle rules of buckets: what moves to a cheaper class, or goes away, after how many days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from awsbase.engine.changes import Drift, Risk, compare
from awsbase.engine.references import FactReference
from awsbase.engine.risk import deletion, outage
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.facts.buckets import OURS, BucketFacts
from awsbase.records import record

FOR_EVER = 2**31
# What is in these has to be brought back, which takes hours, before anybody reads it.
ARCHIVES = {"GLACIER", "DEEP_ARCHIVE"}


@record
class Transition:
    """After how many days something moves to a cheaper class."""

    days: int
    to: str


@record
class Expiry:
    """A lifecycle rule: after how many days something goes away, or moves to a cheaper class.

    `prefix` is what the keys begin with that the rule is about: nothing else in a bucket of others is touched.
    """

    id: str
    prefix: str | FactReference = ""
    objects: int | None = None
    old_versions: int | None = None
    unfinished_uploads: int | None = None
    # What remains of an object once its last version is gone: a mark that it was deleted.
    leftover_markers: bool = False
    # So many of the newest old versions stay, however old they are.
    at_least: int | None = None
    transitions: tuple[Transition, ...] = ()
    old_transitions: tuple[Transition, ...] = ()

    def rule(self) -> dict[str, Any]:
        """Return the rule as S3 wants it."""
        actions: dict[str, Any] = {
            "Expiration": {"Days": self.objects}
            if self.objects
            else {"ExpiredObjectDeleteMarker": True}
            if self.leftover_markers
            else None,
            "NoncurrentVersionExpiration": {
                "NoncurrentDays": self.old_versions,
                **({"NewerNoncurrentVersions": self.at_least} if self.at_least else {}),
            }
            if self.old_versions
            else None,
            "Transitions": [{"Days": each.days, "StorageClass": each.to} for each in self.transitions],
            "NoncurrentVersionTransitions": [
                {"NoncurrentDays": each.days, "StorageClass": each.to} for each in self.old_transitions
            ],
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
            at_least=rule.get("NoncurrentVersionExpiration", {}).get("NewerNoncurrentVersions"),
            transitions=tuple(
                Transition(move["Days"], move["StorageClass"]) for move in moves(rule, "Transitions") if "Days" in move
            ),
            old_transitions=tuple(
                Transition(move["NoncurrentDays"], move["StorageClass"])
                for move in moves(rule, "NoncurrentVersionTransitions")
            ),
        )
        for rule in have.rules
        if rule.get("ID", "").startswith(f"{OURS}-")
    )


def set_rules(
    run: Run, scope: Scope, name: str, have: BucketFacts, rules: Sequence[Mapping[str, Any]], *, ours: bool, new: bool
) -> None:
    """Replace our lifecycle rules, and leave those of others beside them; of a `new` bucket nothing is lost."""
    theirs = [rule for rule in have.rules if not rule.get("ID", "").startswith(OURS)]
    is_now = {rule["ID"]: plain(rule) for rule in have.rules if rule.get("ID", "").startswith(OURS)}
    wanted = {rule["ID"]: rule for rule in rules}
    if drift := [*compare(is_now, wanted), *(Drift(id, is_now[id], None) for id in is_now if id not in wanted)]:
        run.update(
            "lifecycle",
            drift,
            run.aws.s3.put_bucket_lifecycle_configuration,
            risk=None if new else danger(have, wanted, ours=ours),
            Bucket=name,
            # S3 takes no rule in the old manner, with a prefix and no filter, beside one in the new.
            LifecycleConfiguration={"Rules": [*map(plain, theirs), *wanted.values()]},
            TransitionDefaultMinimumObjectSize=have.smallest_transition,
            ExpectedBucketOwner=scope.account,
        )


def danger(have: BucketFacts, wanted: Mapping[str, Mapping[str, Any]], *, ours: bool) -> Risk | None:
    """Return the risk of rules: what goes sooner is lost, and nobody reads at once what is in an archive."""
    archived = sorted(archives(wanted.values()) - archives(have.rules))
    unread = outage(f"nobody reads what is in {' or '.join(archived)} before it was brought back" if archived else "")
    return deletion(goes_sooner(have, wanted, ours=ours)) or unread


def archives(rules: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the archives that rules move objects of today to."""
    return {move["StorageClass"] for rule in rules for move in moves(rule, "Transitions")} & ARCHIVES


def moves(rule: Mapping[str, Any], which: str) -> list[Mapping[str, Any]]:
    """Return the transitions of a rule, of objects or of their old versions."""
    found: list[Mapping[str, Any]] = rule.get(which) or []
    return found


def goes_sooner(have: BucketFacts, wanted: Mapping[str, Mapping[str, Any]], *, ours: bool) -> str:
    """Say which rules take away what was kept longer; in a bucket of others unfinished uploads count, too."""
    before = {rule.get("ID"): rule for rule in have.rules if rule.get("Status") == "Enabled"}
    sooner = []
    for id, rule in wanted.items():
        held = before.get(id, {})
        was = kept(held) if held and reaches(held, rule) else kept({})
        if any(map(int.__lt__, kept(rule)[: 3 if ours else 4], was)):
            sooner.append(id)
    if not sooner:
        return ""
    return f"{', '.join(sooner)}: goes sooner, for good" + ("" if ours else "; this manifest did not make the bucket")


def kept(rule: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Return for how many days a lifecycle rule keeps objects and old versions, how many of these, and uploads."""
    old = rule.get("NoncurrentVersionExpiration", {})
    return (
        rule.get("Expiration", {}).get("Days", FOR_EVER),
        old.get("NoncurrentDays", FOR_EVER),
        old.get("NewerNoncurrentVersions", 0 if old else FOR_EVER),
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
