"""How much CPU commands need that call AWS little or not at all, beside the AWS CLI, in turn."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.distant import account
from benchmarks.manifests import BASELINE
from benchmarks.measure import KEYS, Measure, measure, ours, spread

THEIRS = "`aws --version`"
# A session that lasts, as `awsbase mfa refresh` keeps it.
SESSION = """\
[work]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = none

[work-mfa]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = none
aws_session_token = none
x_security_token_expires = 2099-01-01T00:00:00Z
x_source_profile = work
x_source_key_id = AKIAIOSFODNN7EXAMPLE
x_mfa_serial = arn:aws:iam::123456789012:mfa/alice
"""


def starts(runs: int) -> Iterator[str]:
    """Yield the rows of a Markdown table."""
    awsbase = [sys.executable, "-m", "awsbase"]
    commands = {
        THEIRS: [str(Path(sys.executable).with_name("aws")), "--version"],
        "`awsbase whoami --prompt`, session alive": [*awsbase, "whoami", "--prompt", "--profile", "work"],
        "`awsbase --help`": [*awsbase, "--help"],
        "`awsbase mfa refresh`, session alive": [*awsbase, "mfa", "refresh", "--profile", "work"],
        "`awsbase validate`, baseline": ours("validate", BASELINE),
        "`awsbase plan`, baseline": ours("plan", BASELINE),
    }
    yield from ("\n| command | CPU beside `aws --version` | seconds of CPU | seconds | peak MiB |", "| --- " * 5 + "|")
    measured: dict[str, list[Measure]] = {name: [] for name in commands}
    with account(0) as distant, tempfile.TemporaryDirectory() as home:
        credentials = Path(home, ".aws", "credentials")
        credentials.parent.mkdir()
        credentials.touch(0o600)
        credentials.write_text(SESSION)
        measure(ours("reconcile", BASELINE, "--yes"), distant)
        for _ in range(runs + 1):
            for name, command in commands.items():
                # Keys in the environment would count for more than the profile.
                there = {"HOME": home, **({} if "plan" in name else dict.fromkeys(KEYS, ""))}
                measured[name].append(measure(command, distant, there))
    theirs = median(m.cpu for m in measured[THEIRS][1:])
    for name, (_, *measures) in measured.items():
        cpu = [m.cpu for m in measures]
        cells = [f"{median(cpu) / theirs:.2f} ×", spread(cpu, 3), spread([m.wall for m in measures])]
        yield f"| {name} | {' | '.join(cells)} | {spread([m.memory for m in measures], 0)} |"
