"""What awsbase's own kinds lack in a clone, in sentences: a declaration, a sample, their row in the docs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from awsbase.engine.declarations import check, where
from awsbase.engine.kind import Kind
from awsbase.engine.resource import Resource
from awsbase.ensure import names
from awsbase.kinds.table import PAGE, insert

FOLDER = "awsbase/samples"


def check_tree(root: Path, kinds: Mapping[type[Resource], Kind]) -> list[str]:
    """Return a sentence for each thing that awsbase's own kinds lack in the clone at `root`: module, sample, docs."""
    # Samples import all kinds: those that are written at this moment are not among them yet.
    from awsbase.samples import SAMPLES

    examples = [resource for sample in SAMPLES for resource in sample.resources]
    found = check(kinds, examples)
    for resource, kind in kinds.items():
        if kind.word not in names():
            module = kind.word.replace("-", "_")
            found.append(f"{where(resource)}: `awsbase explain {kind.word}` looks for it in awsbase/ensure/{module}.py")
        if kind.absent is None:
            found.append(f"{where(resource)}: nothing says how one is taken away, write absent=Absent(...) into KIND")
        if kind.describe is None:
            found.append(f"{where(resource)}: nothing lists what there is, write describe=Describe(...) into KIND")
        if not any(type(example) is resource for example in examples):
            found.append(f"{where(resource)}: the contract tries none, write a sample in {FOLDER}/")
    page = (root / PAGE).read_text(encoding="utf-8")
    if insert(page, kinds.values()) != page:
        found.append(f"{PAGE}: the table is not what the kinds declare, run `python -m awsbase.kinds docs`")
    return found
