"""The manifests that are measured."""

from __future__ import annotations

from pathlib import Path

BASELINE = Path(__file__).parent.parent / "manifests" / "baseline.yaml"
PEERS = Path(__file__).with_name("peers.yaml")
GROUPS = 20


def people(count: int, folder: Path) -> Path:
    """Write a manifest of `count` users in twenty groups, as the peers were measured with, and return where it is."""
    lines = [
        "version: 1",
        'account: {id: "123456789012", name: acme, region: eu-west-1}',
        "iam:",
        "  groups:",
        *(f"    team-{n:02}: {{people: false}}" for n in range(GROUPS)),
        "  users:",
        *(f"    user-{n:04}: {{groups: [team-{n % GROUPS:02}]}}" for n in range(count)),
    ]
    path = folder / f"people-{count}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path
