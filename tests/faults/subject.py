"""What faults are injected into: every kind by its sample, and the manifests that people start from."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from awsbase.engine.removal import absent_of
from awsbase.samples import SAMPLES
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from awsbase.testing.removal import Leaving
from awsbase.testing.subject import Subject

MANIFESTS = Path(__file__).parents[2] / "manifests"


@cache
def manifest(name: str) -> Subject:
    """Return a manifest of `manifests/` as a subject."""
    loaded = read(MANIFESTS / f"{name}.yaml", Options())
    return Subject(f"{name}.yaml", loaded.resources, fingerprint=loaded.fingerprint)


@cache
def destroyed(name: str) -> Leaving:
    """Return a manifest of `manifests/` that is destroyed, but for what is exempt."""
    loaded = read(MANIFESTS / f"{name}.yaml", Options())
    exempt = {each.address: absent_of(loaded.kinds, each).exempt for each in loaded.resources}
    stays = {address: why for address, why in exempt.items() if why}
    return Leaving(f"{name}.yaml destroyed", loaded.resources, fingerprint=loaded.fingerprint, stays=stays)


KINDS_ALONE = tuple(Subject(sample.name, sample.resources, sample.before) for sample in SAMPLES)
DESTROYED = tuple(Leaving(f"{sample.name} destroyed", sample.resources, sample.before) for sample in SAMPLES)
