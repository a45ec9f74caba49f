"""One section of a manifest while it is drafted: its values, the remarks beside them, and the files that it names."""

from __future__ import annotations

from typing import Any

from awsbase.engine.refusals import Refusal
from awsbase.engine.things import Unread, unreadable
from awsbase.manifest.paths import Steps

# Where the files of all sections stand, beside the manifest.
FOLDER = "policies"


class Draft:
    """What one section will say. A section into which nothing is put is left out of the manifest."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.value: Any = None
        self.remarks: dict[Steps, list[str]] = {}
        self.files: dict[str, str] = {}
        self.places: dict[Steps, str] = {}
        self.reasons: dict[str, tuple[str, ...]] = {}
        self.covered: set[str] = set()
        self.unread: dict[str, Unread] = {}
        self.weaker_at: list[Steps] = []

    def put(self, *path: str, value: Any, remark: str = "", of: str = "") -> None:
        """Write a value at a path below the section; without a path it is the whole section.

        `of` is the address that the value stands for: a mistake there refutes it alone.
        """
        if not path:
            self.value = value
        else:
            parent = self.value = {} if self.value is None else self.value
            for step in path[:-1]:
                parent = parent.setdefault(step, {})
            parent[path[-1]] = value
        if remark:
            self.remark(*path, text=remark)
        if of:
            self.places[path] = of

    def weaker(self, *path: str, value: Any, default: str, remark: str = "") -> None:
        """Write a value that is weaker than the default, and say so beside it; `--tighten` leaves it out."""
        self.put(*path, value=value, remark=f"weaker than the default: {default}")
        if remark:
            self.remark(*path, text=remark)
        self.weaker_at.append(path)

    def remark(self, *path: str, text: str) -> None:
        """Add a comment to the line of a key."""
        self.remarks.setdefault(path, []).append(text)

    def file(self, name: str, text: str) -> str:
        """Keep a file beside the manifest; return the path by which the manifest names it."""
        path = f"{FOLDER}/{name}"
        self.files[path] = text
        return path

    def cannot(self, address: str, *fields: str) -> None:
        """Say what of a thing this section has no words for: it is counted as not expressible."""
        self.reasons[address] = (*self.reasons.get(address, ()), *fields)

    def refused(self, name: str, refusal: Refusal) -> None:
        """Say that something could not be read which the section can do without."""
        self.unread[name] = unreadable(name, refusal)

    def covers(self, *addresses: str) -> None:
        """Say that the section describes these things, although it makes nothing at their addresses."""
        self.covered.update(addresses)

    def tightened(self) -> Draft:
        """Return the same without what is weaker than the default."""
        other = Draft(self.name)
        other.value = without(self.value, set(self.weaker_at))
        other.remarks = {path: texts for path, texts in self.remarks.items() if path not in self.weaker_at}
        other.files, other.places = self.files, self.places
        return other


def without(value: Any, left_out: set[Steps], path: Steps = ()) -> Any:
    """Return a value without what stands at some paths; a mapping that this empties stays, as the best practice."""
    if not isinstance(value, dict):
        return value
    return {key: without(each, left_out, (*path, key)) for key, each in value.items() if (*path, key) not in left_out}
