"""The tools section: programs of others in one version each, for everybody who works on the account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from awsbase.manifest.paths import shown
from awsbase.manifest.section import Section, Several, invalid
from awsbase.toolchain.known import TOOLS, Pin

ToolName = Literal["opentofu", "terraform", "packer", "session-manager-plugin"]
Platform = Literal["linux-x64", "linux-arm64", "macos-x64", "macos-arm64", "windows-x64"]
USUAL: tuple[Platform, ...] = ("linux-x64", "linux-arm64", "macos-arm64")
EXACT = re.compile(r"\d+\.\d+\.\d+(\.\d+)?(-[0-9A-Za-z.]+)?")


def exact(value: str) -> str:
    """Accept the version of one release; raises PydanticCustomError for a range, or a word."""
    if not EXACT.fullmatch(value):
        raise invalid(f"{shown(value)} is no version of one release", 'write it in full and in quotes, like "1.9.1"')
    return value


Version = Annotated[str, AfterValidator(exact)]


class ToolSpec(Section):
    """A program in one version, for some platforms."""

    version: Version = Field(description="The version of one release.")
    platforms: Several[Platform] = Field(
        default=USUAL, min_length=1, description="Which platforms it is pinned for, as mise calls them."
    )


Pinned = Annotated[
    Annotated[Version, Tag("version")] | Annotated[ToolSpec, Tag("spec")],
    Discriminator(lambda value: "spec" if isinstance(value, dict | ToolSpec) else "version"),
]


def released(value: Mapping[ToolName, Version | ToolSpec]) -> Mapping[ToolName, Version | ToolSpec]:
    """Accept releases that are published as the files of mise and aqua expect; raises PydanticCustomError."""
    for pin in pins(value):
        number = tuple(int(part) for part in re.findall(r"\d+", pin.version)[:3])
        if number < pin.tool.since:
            least = ".".join(map(str, pin.tool.since))
            raise invalid(f"{pin.name} {pin.version} is published in another way", f"pin {least} or newer")
    return value


Tools = Annotated[dict[ToolName, Pinned], AfterValidator(released)]


def pins(tools: Mapping[ToolName, Version | ToolSpec]) -> Iterator[Pin]:
    """Yield the pinned programs."""
    for name in TOOLS:
        said = tools.get(name)  # type: ignore[call-overload]
        if isinstance(said, str):
            yield Pin(name, said, USUAL)
        elif said is not None:
            yield Pin(name, said.version, said.platforms)
