"""Terraform on the same account, where it is at hand."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.distant import Account
from benchmarks.measure import environment

HERE = Path(__file__).with_name("terraform")


class Missing(Exception):
    """There is no Terraform to measure, and why."""


@dataclass(frozen=True)
class Terraform:
    """A folder in which Terraform makes what `peers.yaml` makes."""

    binary: str
    folder: Path
    home: Mapping[str, str]

    @classmethod
    def ready(cls, folder: Path) -> Terraform:
        """Return it with its provider in a folder; raises Missing."""
        binary = shutil.which("terraform")
        if binary is None:
            raise Missing("there is no `terraform` on the PATH")
        shutil.copytree(HERE, folder, dirs_exist_ok=True)
        made = cls(binary, folder, {"HOME": os.environ["HOME"]})
        begun = subprocess.run([*made.command("init")], capture_output=True, text=True, check=False)
        if begun.returncode:
            raise Missing(
                f"`terraform init` fails: {begun.stderr.strip()}. The file that TF_CLI_CONFIG_FILE names can have a "
                "`filesystem_mirror` of the provider"
            )
        return made

    def command(self, name: str, *options: str) -> list[str]:
        """Return the command line of one of its commands, which asks nothing."""
        return [self.binary, f"-chdir={self.folder}", name, "-input=false", "-no-color", *options]

    def forget(self) -> None:
        """Begin anew with another account."""
        (self.folder / "terraform.tfstate").unlink(missing_ok=True)

    def planned(self, distant: Account) -> str:
        """Return what it would change now: `No changes`, or the resources."""
        there = {**environment(distant), **self.home}
        done = subprocess.run(self.command("plan"), capture_output=True, text=True, check=True, env=there)
        lines = [line.strip("# \n") for line in done.stdout.splitlines() if line.startswith("  # ")]
        return "; ".join(line for line in lines if "will be" in line) or "No changes"
