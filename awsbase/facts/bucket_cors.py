"""Which web pages may use a bucket from a browser: its cross-origin resource sharing, CORS for short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from awsbase.engine.changes import Risk, compare
from awsbase.engine.facts import Facts
from awsbase.engine.risk import access, outage
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.facts.buckets import setting
from awsbase.records import record

ANY = "*"
READING = {"GET", "HEAD"}


@record
class Cors:
    """What pages of these origins may do: each origin and header with one `*` at most."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: int | None = None

    def members(self) -> dict[str, Any]:
        """Return the rule as S3 wants it, without what is left out."""
        said = {
            "AllowedOrigins": sorted(self.origins),
            "AllowedMethods": sorted(self.methods),
            "AllowedHeaders": sorted(self.headers),
            "ExposeHeaders": sorted(self.exposed),
            "MaxAgeSeconds": self.max_age,
        }
        return {name: value for name, value in said.items() if value not in ([], None)}

    @property
    def writes_from_anywhere(self) -> bool:
        """Tell whether any web page may send something that writes."""
        return ANY in self.origins and not READING.issuperset(self.methods)


def cors_of(facts: Facts, scope: Scope, name: str) -> tuple[Cors, ...]:
    """Return the rules of a bucket; none where it is not there, or has none."""
    read = facts.aws.at(scope.region).s3.get_bucket_cors
    answer = setting(facts, scope, name, "NoSuchCORSConfiguration", read)
    return tuple(map(understood, answer.get("CORSRules", ())))


def understood(rule: Mapping[str, Any]) -> Cors:
    """Return a rule of S3; what it is called means nothing."""
    return Cors(
        tuple(rule["AllowedOrigins"]),
        tuple(rule["AllowedMethods"]),
        tuple(rule.get("AllowedHeaders", ())),
        tuple(rule.get("ExposeHeaders", ())),
        rule.get("MaxAgeSeconds"),
    )


def let_pages_in(run: Run, scope: Scope, name: str, want: Cors, have: Sequence[Cors], *, there: bool) -> None:
    """Let pages of these origins use a bucket from a browser, and no others; S3 replaces all rules at once."""
    is_now = have[0].members() if len(have) == 1 else {"rules": len(have)} if have else {}
    wanted = dict.fromkeys(is_now) | want.members()
    put = run.aws.s3.put_bucket_cors
    arguments = {
        "Bucket": name,
        "CORSConfiguration": {"CORSRules": [want.members()]},
        "ExpectedBucketOwner": scope.account,
    }

    if not have:
        run.create("CORS", put, risk=danger(want, have) if there else None, **arguments)
    elif drift := compare(is_now, wanted):
        run.update("CORS", drift, put, risk=danger(want, have), **arguments)


def danger(want: Cors, have: Sequence[Cors]) -> Risk | None:
    """Return the risk that any page may write newly, or that pages of an origin are shut out, or from a method."""
    if want.writes_from_anywhere and not any(each.writes_from_anywhere for each in have):
        return access("any web page may write newly, as far as its visitor holds a signed URL")
    lost = sorted({origin for each in have for origin in each.origins} - set(want.origins))
    if lost and ANY not in want.origins:
        return outage(f"pages of {', '.join(lost)} are shut out")
    fewer = sorted({method for each in have for method in each.methods} - set(want.methods))
    return outage(f"pages can no longer send {', '.join(fewer)}" if fewer else "")
