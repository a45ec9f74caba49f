"""Kinds and sections of other people: a manifest names the distributions that may be loaded, and nothing else is.

A distribution gives a `Plugin` by an entry point of the group `awsbase.kinds`. Its code runs in this process, with the
credentials of whoever runs awsbase.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import Field, TypeAdapter, create_model

from awsbase import ensure
from awsbase.engine.declarations import check
from awsbase.engine.kind import Kind
from awsbase.engine.plugin import VERSION, LoadedPlugin, Plugin
from awsbase.engine.resource import Resource
from awsbase.errors import AwsbaseError, Mistake, UsageError
from awsbase.manifest.manifest import Manifest
from awsbase.manifest.paths import closest, dotted, one_of, shown
from awsbase.manifest.section import is_section, options
from awsbase.manifest.source import Source
from awsbase.manifest.values import DISTRIBUTION
from awsbase.records import record

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "awsbase.kinds"
PREFIX = "x-"
KEY = re.compile(r"x-[a-z][a-z0-9_]*")
log = logging.getLogger("awsbase")


class Broken(AwsbaseError):
    """A distribution cannot be loaded, or what it gives cannot be used."""


def load_plugin(name: str) -> LoadedPlugin:
    """Import what one distribution gives; raises Broken, in one line, when that is not possible."""
    loaded = imported(name)
    for wrong in lacks_of(loaded.plugin):
        raise Broken(f"{name} is broken: {wrong}", hint=f"python -m awsbase.kinds check --extras {name} says it all")
    return loaded


def lacks(name: str) -> list[str]:
    """Return a sentence for each thing that a distribution lacks; raises UsageError when it cannot be imported."""
    try:
        return list(lacks_of(imported(name).plugin))
    except Broken as error:
        raise UsageError(error.message, hint=error.hint) from error


def lacks_of(plugin: Plugin) -> Iterator[str]:
    """Yield what is wrong with the sections and the kinds of a plug-in."""
    yield from wrong_sections(plugin)
    if strays := [each for each in plugin.kinds.items() if not declares(*each)]:
        yield f"{strays[0][0]!r} is declared by {strays[0][1]!r}, write kinds={{RESOURCE: KIND}}"
        return
    yield from check(plugin.kinds)
    yield from taken_words(plugin.kinds)


def declares(resource: object, kind: object) -> bool:
    """Tell whether a plug-in gives a resource class with its Kind."""
    return isinstance(resource, type) and isinstance(kind, Kind)


def imported(name: str) -> LoadedPlugin:
    """Import the plug-in of a distribution; raises Broken when it gives none of this version."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = distribution(name)
    except (PackageNotFoundError, ValueError):
        raise Broken(f"{name} is not installed", hint=f"install it where awsbase is: pip install {name}") from None
    entries = list(found.entry_points.select(group=GROUP))
    if len(entries) != 1:
        raise Broken(
            f"{name} has {len(entries)} entry points of the group {GROUP}, not one", hint="is it a plug-in of awsbase?"
        )
    plugin = plugin_at(name, entries[0])
    if plugin.api != VERSION:
        raise Broken(
            f"{name} {found.version} is written for version {plugin.api} of awsbase.api, and this is {VERSION}",
            hint=f"update {'awsbase' if plugin.api > VERSION else name}",
        )
    return LoadedPlugin(name, found.version, plugin)


def plugin_at(name: str, entry: EntryPoint) -> Plugin:
    """Import what an entry point names; raises Broken when that fails, or gives no plug-in."""
    try:
        plugin = entry.load()
    except (Exception, SystemExit) as error:
        log.debug("%s cannot be imported", name, exc_info=True)
        first = (str(error).splitlines() or [""])[0]
        raise Broken(f"{name} cannot be imported: {type(error).__name__}: {first}", hint="--debug says more") from error
    if not isinstance(plugin, Plugin):
        raise Broken(f"{name} gives no Plugin, but {entry.value}", hint="write PLUGIN = Plugin(api=1, ...)")
    return plugin


def wrong_sections(plugin: Plugin) -> Iterator[str]:
    """Yield which sections of a plug-in a manifest cannot have."""
    for key, kind in plugin.sections.items():
        if not KEY.fullmatch(str(key)):
            yield f"the key {key!r} of a section has to begin with x-, write {near(str(key))!r}"
        elif not any(is_section(each) or names_sections(each) for each in options(kind)):
            yield f"the section {key} is no Section, and no mapping of names to one"
        elif mistake := unusable(kind):
            yield f"the section {key} cannot be used: {mistake}"


def near(key: str) -> str:
    """Return a key of a section that is allowed, as near to a given one as can be."""
    return PREFIX + (re.sub(r"[^a-z0-9]+", "_", key.lower().removeprefix(PREFIX)).strip("_") or "name")


def names_sections(kind: object) -> bool:
    """Tell whether a type maps names to sections."""
    return get_origin(kind) is dict and any(is_section(each) for each in options(get_args(kind)[1]))


def unusable(kind: Any) -> str | None:
    """Return why pydantic cannot validate with a type; None when it can."""
    try:
        TypeAdapter(kind).json_schema()
    except Exception as error:  # noqa: BLE001, pydantic and other people's validators can raise anything
        return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    return None


def taken_words(kinds: Mapping[type[Resource], Kind]) -> Iterator[str]:
    """Yield which kinds have addresses that begin as those of awsbase's own; imports none of these."""
    for kind in kinds.values():
        if kind.word in ensure.names():
            yield f"addresses of awsbase's own begin with {kind.word}/ too, choose another word"


def beside(before: Iterable[LoadedPlugin], one: LoadedPlugin) -> LoadedPlugin:
    """Return a plug-in that goes together with others; raises Broken when two give one key, or addresses alike."""
    words = {kind.word for kind in one.plugin.kinds.values()}
    for other in before:
        if keys := sorted(one.plugin.sections.keys() & other.plugin.sections.keys()):
            raise Broken(f"{one.name} gives {keys[0]}, and so does {other.name}", hint="name one of them")
        if taken := sorted(words.intersection(kind.word for kind in other.plugin.kinds.values())):
            said = f"addresses of {one.name} begin with {taken[0]}/, and so do those of {other.name}"
            raise Broken(said, hint="name one of them")
    return one


def load_plugins(names: Iterable[str]) -> tuple[LoadedPlugin, ...]:
    """Load the distributions of a command line, each once; raises UsageError for the first that is broken."""
    loaded: list[LoadedPlugin] = []
    try:
        for name in dict.fromkeys(names):
            loaded.append(beside(loaded, load_plugin(name)))
    except Broken as error:
        raise UsageError(error.message, hint=error.hint) from error
    return tuple(loaded)


@record
class Extended:
    """The manifest with the sections of its plug-ins, and the mistakes in what it says of them."""

    kind: type[Manifest] = Manifest
    mistakes: tuple[Mistake, ...] = ()


def extended(source: Source) -> Extended:
    """Load the plug-ins that a manifest names, and nothing when it names none."""
    written = source.value.get("extras")
    names = written if isinstance(written, list) else []
    loaded: list[LoadedPlugin] = []
    mistakes: list[Mistake] = []
    for index, name in enumerate(names):
        # What is no name, or is listed twice, is a mistake of the manifest itself.
        if not isinstance(name, str) or not DISTRIBUTION.fullmatch(name) or name in names[:index]:
            continue
        try:
            loaded.append(beside(loaded, load_plugin(name)))
        except Broken as error:
            line = source.at(("extras", index))
            mistakes.append(Mistake(source.file, line, dotted(("extras", index)), error.message, error.hint))
    given = {key for each in loaded for key in each.plugin.sections}
    unknown = [key for key in source.value if key.startswith(PREFIX) and key not in given]
    # What a plug-in that is broken would give nobody knows.
    if not mistakes:
        mistakes += (nobody_gives(source, key, given, loaded) for key in unknown)
    return Extended(manifest_with(loaded, unknown), tuple(mistakes))


def nobody_gives(source: Source, key: str, given: Iterable[str], loaded: Iterable[LoadedPlugin]) -> Mistake:
    """Say that no plug-in gives a section, and what to write."""
    names = [each.name for each in loaded]
    if names:
        said = f"no section {shown(key)} in {one_of(names)}"
        hint = closest(key, given) or (f"there is {one_of(sorted(given))}" if given else "it gives no sections")
    else:
        said, hint = "a section of a plug-in, and no plug-in is named", "write extras: [DISTRIBUTION] above it"
    return Mistake(source.file, source.at((key,)), key, said, hint)


def manifest_with(plugins: Iterable[LoadedPlugin], unknown: Iterable[str] = ()) -> type[Manifest]:
    """Return the manifest with the sections of plug-ins; what stands under an unknown key is not checked."""
    plugins = tuple(plugins)
    # No key of a plug-in begins with a digit.
    fields: dict[str, Any] = {f"x_{n}": (Any, Field(default=None, alias=key)) for n, key in enumerate(unknown)}
    for each in plugins:
        for key, kind in each.plugin.sections.items():
            about = f"Given by {each.name}."
            fields[key.replace("-", "_", 1)] = (kind | None, Field(default=None, alias=key, description=about))
    model: type[Manifest] = create_model("Manifest", __base__=Manifest, __doc__=Manifest.__doc__, **fields)
    model.plugins = plugins
    return model
