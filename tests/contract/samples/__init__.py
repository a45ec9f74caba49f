"""The samples of all kinds: one module for each group of them, and no list of the modules."""

import importlib
import pkgutil

from tests.contract.sample import Sample

SAMPLES: tuple[Sample, ...] = tuple(
    sample
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__))
    for sample in importlib.import_module(f"{__name__}.{name}").SAMPLES
)
