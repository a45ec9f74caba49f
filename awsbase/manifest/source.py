"""A YAML file as plain values that know their lines; nothing in it can make Python do anything."""

from __future__ import annotations

import re
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, BinaryIO, Literal

import yaml

from awsbase.errors import ManifestError, Mistake
from awsbase.manifest.paths import Steps, closest, dotted
from awsbase.manifest.yaml_errors import syntax_mistake
from awsbase.records import record

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 40
MAX_ALIASED = 50_000  # values that aliases unfold into; ten nested aliases of ten items each make ten thousand million
MAX_DIGITS = 30
WHOLE = 0  # the line of what is wrong with a file as a whole

# libyaml parses about ten times faster; both give the same events.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What a plain word means is the core schema of YAML 1.2, as editors have it: `yes`, `on` and dates are text.
NULLS = {"", "~", "null", "Null", "NULL"}
BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")

PLAIN_TAGS = {None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
# Said the other way round, by what is printable, it takes 9 ms to compile.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


class Node:
    """A value and the line it stands on; for collections also what is inside, and the lines of keys and items.

    `file` is where it stands, if that is not the file of what it is inside of.
    """

    __slots__ = ("depth", "file", "inside", "line", "lines", "size", "text", "value")

    def __init__(self, line: int, value: Any, text: str | None = None, file: str | None = None) -> None:
        self.line, self.value, self.text, self.file = line, value, text, file
        self.inside: dict[str | int, Node] = {}
        self.lines: dict[str | int, int] = {}
        self.size = self.depth = 1


@record
class Source:
    """What a YAML file says: its value, where everything stands, and the mistakes that did not stop the reading.

    `beside` are files that the manifest names and that are not in its folder yet.
    """

    file: str
    folder: Path
    value: dict[str, Any]
    root: Node = field(repr=False)
    mistakes: tuple[Mistake, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)

    def at(self, path: Sequence[str | int]) -> int:
        """Return the line of a key or an item, or of its nearest known parent."""
        node, line = self.root, self.root.line
        for step in path:
            if step not in node.inside:
                break
            node, line = node.inside[step], node.lines[step]
        return line

    def file_of(self, path: Sequence[str | int]) -> str:
        """Return the file that a key or an item stands in, or that of its nearest known parent."""
        node, file = self.root, self.root.file or self.file
        for step in path:
            if step not in node.inside:
                break
            node = node.inside[step]
            file = node.file or file
        return file

    def text(self, path: Sequence[str | int]) -> str | None:
        """Return a scalar as it is written, before YAML took it for a number or a boolean."""
        node = self.root
        for step in path:
            if step not in node.inside:
                return None
            node = node.inside[step]
        return node.text


def read(path: Path, *, stdin: BinaryIO | None = None) -> Source:
    """Read a YAML file, or standard input for `-`; raises ManifestError."""
    if str(path) == "-":
        # Python has no stream where the program was started with none (`<&-`).
        if stdin is None and sys.stdin is None:
            raise stop("<stdin>", WHOLE, "standard input is closed", "name a file")
        return parse((stdin or sys.stdin.buffer).read(MAX_BYTES + 1), file="<stdin>", folder=Path())
    return parse(read_bytes(path), file=str(path), folder=path.parent)


def read_bytes(path: Path) -> bytes:
    """Read a manifest's bytes; refuse what is no readable file.

    Raises ManifestError.
    """
    file = str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise stop(file, WHOLE, "is a directory", "name the manifest inside it")
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        near = closest(path.name, siblings(path))
        raise stop(file, WHOLE, "no such file", near or "`awsbase init` writes one") from None
    except OSError as error:
        raise stop(file, WHOLE, f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise stop(file, WHOLE, "is no file name") from None


def siblings(path: Path) -> list[str]:
    """Name the files beside a path."""
    try:
        return sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())
    except OSError:
        return []


def parse(content: bytes, *, file: str, folder: Path) -> Source:
    """Turn the bytes of a YAML file into a source; raise for what cannot be read at all."""
    text = decode(content, file)
    reading = Reading(file)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            reading.take(event)
    except yaml.MarkedYAMLError as error:
        raise ManifestError([*reading.mistakes, syntax_mistake(error, file, text, MAX_DEPTH)]) from None
    except yaml.YAMLError as error:
        raise ManifestError([*reading.mistakes, Mistake(file, 1, "", f"not YAML: {error}")]) from None

    root = reading.root
    if root is None or root.value is None:
        raise stop(file, 1, "the manifest is empty", "`awsbase init` writes one to start from")
    if not isinstance(root.value, dict):
        what = "a list" if isinstance(root.value, list) else "a single value"
        raise stop(file, root.line, f"a manifest is a mapping of sections, not {what}", "start with `version: 1`")
    return Source(file, folder, root.value, root, tuple(reading.mistakes))


def decode(content: bytes, file: str) -> str:
    """Decode the manifest as UTF-8 text without control characters; raises ManifestError."""
    if len(content) > MAX_BYTES:
        raise stop(file, WHOLE, f"larger than {MAX_BYTES // 1024 // 1024} MiB", "is this a manifest?")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise stop(file, line, "not UTF-8 text", "save it as UTF-8") from None
    if found := UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise stop(file, line, f"an invisible character U+{ord(found[0]):04X}", "delete it; is this a text file?")
    return text


def is_organization(source: Source) -> bool:
    """Tell whether a file is about several accounts: no manifest has these keys."""
    return "accounts" in source.value or ("organization" in source.value and "account" not in source.value)


def stop(file: str, line: int, message: str, hint: str | None = None) -> ManifestError:
    """Return a ManifestError that holds one mistake."""
    return ManifestError([Mistake(file, line, "", message, hint)])


class Open:
    """A mapping or a list that is being read; `key` waits for its value, and is dropped with it if it has no name."""

    def __init__(self, node: Node, anchor: str | None, kind: Literal["map", "list"]) -> None:
        self.node, self.anchor, self.kind = node, anchor, kind
        self.key: tuple[str | None, int] | None = None


class Reading:
    """Collects YAML events into nodes, without recursion, so that no nesting is too deep for Python."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.mistakes: list[Mistake] = []
        self._open: list[Open] = []
        self._anchors: dict[str, Node] = {}
        self._aliased = 0
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.ScalarEvent):
            self._tag(event.tag, line)
            self._finish(self._scalar(event, line), event.anchor, line)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor or "", line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._tag(event.tag, line)
            self._enter(event, line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done = self._open.pop()
            self._finish(done.node, done.anchor, done.node.line)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(line, "a second document starts here", "one manifest a file")

    def _enter(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, line: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._stop(line, f"nested more than {MAX_DEPTH} deep")
        kind: Literal["map", "list"] = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
        self._open.append(Open(Node(line, {} if kind == "map" else []), event.anchor, kind))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> Node:
        text: str = event.value
        if not event.implicit[0]:
            return Node(line, text, text)
        if LEADING_ZERO.fullmatch(text):
            self._mistake(line, f"YAML reads {text} as another number", f'quote it: "{text}"', inner=True)
            return Node(line, text, text)
        if len(text) > MAX_DIGITS and INTEGER.fullmatch(text):
            self._mistake(line, f"a number of {len(text)} digits", "quote it if it is text", inner=True)
            return Node(line, text, text)
        return Node(line, plain(text), text)

    def _alias(self, anchor: str, line: int) -> None:
        if any(opened.anchor == anchor for opened in self._open):
            self._stop(line, f"the alias *{anchor} contains itself")
        node = self._anchors.get(anchor)
        if node is None:
            near = closest(anchor, self._anchors) or f'quote it if it is text: "*{anchor}"'
            self._mistake(line, f"no anchor &{anchor} above", near, inner=True)
            node = Node(line, None)
        if len(self._open) + node.depth > MAX_DEPTH + 1:
            self._stop(line, f"nested more than {MAX_DEPTH} deep")
        self._aliased += node.size
        if self._aliased > MAX_ALIASED:
            self._stop(line, f"aliases unfold into more than {MAX_ALIASED} values", "write them out, or use fewer")
        self._finish(node, None, line)

    def _finish(self, node: Node, anchor: str | None, line: int) -> None:
        """Put a finished node where it belongs: into the list, beside its key, as a key, or at the top."""
        if anchor:
            self._anchors[anchor] = node
        if not self._open:
            self.root = node
            return

        parent = self._open[-1]
        if parent.kind == "list":
            put(parent.node, len(parent.node.value), node, line)
        elif parent.key is None:
            parent.key = (self._key(parent.node, node, line), line)
        else:
            name, at = parent.key
            parent.key = None
            if name is not None:
                put(parent.node, name, node, at)

    def _key(self, mapping: Node, node: Node, line: int) -> str | None:
        if node.inside or isinstance(node.value, dict | list):
            self._mistake(line, "a key must be a word, not a list or a mapping")
            return None
        if node.text is None or node.value is None:
            self._mistake(line, "a key without a name", 'write it in quotes if it is meant: "null"')
            return None
        name = node.text
        if name == "<<":
            self._mistake(line, "merge keys (`<<`) are not supported", "repeat the keys, or alias the whole value")
            return None
        if name in mapping.inside:
            self._mistake(line, f"duplicate key {name!r}, first on line {mapping.lines[name]}", key=name)
            return None
        if not isinstance(node.value, str):
            kind = "a boolean" if isinstance(node.value, bool) else "a number"
            self._mistake(line, f"YAML reads the key {name} as {kind}", f'quote it: "{name}"', key=name)
        return name

    def _tag(self, tag: str | None, line: int) -> None:
        if tag not in PLAIN_TAGS:
            shown = str(tag).replace("tag:yaml.org,2002:", "!!")
            self._mistake(line, f"tags such as {shown} have no meaning here", "remove the tag", inner=True)

    def _mistake(
        self, line: int, message: str, hint: str | None = None, *, inner: bool = False, key: str | None = None
    ) -> None:
        self.mistakes.append(Mistake(self.file, line, dotted(self._path(inner, key)), message, hint))

    def _path(self, inner: bool, key: str | None) -> Steps:
        """Name the collection being read; with `inner`, the value in it that comes next."""

        def steps() -> Iterator[str | int]:
            for opened in self._open if inner else self._open[:-1]:
                if opened.kind == "list":
                    yield len(opened.node.value)
                elif opened.key and opened.key[0] is not None:
                    yield opened.key[0]
            if key is not None:
                yield key

        return tuple(steps())

    def _stop(self, line: int, message: str, hint: str | None = None) -> None:
        self._mistake(line, message, hint, inner=True)
        raise ManifestError(self.mistakes)


def put(parent: Node, step: str | int, node: Node, line: int) -> None:
    """Put a node into its collection, and remember its line."""
    if isinstance(step, int):
        parent.value.append(node.value)
    else:
        parent.value[step] = node.value
    parent.inside[step] = node
    parent.lines[step] = line
    parent.size += node.size
    parent.depth = max(parent.depth, node.depth + 1)


def plain(text: str) -> str | int | float | bool | None:
    """Tell what an unquoted word means."""
    if text in NULLS:
        return None
    if text in BOOLS:
        return BOOLS[text]
    if INTEGER.fullmatch(text):
        return int(text, 0)
    if FLOAT.fullmatch(text):
        return float(text)
    return text
