"""Write the pins of a manifest into the files of mise and aqua: all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from awsbase import disk
from awsbase.records import record
from awsbase.toolchain import aqua, mise
from awsbase.toolchain.known import Pin
from awsbase.toolchain.published import Fetch, assets

LARGEST = 8 * 1024 * 1024


@record
class Written:
    """What was done: the files that changed, those that were right already, and the programs that no file can pin."""

    changed: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    unpinned: tuple[str, ...] = ()


def lock(pins: Sequence[Pin], folder: Path, fetch: Fetch) -> Written:
    """Pin programs in the files of mise and aqua in a folder; what others wrote there stays.

    All checksums are fetched, and all files are made, before the first is written.
    """
    pinned = [pin for pin in pins if pin.tool.sums]
    locked = [(pin, assets(pin, fetch)) for pin in pinned]
    for_mise, for_aqua = existing(folder, mise.CONFIGS, mise.CONFIG), existing(folder, aqua.CONFIGS, aqua.CONFIG)
    before = {name: text(folder / name) for name in (for_mise, mise.LOCK, for_aqua, aqua.CHECKSUMS)}
    after = (
        {
            for_mise: mise.config(for_mise, before[for_mise], pinned),
            mise.LOCK: mise.lock(before[mise.LOCK], locked),
            for_aqua: aqua.config(for_aqua, before[for_aqua], pinned),
            aqua.CHECKSUMS: aqua.checksums(before[aqua.CHECKSUMS], locked),
        }
        if pinned
        else {}
    )
    changed = [name for name, content in after.items() if content != before[name]]
    for name in changed:
        disk.replace(folder / name, after[name].encode(), private=False)
    unpinned = tuple(pin.name for pin in pins if not pin.tool.sums)
    return Written(tuple(changed), tuple(name for name in after if name not in changed), unpinned)


def existing(folder: Path, names: Sequence[str], new: str) -> str:
    """Return the name of the file that is there, or that of a new one."""
    return next((name for name in names if (folder / name).exists()), new)


def text(path: Path) -> str:
    """Return the text of a file; empty when there is none."""
    return disk.read(path, LARGEST).decode() if path.exists() else ""
