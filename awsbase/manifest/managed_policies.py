"""The policies managed by awsbase, `awsbase:NAME`, filled in with the names of what they protect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from awsbase.ensure.policy import Policy
from awsbase.manifest.audit import Audit
from awsbase.manifest.base import Base
from awsbase.manifest.grants import PREFIX, sentence
from awsbase.manifest.protect import VOLUME_KEY
from awsbase.manifest.state import State
from awsbase.policies import describe, render

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

__all__ = ["PREFIX", "managed_policies"]


def managed_policies(grants: Iterable[str], base: Base, manifest: Manifest) -> Iterator[Policy]:
    """Yield one policy for each `awsbase:NAME` among the names of policies."""
    protected = protected_names(base, manifest)
    for name in sorted({grant.removeprefix("awsbase:") for grant in grants if grant.startswith("awsbase:")}):
        yield Policy(
            scope=base.scope,
            name=PREFIX + name,
            document=render(name, protected),
            description=sentence(describe(name)),
            tags=base.tags,
        )


def protected_names(base: Base, manifest: Manifest) -> dict[str, object]:
    """Return the names that the policies protect, the default ones where a section is left out."""
    state, audit = manifest.state or State(), manifest.audit or Audit()
    return {
        "partition": base.scope.partition,
        "account": base.scope.account,
        "region": base.scope.home,
        "name": base.name,
        "state_bucket": base.expand(state.bucket),
        "audit_bucket": base.expand(audit.bucket),
        "trail": base.expand(audit.trail),
        "volume_key": base.expand(VOLUME_KEY),
    }
