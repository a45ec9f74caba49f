"""What other people's code gives to awsbase: kinds of resources, and the sections of a manifest that stand for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from awsbase.engine.kind import Kinds
from awsbase.records import record

VERSION = 1
"""The version of `awsbase.api`: it grows when a plug-in that works would no longer do so."""


@record
class Plugin:
    """What a distribution gives: kinds by their resource, and sections by their key, which begins with `x-`.

    `api` is the version of `awsbase.api` that it is written for. A section is a subclass of Section, or a mapping of
    names to one: `Annotated[dict[Name, Spec], OneNameEach]`. `sandbox` is where `--sandbox` finds the services that its
    embedded AWS does not know, such as "acme_repositories.sandbox:SERVICES"; nothing else imports them.
    """

    api: int
    kinds: Kinds = field(default_factory=dict)
    sections: Mapping[str, Any] = field(default_factory=dict)
    sandbox: str = ""


@record
class LoadedPlugin:
    """A plug-in with the name and the version of its distribution."""

    name: str
    version: str
    plugin: Plugin
