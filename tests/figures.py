"""Count for docs/reliability.md: reads refused, quotas brimmed, fields left out.

`python -m tests.figures` sweeps, and writes what it has counted, with the date and the commit. It takes minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from awsbase.samples import SAMPLES
from awsbase.sandbox import Sandbox
from awsbase.testing.refused_reads import converged, trial
from tests.contract.sample import go, problems, said
from tests.ensure.test_quotas import CASES, ELSEWHERE
from tests.faults.subject import KINDS_ALONE, manifest
from tests.faults.table import PAGE, commit
from tests.hostile.beside import others

COUNTED = re.compile(r"(?<=<!-- counted -->\n).*(?=<!-- end of counted -->)", re.DOTALL)
MANIFESTS = ("baseline", "bastion", "cis", "secrets")


def refused_reads() -> str:
    """Refuse each read of each kind and manifest in turn; return how many that were."""
    tried, subjects = 0, [*KINDS_ALONE, *map(manifest, MANIFESTS)]
    for subject in subjects:
        there = converged(subject)
        assert [line for each in there.reads for line in trial(there, each)] == [], subject.name
        tried += len(there.reads)
    return (
        f"| reads refused by an organization | {tried:,} reads of {len(KINDS_ALONE)} samples of kinds and "
        f"{len(MANIFESTS)} manifests | nothing is planned; the advice is true |"
    )


def brimmed_quotas() -> Iterator[str]:
    """Say how many quotas the tests brim: those of `tests/ensure/test_quotas.py`, and the others."""
    brimmed, known = {each.quota for each in CASES.values()}, {each.quota for each in CASES.values()} | ELSEWHERE
    fit = sum(each.fits is not None for each in CASES.values())
    yield f"| quotas brimmed | {len(brimmed)} of {len(known)} | one more is an error of the plan; nothing is written |"
    yield f"| quotas brimmed, and the wanted end fits | {fit} | it is reached; as few go first as make room |"


def fields_left_out() -> str:
    """Let others have things without an optional field beside each sample's; return how many fields that were."""
    left_out: set[tuple[str, str]] = set()
    for sample in SAMPLES:
        sandbox = Sandbox()
        sample.before(sandbox)
        assert problems(go(sandbox, "reconcile", sample.resources)) == [], sample.name
        with others(sandbox) as found:
            plan = go(sandbox, "plan", sample.resources)
        assert (problems(plan), said(plan)) == ([], []), sample.name
        left_out |= found
    lists = len({name for name, _ in left_out})
    return (
        f"| optional fields left out of things of others | {len(left_out):,} fields of {lists} lists, beside "
        f"{len(SAMPLES)} samples | every plan is as without them |"
    )


if __name__ == "__main__":
    rows = [refused_reads(), *brimmed_quotas(), fields_left_out()]
    date = f"{datetime.now(UTC).date().isoformat()}, at commit {commit()}"
    text = "\n".join(["| swept | how many | outcome |", "| --- | --- | --- |", *rows, "", f"Counted on {date}."])
    PAGE.write_text(COUNTED.sub(lambda _: f"\n{text}\n\n", PAGE.read_text()))
