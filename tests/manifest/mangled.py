"""Invalid manifests: valid ones with parts renamed, retyped, doubled, cut or scrambled."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]

GOOD = tuple(path.read_text() for path in sorted((ROOT / "manifests").glob("*.yaml")))
# The examples of the manual, each with an account section.
SHOWN = tuple(
    block
    if "account:" in block
    else f'version: 1\naccount: {{id: "123456789012", name: acme, region: eu-west-1}}\n{block}'
    for block in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/manifest.md").read_text(), re.DOTALL)
)
TREES = tuple(yaml.safe_load(text) for text in (*GOOD, *SHOWN))

LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 2**31, 2**64, -(10**40), 1.5, 1e308, float("inf"), float("nan")]),
    st.sampled_from(["", " ", "{", "{name}", "{nme}", "${aws:username}", "a" * 5000, "*", "../../etc/passwd", "%s%n"]),
    st.sampled_from(
        ["0.0.0.0/0", "::/0", "1.2.3.4/99", "arn:aws:iam::1:x", "eu-west-99", "ssh-ed25519 AAAA", "\u202eacme"]
    ),
    st.text(max_size=20),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(tree: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a tree, inner ones too."""
    for step, part in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield (*at, step)
        yield from places(part, (*at, step))


@st.composite
def mangled_trees(draw: st.DrawFn, trees: Sequence[Any] = TREES) -> str:
    """Draw a valid file with changes in one to four places."""
    tree = copy.deepcopy(draw(st.sampled_from(trees)))
    for _ in range(draw(st.integers(1, 4))):
        paths = list(places(tree))
        if not paths:
            break
        *parents, last = draw(st.sampled_from(paths))
        parent: Any = tree
        for step in parents:
            parent = parent[step]
        match draw(st.sampled_from(["replace", "remove", "rename", "wrap", "double", "swap"])):
            case "replace":
                parent[last] = draw(VALUES)
            case "remove":
                del parent[last]
            case "rename" if isinstance(parent, dict):
                parent[
                    draw(st.text(max_size=10) | st.sampled_from([f"{last}s", str(last)[:-1], str(last).upper()]))
                ] = parent.pop(last)
            case "wrap":
                parent[last] = draw(st.sampled_from([[parent[last]], {"a": parent[last]}]))
            case "double" if isinstance(parent, list):
                parent.insert(0, parent[last])
            case "swap":
                parent[last] = draw(st.sampled_from([list, dict, str]))() if parent[last] else [1]
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))


@st.composite
def mangled_texts(draw: st.DrawFn) -> bytes:
    """Draw a valid manifest with lines and bytes cut, doubled and scrambled."""
    lines = draw(st.sampled_from([*GOOD, *SHOWN])).splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(lines) - 1)))
        match draw(st.sampled_from(["cut", "double", "indent", "insert", "swap"])):
            case "cut":
                del lines[at : at + draw(st.integers(1, 3))]
            case "double":
                lines[at:at] = lines[at : at + 2]
            case "indent" if at < len(lines):
                lines[at] = draw(st.sampled_from([" ", "   ", "\t", "- "])) + lines[at]
            case "insert":
                lines.insert(at, draw(st.text(max_size=30) | st.sampled_from(INSERTED)) + "\n")
            case "swap" if at < len(lines):
                lines.append(lines.pop(at))
    content = "".join(lines).encode("utf-8", "surrogatepass")
    if draw(st.booleans()):
        where = draw(st.integers(0, len(content)))
        content = content[:where] + draw(st.binary(max_size=8)) + content[where:]
    return content


INSERTED = [
    "<<: *a",
    "a: &a [*a]",
    "? [x]",
    "!!python/name:os.system x",
    "%YAML 9.9",
    "...",
    "---",
    "- |",
    "'",
    '"',
    "{",
    "[",
    "&",
    "*",
]
