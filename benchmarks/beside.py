"""Terraform on the same account, where it is at hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.distant import Account, account
from benchmarks.measure import Measure, environment, measure, ratio, row

HERE = Path(__file__).with_name("terraform")


def terraform(
    latency: int, count: int, first: Sequence[Measure], converged: Sequence[Measure]
) -> tuple[list[str], str]:
    """Return the rows of Terraform for what `peers.yaml` makes, and how ours compare; or no rows, and why."""
    binary = shutil.which("terraform")
    if binary is None:
        return [], "- There is no `terraform` on the PATH: it was not measured beside ours."
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(HERE, copy, dirs_exist_ok=True)
        command = [binary, f"-chdir={copy}", "init", "-input=false", "-no-color"]
        begun = subprocess.run(command, capture_output=True, text=True, check=False)
        if begun.returncode:
            print(begun.stderr, file=sys.stderr)
            return (
                [],
                "- `terraform init` fails, as it says above: Terraform was not measured beside ours. The file that "
                "TF_CLI_CONFIG_FILE names can have a `filesystem_mirror` of the provider.",
            )
        theirs = [apply(binary, Path(copy), latency) for _ in range(count)]
    firsts, others, plans = zip(*theirs, strict=True)
    rows = [row("peers, Terraform", latency, run, of, ()) for run, of in (("first", firsts), ("converged", others))]
    ratios = f"first run {ratio(first, firsts)}; converged run {ratio(converged, others)}"
    return rows, f"- Terraform beside ours, peers, {latency} ms: {ratios}. A plan after both: {plans[0]}."


def apply(binary: str, folder: Path, latency: int) -> tuple[Measure, Measure, str]:
    """Measure a first and a converged run on an account of their own, and say what a plan would change after them."""
    (folder / "terraform.tfstate").unlink(missing_ok=True)
    home = {"HOME": os.environ["HOME"]}
    with account(latency, tls=True) as distant:
        options = ["apply", "-auto-approve", "-input=false"]
        command = [binary, f"-chdir={folder}", *options]
        first, converged = measure(command, distant, home), measure(command, distant, home)
        return first, converged, planned([binary, f"-chdir={folder}"], distant, home)


def planned(command: Sequence[str], distant: Account, home: Mapping[str, str]) -> str:
    """Return what Terraform would change: `No changes`, or the resources."""
    options = ["plan", "-no-color", "-input=false"]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, check=True, env={**environment(distant), **home}
    )
    changed = [line.strip("# \n") for line in done.stdout.splitlines() if line.startswith("  # ") and "will be" in line]
    return "; ".join(changed) or "No changes"
