"""Which versions of the pinned programs are on the PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence

from awsbase.records import record
from awsbase.toolchain.known import Pin

PATIENCE = 20
VERSION = re.compile(r"\bv?(\d+\.\d+(?:\.\d+)*(?:-[0-9A-Za-z.]+)?)\b")


@record
class Found:
    """A program and where it is: `version` is empty where it says none, and `path` where it is not on the PATH."""

    pin: Pin
    path: str = ""
    version: str = ""

    @property
    def fits(self) -> bool:
        """Tell whether it is the pinned version."""
        return self.version == self.pin.version

    @property
    def difference(self) -> str:
        """Say in what it differs; empty when it is the pinned version."""
        if self.fits:
            return ""
        if not self.path:
            return f"{self.pin.tool.command} is not on the PATH"
        return f"{self.path} is {self.version}" if self.version else f"{self.path} does not say its version"


def look(pins: Sequence[Pin]) -> list[Found]:
    """Ask each pinned program on the PATH for its version."""
    return [found(pin) for pin in pins]


def found(pin: Pin) -> Found:
    """Ask one program for its version."""
    path = shutil.which(pin.tool.command)
    if path is None:
        return Found(pin)
    said = VERSION.search(output([path, *pin.tool.version_arguments]))
    return Found(pin, path, said[1] if said else "")


def output(command: Sequence[str]) -> str:
    """Return what a command prints; empty when it cannot be run, or does not end."""
    # Credentials are nobody's business here, and HashiCorp's programs would ask for a newer version.
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    quiet["CHECKPOINT_DISABLE"] = "1"
    try:
        done = subprocess.run(  # noqa: S603 pinned
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False, env=quiet
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace")
