"""The outputs section: parameters from which Terraform and others read what the manifest makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from awsbase.ensure.parameter import Parameter
from awsbase.manifest.base import Base
from awsbase.manifest.outputs import Output, given
from awsbase.manifest.section import Section, ValidationProblem
from awsbase.manifest.values import named

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

# A hierarchy of AWS has 15 levels, and an output adds its name and that of an entry.
LEVELS, LONGEST = 15, 4096
AT = ("outputs", "parameters")


def reserved(path: str) -> str | None:
    """Return what is wrong with a path; None when nothing is."""
    if re.match(r"/(aws|ssm)", path, re.IGNORECASE):
        return "begins with aws or ssm, which AWS keeps for itself"
    if re.match(r"/locks(/|$)", path):
        return "is where awsbase keeps its lock"
    return None


ParameterPath = Annotated[
    str,
    named(
        r"(/[A-Za-z0-9_.-]+){1,13}",
        "path of parameters: like /acme/base, of up to 13 levels of letters, digits and _.-",
        also=reserved,
    ),
]


class Outputs(Section):
    """What the manifest gives to others, kept in Parameter Store."""

    parameters: ParameterPath = Field(
        default="/{name}/base",
        description="The path of the parameters: one for each output, and for each entry of an output that is a map.",
    )

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Parameter]:
        """Yield a parameter for each output."""
        yield from {each.name: each for each in self.wanted(base, manifest)}.values()

    def wanted(self, base: Base, manifest: Manifest) -> Iterator[Parameter]:
        """Yield the parameters, those that share a name by mistake included."""
        lists: dict[str, list[Output]] = {}
        for each in given(base, manifest):
            if each.listed:
                lists.setdefault(each.name, []).append(each)
            else:
                yield self.parameter(base, [each])
        for several in lists.values():
            yield self.parameter(base, several)

    def parameter(self, base: Base, several: list[Output]) -> Parameter:
        """Return the parameter of an output, or of those that are one list."""
        first = several[0]
        return Parameter(
            scope=base.scope,
            name="/".join([base.expand(self.parameters), first.name, *levels(first.key)]),
            path=base.expand(self.parameters),
            values=tuple(each.value for each in several),
            listed=first.listed,
            needed=tuple(each.needs for each in several if each.needs),
            tags=base.tags,
        )

    def conflicts(self, base: Base, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield what Parameter Store does not take: two outputs of one name, too many levels, values."""
        seen: set[str] = set()
        for each in self.wanted(base, manifest):
            if each.name in seen:
                yield ValidationProblem(AT, f"two outputs would be the parameter {each.name}", "rename one")
            seen.add(each.name)
            if each.name.count("/") > LEVELS:
                message = f"the parameter {each.name} has more than {LEVELS} levels"
                yield ValidationProblem(AT, message, "write a shorter path")
            known = [value for value in each.values if isinstance(value, str)]
            if each.listed and any("," in value for value in known):
                yield ValidationProblem(
                    AT, f"a comma separates the values of {each.name}, and one has a comma", "rename that"
                )
            if len(",".join(known).encode()) > LONGEST:
                yield ValidationProblem(
                    AT, f"{each.name} is longer than the {LONGEST} characters of a parameter", "use shorter names"
                )


def levels(key: str | None) -> list[str]:
    """Return the levels of a parameter for the name of an entry: at each `/` a new one.

    Of any other character that Parameter Store refuses a hyphen is made.
    """
    return [re.sub(r"[^A-Za-z0-9_.-]", "-", level) for level in (key or "").split("/") if level]
