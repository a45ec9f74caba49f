"""A selftest against another emulator, whose accounts the command would refuse: they manage organizations, say.

    AWS_ENDPOINT_URL=http://127.0.0.1:4566 python -m tests.selftest.elsewhere REPORT.md [SAMPLE ...]

It takes the credentials of the environment, asks nothing, and writes the report.
"""

from __future__ import annotations

import os
import sys
from decimal import Decimal
from pathlib import Path

from awsbase.adopt.survey import Survey
from awsbase.samples import SAMPLES
from awsbase.scripts.selftest import connected
from awsbase.selftest.choice import choose
from awsbase.selftest.page import page
from awsbase.selftest.run import selftest


def main(report: str, *names: str) -> None:
    """Try the samples of these names, or all that do not cost, and write the report."""
    assert "AWS_ENDPOINT_URL" in os.environ, "this asks nobody, and is for emulators"
    place = connected(None, "selftest", None, debug=False)
    place.bench.pauses = (0,)
    place.tell = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: T201
    chosen = choose([each for each in SAMPLES if not names or each.name in names], (), isolated=False)
    place.survey = Survey  # type: ignore[method-assign]
    Path(report).write_text(page(selftest(place, chosen, Decimal(5), Survey())), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
