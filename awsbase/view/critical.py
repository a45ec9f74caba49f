"""The chain of resources that a run waited for: each was needed by the next, and was done later than what else was."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from awsbase import disk
from awsbase.errors import UsageError
from awsbase.records import record
from awsbase.view.document import MAX_BYTES
from awsbase.view.graph import Needs

Times = Mapping[str, Sequence[float]]


@record
class Step:
    """A resource of the chain: for how many seconds it waited after what it needs was done, and how long it took."""

    address: str
    waited: float
    took: float
    done: float


def chain(needs: Needs, times: Times) -> list[Step]:
    """Return the chain that ends with what was done last, in order; what a run left out is not in it."""
    found: list[Step] = []
    last = max((each for each in needs if each in times), key=lambda each: times[each][1], default=None)
    while last is not None:
        begun, done = times[last]
        before = max((each for each in needs[last] if each in times), key=lambda each: times[each][1], default=None)
        found.append(Step(last, begun - (times[before][1] if before else 0.0), done - begun, done))
        last = before
    return found[::-1]


def drawn(steps: Sequence[Step], times: Times) -> Iterator[str]:
    """Yield the lines of a table; seconds."""
    yield "waited    took    done"
    for step in steps:
        yield f"{step.waited:6.2f}  {step.took:6.2f}  {step.done:6.2f}  {step.address}"
    side = sum(done - begun for begun, done in times.values())
    yield f"{len(steps)} of {len(times)} resources; one after another, all would take {side:.2f} s"


def times_of(path: Path) -> Times:
    """Read the times from the JSON document of a run; raises UsageError for a file that has none."""
    hint = "write one with `awsbase reconcile MANIFEST --json`"
    try:
        found = json.loads(disk.read(path, MAX_BYTES))["steps"]
        return {str(address): (float(begun), float(done)) for address, (begun, done) in found.items()}
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", hint=hint) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UsageError(f"{path} is no document of a run that says when each resource was done", hint=hint) from None
