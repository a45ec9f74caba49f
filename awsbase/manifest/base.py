"""What every section needs to turn itself into resources: the place, the name, the tags."""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.engine.scope import Scope
from awsbase.records import record


@record
class Base:
    """The account section, as the other sections use it."""

    name: str
    scope: Scope
    tags: Mapping[str, str]

    def expand(self, template: str) -> str:
        """Fill `{name}`, `{id}` and `{region}` into a name."""
        return (
            template.replace("{name}", self.name)
            .replace("{id}", self.scope.account)
            .replace("{region}", self.scope.home)
        )
