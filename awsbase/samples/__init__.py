"""The samples of all kinds, collected from the modules of this package."""

import importlib
import pkgutil

from awsbase.samples.sample import Sample

# What samples are made of.
PARTS = ("connections", "making", "sample")

SAMPLES: tuple[Sample, ...] = tuple(
    sample
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in PARTS)
    for sample in importlib.import_module(f"{__name__}.{name}").SAMPLES
)
