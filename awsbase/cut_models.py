"""Service models cut to what awsbase calls, kept in the user's cache.

botocore's models describe 20,000 operations, of which awsbase calls some 400. A cut is made from the botocore that is
installed, once for each service, and kept for that version and these operations. One that is damaged, or that somebody
else could have written, is not read, but made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import botocore
from botocore import xform_name
from botocore.exceptions import DataNotFoundError

from awsbase import disk
from awsbase.models import Models, SharedLoader

SWITCH = "AWSBASE_CACHE"
OPERATIONS = Path(__file__).with_name("operations.json")
PARTS = ("service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1")
# Endpoints of the services, of which botocore asks for each client.
ENDPOINTS = "endpoints"
LARGEST = 4 * 1024 * 1024
UNUSED = 30 * 24 * 3600  # seconds after which the cuts of a botocore that nobody uses any more are removed
EXPLAINED = ("documentation", "documentationUrl", "examples")

Cut = dict[str, Any]


@cache
def called() -> Mapping[str, Mapping[str, Any]]:
    """Return the `methods` of clients that awsbase calls, by service, and the `prefix` of its endpoints."""
    services: dict[str, dict[str, Any]] = json.loads(OPERATIONS.read_bytes())
    return services


class CutLoader(SharedLoader):
    """Loads cut models, and what else botocore wants whole."""

    def __init__(self, folder: Path) -> None:
        super().__init__(file_loader=Models())
        self.folder = folder
        self._cuts: dict[str, Cut] = {}

    def cut(self, service: str) -> Cut:
        """Return the cut of a service that awsbase calls: from the cache, or made from botocore's models."""
        if service not in self._cuts:
            make = partial_cut(service, super().load_service_model, super().load_data_with_path)
            self._cuts[service] = kept(self.folder / f"{service}.json", make)
        return self._cuts[service]

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        """Return a model of a service, cut if awsbase calls it; raises what botocore's own loader raises."""
        if service_name not in called() or type_name not in PARTS:
            return super().load_service_model(service_name, type_name, api_version)
        cut = self.cut(service_name)
        if api_version not in (None, cut["service-2"]["metadata"]["apiVersion"]):
            return super().load_service_model(service_name, type_name, api_version)
        found = cut[type_name]
        if found is None:
            raise DataNotFoundError(data_path=f"{service_name}/{type_name}")
        return found

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Return data beside the models, with the path that it is from."""
        if name != ENDPOINTS:
            found: tuple[Any, str] = super().load_data_with_path(name)
            return found
        return self.cut(ENDPOINTS)["data"], self.cut(ENDPOINTS)["path"]


def partial_cut(service: str, model: Callable[..., Any], data: Callable[..., Any]) -> Callable[[], Cut]:
    """Return what makes the cut of a service, or of the endpoints, from botocore's own models."""
    if service == ENDPOINTS:
        return lambda: cut_endpoints(*data(ENDPOINTS))

    def make() -> Cut:
        # A botocore that does not know the service says so; the other parts are not there for every one.
        found: Cut = {**dict.fromkeys(PARTS), PARTS[0]: model(service, PARTS[0])}
        for part in PARTS[1:]:
            with suppress(DataNotFoundError):
                found[part] = model(service, part)
        return cut_service(found, frozenset(called()[service]["methods"]))

    return make


def cut_endpoints(whole: Mapping[str, Any], path: str) -> Cut:
    """Return the endpoints of the services that awsbase calls, in all partitions."""
    prefixes = {service["prefix"] for service in called().values()}
    partitions = [
        {**each, "services": {name: found for name, found in each["services"].items() if name in prefixes}}
        for each in whole["partitions"]
    ]
    return {"data": {**whole, "partitions": partitions}, "path": path}


def cut_service(parts: Mapping[str, Any], methods: frozenset[str]) -> Cut:
    """Return the models of a service with the operations that are called, and the shapes that these need."""
    whole = parts["service-2"]
    kept = {name: explained(each) for name, each in whole["operations"].items() if xform_name(name) in methods}
    wanted = [each["shape"] for operation in kept.values() for each in sides(operation)]
    # An error that no operation names can still be the answer.
    wanted += [name for name, shape in whole["shapes"].items() if shape.get("exception")]
    shapes: dict[str, Any] = {}
    while wanted:
        if (name := wanted.pop()) not in shapes:
            shapes[name] = explained(whole["shapes"][name])
            wanted += [each["shape"] for each in inside(shapes[name])]
    in_order = {name: shapes[name] for name in whole["shapes"] if name in shapes}
    model = {**explained(whole), "operations": kept, "shapes": in_order}
    pages, waiters = parts["paginators-1"], parts["waiters-2"]
    return {
        "service-2": model,
        "paginators-1": pages
        and {**pages, "pagination": {name: each for name, each in pages["pagination"].items() if name in kept}},
        "waiters-2": waiters
        and {
            **waiters,
            "waiters": {name: each for name, each in waiters["waiters"].items() if each["operation"] in kept},
        },
        "endpoint-rule-set-1": parts["endpoint-rule-set-1"],
        "names": list(whole["operations"]),
    }


def explained(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of a model without what only people read."""
    held = {name: each for name, each in described.items() if name not in EXPLAINED}
    if "members" in held:
        held["members"] = {name: explained(each) for name, each in held["members"].items()}
    return held


def sides(operation: Mapping[str, Any]) -> Iterable[Mapping[str, str]]:
    """Yield the references of an operation to the shapes of what goes in, what comes out, and errors."""
    yield from (operation[side] for side in ("input", "output") if side in operation)
    yield from operation.get("errors", ())


def inside(shape: Mapping[str, Any]) -> Iterable[Mapping[str, str]]:
    """Yield the references of a shape to other shapes."""
    yield from shape.get("members", {}).values()
    yield from (shape[part] for part in ("member", "key", "value") if part in shape)


def kept(file: Path, make: Callable[[], Cut]) -> Cut:
    """Return what a file of the cache holds; make it, and keep it there, where that can be."""
    with suppress(OSError, ValueError):
        if private(os.lstat(file)):
            digest, _, content = disk.read(file, LARGEST).partition(b"\n")
            if digest == hashlib.sha256(content).hexdigest().encode():
                found: Cut = json.loads(content)
                return found
    made = make()
    content = json.dumps(made, separators=(",", ":")).encode()
    with suppress(OSError):
        disk.replace(file, hashlib.sha256(content).hexdigest().encode() + b"\n" + content, private=True, follow=False)
    return made


def complete(client: Any, whole: Callable[[], Any]) -> None:
    """Let a client of a cut model do what the whole client does, which is made when it is first needed."""
    service = client.meta.service_model.service_id.hyphenize()

    def attribute(event_name: str, **_: Any) -> Any:
        """Return what botocore asks for before it says that a client has no such attribute."""
        name = event_name.rpartition(".")[2]
        return None if name.startswith("_") else getattr(whole(), name)

    client.meta.events.register(f"getattr.{service}", attribute)
    for factory, known in (
        ("get_paginator", client._PY_TO_OP_NAME.__contains__),
        ("get_waiter", lambda name: name in client.waiter_names),
    ):
        setattr(client, factory, either(getattr(client, factory), known, factory, whole))


def either(
    cut: Callable[[str], Any], known: Callable[[str], bool], factory: str, whole: Callable[[], Any]
) -> Callable[[str], Any]:
    """Return what makes a paginator or a waiter: by the cut client if it knows the name, else by the whole one."""
    return lambda name: cut(name) if known(name) else getattr(whole(), factory)(name)


def private(status: os.stat_result) -> bool:
    """Tell whether nobody but this user can have written a file or a folder, or changed where its name leads."""
    return not stat.S_ISLNK(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022


@cache
def loader() -> CutLoader | None:
    """Return the loader of cut models that all clients of a process share; None where there can be no cache."""
    folder = place()
    if folder is None:
        return None
    with suppress(OSError):
        folder.parents[2].mkdir(mode=0o700, exist_ok=True)
        for each in (folder.parents[1], folder.parent, folder):
            each.mkdir(mode=0o700, exist_ok=True)
            if not private(os.lstat(each)):
                return None
        forget(folder)
        return CutLoader(folder)
    return None


def place() -> Path | None:
    """Return the folder for this botocore and these operations; None where the cache is switched off or has no home."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    if os.environ.get(SWITCH, "").lower() == "off" or not os.path.isabs(base):
        return None
    try:
        # Root leaves nothing in the home of somebody else, as under `sudo`.
        held = base if os.path.exists(base) else os.path.dirname(base)
        if os.stat(held).st_uid != os.getuid():
            return None
    except OSError:
        return None
    said = f"{botocore.__version__}\n{Path(botocore.__file__).stat().st_mtime_ns}\n".encode() + OPERATIONS.read_bytes()
    # What another version of this module has cut may look otherwise.
    said += Path(__file__).read_bytes()
    return Path(base, "awsbase", "models", hashlib.sha256(said).hexdigest()[:20])


def forget(folder: Path) -> None:
    """Remove cuts that have not been used for a month, such as those of an older botocore."""
    os.utime(folder)
    for other in folder.parent.iterdir():
        if other != folder and other.is_dir() and time.time() - other.stat().st_mtime > UNUSED:
            for file in other.iterdir():
                file.unlink()
            other.rmdir()
