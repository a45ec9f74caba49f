"""The certificates section: public certificates that are proved by a record."""

from __future__ import annotations

from typing import Any

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.certificate import Certificate
from awsbase.manifest.certificates import CLOUDFRONT, COMMON_NAME, MOST_DOMAINS

KINDS = (Certificate,)


def draft(seen: Seen, section: Draft) -> None:
    """Write each certificate of the home region, and of that of CloudFront; those of the same domains are one."""
    home = seen.base.scope.home
    written: dict[str, dict[str, Any]] = {}
    for found in sorted(seen.of(Certificate), key=lambda each: (each.name, each.scope.region != home, each.domains)):
        region = found.scope.region
        use = {CLOUDFRONT: "cloudfront", home: "elb"}.get(region)
        if use is None:
            section.cannot(found.address, f"region: a manifest keeps certificates in {home} and {CLOUDFRONT}")
            continue
        if len(found.domains) > MOST_DOMAINS or len(found.domains[0]) > COMMON_NAME:
            section.cannot(found.address, "domains: more, or longer, than a manifest takes")
            continue
        there = written.setdefault(found.name, {"domains": list(found.domains), "use": []})
        if set(there["domains"]) != set(found.domains) or use in there["use"]:
            section.cannot(found.address, "another one of this name is written")
        else:
            there["use"].append(use)
            section.places[found.name,] = found.address
            section.covers(found.address)
    for name, value in written.items():
        alone = {"domains": value["domains"]} if value["use"] == ["elb"] else value
        section.put(name, value=alone)
