"""Terraform on the same account, where it is at hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.distant import account
from benchmarks.measure import Measure, measure, ratio, row

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
        command = [binary, f"-chdir={copy}", "init", "-input=false"]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return (
                [],
                "- Terraform has no AWS provider at hand (`terraform init` fails): it was not measured beside ours.",
            )
        theirs = [apply(binary, Path(copy), latency) for _ in range(count)]
    firsts, others = zip(*theirs, strict=True)
    rows = [row("peers, Terraform", latency, run, of) for run, of in (("first", firsts), ("converged", others))]
    ratios = f"first run {ratio(first, firsts)}; converged run {ratio(converged, others)}"
    return rows, f"- Terraform beside ours, peers, {latency} ms: {ratios}."


def apply(binary: str, folder: Path, latency: int) -> tuple[Measure, Measure]:
    """Measure a first and a converged run on an account of their own."""
    (folder / "terraform.tfstate").unlink(missing_ok=True)
    home = {"HOME": os.environ["HOME"]}
    with account(latency) as distant:
        options = ["apply", "-auto-approve", "-input=false", f"-var=endpoint={distant.url}"]
        command = [binary, f"-chdir={folder}", *options]
        return measure(command, distant, home), measure(command, distant, home)
