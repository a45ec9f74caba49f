"""A manifest as text: YAML that a person would write, with a comment on the line of each remark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from yaml.representer import SafeRepresenter

from awsbase.manifest.paths import Steps
from awsbase.manifest.source import LEADING_ZERO, MAX_DIGITS, parse, plain

WIDTH = 100
ENDLESS = 1_000_000


class Dumper(yaml.SafeDumper):
    """Writes lists indented below their keys, as people do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent what is inside of a key, lists too."""
        super().increase_indent(flow, False)


def written(value: Mapping[str, Any], remarks: Mapping[Steps, Iterable[str]]) -> str:
    """Return a mapping as YAML with its remarks; an empty line keeps its keys apart."""
    return "\n".join(as_yaml(key, each, inner(remarks, key)) for key, each in value.items())


def inner(remarks: Mapping[Steps, Iterable[str]], key: str) -> dict[Steps, list[str]]:
    """Return the remarks at a key and below it."""
    return {path: list(texts) for path, texts in remarks.items() if path[:1] == (key,)}


def as_yaml(key: str, value: Any, remarks: Mapping[Steps, Iterable[str]]) -> str:
    """Return one key with its value, and the remarks at their lines."""
    above = frozenset(path[:length] for path in remarks for length in range(len(path)))
    tree = mapping([(scalar(key), node(value, above, (key,)))], flow=False)
    text = yaml.serialize(tree, Dumper=Dumper, width=ENDLESS, allow_unicode=True)
    if not remarks:
        return text
    where = parse(text.encode(), file="", folder=Path())
    lines = text.splitlines()
    beside: dict[int, list[str]] = {}
    for path, texts in remarks.items():
        beside.setdefault(where.at(path) - 1, []).extend(texts)
    for line, texts in beside.items():
        lines[line] += f"  # {'; '.join(' '.join(each.split()) for each in texts)}"
    return "\n".join(lines) + "\n"


def node(value: Any, above: frozenset[Steps], path: Steps) -> yaml.Node:
    """Return a value as a node of YAML; what is short stands on one line, unless it is `above` a remark."""
    if isinstance(value, Mapping):
        pairs = [(scalar(str(key)), node(each, above, (*path, str(key)))) for key, each in value.items()]
        return mapping(pairs, flow=not value or fits(value, above, path))
    if isinstance(value, list | tuple):
        items = [node(each, above, (*path, index)) for index, each in enumerate(value)]
        flow = not value or fits(value, above, path)
        return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=flow)
    return scalar(value)


def mapping(pairs: list[tuple[yaml.Node, yaml.Node]], *, flow: bool) -> yaml.MappingNode:
    """Return a node of YAML with these keys."""
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=flow)


def fits(value: Any, above: frozenset[Steps], path: Steps) -> bool:
    """Tell whether a collection is short enough for a line, nested at most once, and without a remark inside."""
    if len(path) < 2 or depth(value) > 2 or path in above:
        return False
    text = yaml.safe_dump(value, default_flow_style=True, width=ENDLESS, allow_unicode=True, sort_keys=False)
    return len(text) + 2 * len(path) + len(str(path[-1])) <= WIDTH


def depth(value: Any) -> int:
    """Return how deep collections are nested."""
    if isinstance(value, Mapping):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list | tuple):
        return 1 + max(map(depth, value), default=0)
    return 0


def scalar(value: Any) -> yaml.Node:
    """Return a scalar; a text that the manifest would read as something else is quoted."""
    if isinstance(value, str) and reads_otherwise(value):
        return yaml.ScalarNode("tag:yaml.org,2002:str", value, style='"')
    return SafeRepresenter().represent_data(value)


def reads_otherwise(text: str) -> bool:
    """Tell whether an unquoted text is a number, a boolean or nothing in a manifest, or needs more than its line."""
    return (
        bool(LEADING_ZERO.fullmatch(text))
        or (text.isdigit() and len(text) > MAX_DIGITS)
        or "\n" in text
        or plain(text) != text
    )
