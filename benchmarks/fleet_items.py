"""The manifests that accounts of the fleet have, and the item of each account."""

from __future__ import annotations

from pathlib import Path

from awsbase.fleet.item import Item
from awsbase.manifest.load import load_text
from awsbase.manifest.loaded import loaded_manifest
from awsbase.organization.reach import Route
from benchmarks.canned import id_of, name_of

HOME = "eu-west-1"
SMALL = "audit: {}\niam: {password_policy: {}}\n"
ROOT = Path(__file__).parents[1]


def sections(manifest: str) -> str:
    """Return the sections of a manifest by its name, without its account."""
    if manifest == "small":
        return SMALL
    lines = (ROOT / f"manifests/{manifest}.yaml").read_text().splitlines(keepends=True)
    start = next(index for index, line in enumerate(lines) if line.startswith("account:"))
    inside = (" ", "\n", "#")
    end = next(index for index in range(start + 1, len(lines)) if lines[index][:1] not in inside)
    return "".join(line for line in (*lines[:start], *lines[end:]) if not line.startswith("version:"))


def item(manifest: str, number: int) -> Item:
    """Return the plan of one of many accounts."""
    id, name = id_of(number), name_of(number)
    text = f'version: 1\naccount: {{id: "{id}", name: {name}, region: {HOME}}}\n{sections(manifest)}'
    route = Route(name, id, HOME, roles=(f"arn:aws:iam::{id}:role/awsbase-fleet-plan",))
    digest = loaded_manifest(name, load_text(text, Path(name), {})).fingerprint
    return Item("bench", "plan", route, text, {}, digest)
