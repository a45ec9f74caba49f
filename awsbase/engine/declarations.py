"""What a declaration lacks, in sentences: of the kinds that come with awsbase, and of other people's."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from awsbase.engine.kind import About, Kind
from awsbase.engine.permissions import Permissions, nothing
from awsbase.engine.resource import Resource

WORD = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
CONTROL = re.compile(r"(CIS [1-5]|FSBP [A-Z])[\w., :]*")


def check(kinds: Mapping[type[Resource], Kind], examples: Iterable[Resource] = ()) -> list[str]:
    """Return a sentence for each thing that a declaration lacks, or that the code and the `examples` contradict."""
    found = [f"{where(resource)}: {lack}" for resource, kind in kinds.items() for lack in lacks(resource, kind)]
    first: dict[str, type] = {}
    for resource, kind in kinds.items():
        other = first.setdefault(kind.word, resource)
        if distribution(other) != distribution(resource):
            found.append(f"{where(resource)}: addresses of {where(other)} begin with {kind.word}/ too, choose a word")
    for example in examples:
        kind = kinds[type(example)]
        if example.address.partition("/")[0] != kind.word:
            found.append(f"{where(type(example))}: word={kind.word!r}, and an address of it is {example.address}")
    return list(dict.fromkeys(found))


def where(resource: type) -> str:
    """Return the class of a kind with its module, for messages."""
    return f"{resource.__module__}.{resource.__name__}"


def distribution(resource: type) -> str:
    """Return the package that a kind comes from."""
    return resource.__module__.partition(".")[0]


def lacks(resource: type[Resource], kind: Kind) -> Iterator[str]:
    """Yield what one declaration lacks."""
    if kind.resource is not resource:
        yield f"KIND is about {kind.resource.__name__}, write resource={resource.__name__}"
    if not issubclass(resource, Resource):
        yield "it is no Resource, write class NAME(Resource)"
    elif resource.address is Resource.address:
        yield "it has no address, write a property that returns scope.address(WORD, self.name)"
    if not resource.__doc__ or resource.__doc__ == Resource.__doc__:
        yield "it has no docstring, write what it is in one sentence"
    if not kind.ensure.__doc__:
        yield f"{kind.ensure.__name__} has no docstring, write what it keeps in one sentence"
    if not WORD.fullmatch(kind.word):
        yield 'KIND does not say what addresses begin with, write word="..." in small letters with hyphens'
    if not kind.found_by:
        yield 'KIND does not say how AWS\'s own is recognised, write found_by="name", "tag" or the like'
    if not kind.owns:
        yield 'KIND does not say what is corrected, write owns="...", or owns="nothing: it is only looked at"'
    yield from takes_another(resource, kind)
    yield from lacks_permissions(kind.permissions)
    yield from lacks_text(kind.about)


def takes_another(resource: type[Resource], kind: Kind) -> Iterator[str]:
    """Yield which functions of a declaration are written for another kind."""
    needed = kind.permissions or Permissions()
    for function in (kind.ensure, kind.reads, needed.read, needed.write, needed.passes):
        taken = annotation(function, "want")
        if taken not in ("", "object", "Any", "Resource") and resource.__name__ not in re.findall(r"\w+", taken):
            yield f"{function.__name__} takes {taken}, write want: {resource.__name__}"


def annotation(function: Callable[..., Any], name: str) -> str:
    """Return the type of a parameter as it is written; the empty string when it has none."""
    parameter = inspect.signature(function).parameters.get(name)
    if parameter is None or parameter.annotation is parameter.empty:
        return ""
    written: Any = parameter.annotation
    return written if isinstance(written, str) else written.__name__


def lacks_permissions(permissions: Permissions | None) -> Iterator[str]:
    """Yield what a declaration of permissions lacks, in sentences."""
    if permissions is None:
        yield "KIND has no permissions, write permissions=Permissions(read=..., write=...)"
    elif permissions.read is nothing:
        yield "its permissions allow to read nothing, write Permissions(read=...)"


def lacks_text(about: About | None) -> Iterator[str]:
    """Yield what an explanation lacks."""
    if about is None:
        yield "KIND explains nothing, write about=About(what=..., why=..., undo=(...,))"
        return
    for name, text in (("what", about.what), ("why", about.why), ("cost", about.cost)):
        if not text:
            yield f"its explanation has no {name}, write About({name}=...)"
    if about.what and not about.what.endswith("."):
        yield "what it is has to be a sentence, end it with a full stop"
    if not about.undo or not all(about.undo):
        yield "its explanation says no way back, write About(undo=(...,))"
    if any("arn:aws:" in line for line in about.undo):
        yield "an ARN in its undo holds in one partition only, write NAME, ARN or the like"
    for control in about.controls:
        if not CONTROL.fullmatch(control):
            yield f"{control!r} is no control, write 'CIS 1.2' or 'FSBP IAM.3'"
