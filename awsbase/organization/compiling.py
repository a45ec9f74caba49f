"""From the organization file and an account's template to the ordinary manifest that the account gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from awsbase.errors import Mistake
from awsbase.manifest.paths import Steps, dotted
from awsbase.manifest.source import Node, Source, put
from awsbase.organization.file import Entry, OrganizationFile
from awsbase.organization.template import Filling, Values, node_of
from awsbase.records import record


@record
class Part:
    """Something that the organization file adds to an account's manifest, and where the file says so."""

    value: Mapping[str, Any]
    at: Steps
    weak: bool = False
    """Whether it stands back where the template, or another part, says something else."""


def compiled(file: Source, model: OrganizationFile, name: str, template: Source, parts: Sequence[Part]) -> Source:
    """Return the manifest of an account as a source in which each value knows its file and line.

    Its mistakes are those of the two files that contradict each other, and of placeholders that stand for nothing.
    """
    assert isinstance(model.accounts, dict)
    entry = model.accounts[name]
    at = ("accounts", name)
    given = {**model.defaults.with_, **entry.with_}
    filling = Filling(template, Values(model.organization.name, name, given, f"{file.file}: {dotted(at)}"))
    written = filling.filled(template.root)
    joining = Joining(file, template.file)
    root = Node(1, {}, file=template.file)
    account = Part({"version": 1, "account": account_of(model, name, entry)}, at)
    # A reader looks for the account first.
    for part in (account, *parts):
        joining.add(root, part, written)
    for key, node in written.inside.items():
        if key not in root.inside:
            put(root, key, node, written.lines[key])
    mistakes = (*template.mistakes, *filling.mistakes, *joining.mistakes)
    return replace(template, value=root.value, root=root, mistakes=mistakes)


def account_of(model: OrganizationFile, name: str, entry: Entry) -> dict[str, Any]:
    """Return the account section that an account's manifest gets."""
    account: dict[str, Any] = {
        "id": entry.id,
        "name": f"{model.organization.name}-{name}",
        "region": entry.region or model.organization.home,
    }
    if tags := {**model.defaults.tags, **entry.tags}:
        account["tags"] = tags
    if entry.protected:
        account["protected"] = True
    return account


class Joining:
    """Joins what the organization file says with what the template says, and collects where they contradict."""

    def __init__(self, file: Source, template: str) -> None:
        self.file = file
        self.template = template
        self.mistakes: list[Mistake] = []

    def add(self, root: Node, part: Part, written: Node) -> None:
        """Put a part of the organization file at the top, with what the template says at the same keys."""
        for key, value in part.value.items():
            made = node_of(value, self.file.at(part.at), self.file.file)
            there = root.inside.get(key) or written.inside.get(key)
            node = self.joined(made, there, (key,), weak=part.weak) if there else made
            put(root, key, node, node.line)

    def joined(self, made: Node, written: Node, path: Steps, *, weak: bool = False) -> Node:
        """Return a node of both: mappings are joined, and two values that differ are a mistake."""
        if isinstance(made.value, dict) and written.value is None:
            return made
        if not isinstance(made.value, dict) or not isinstance(written.value, dict):
            if made.value != written.value and not weak:
                message = f"{self.file.file}:{made.line} says {brief(made.value)}, and this says {brief(written.value)}"
                self.mistakes.append(
                    Mistake(self.template, written.line, dotted(path), message, "leave it out here, or correct one")
                )
            return written
        node = Node(written.line, {}, file=self.template)
        for key in dict.fromkeys((*made.inside, *written.inside)):
            ours, theirs = made.inside.get(key), written.inside.get(key)
            if ours and theirs:
                put(node, key, self.joined(ours, theirs, (*path, key), weak=weak), written.lines[key])
            elif ours:
                put(node, key, ours, made.lines[key])
            elif theirs:
                put(node, key, theirs, written.lines[key])
        return node


def brief(value: Any) -> str:
    """Show a value in a sentence."""
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)
