"""How to install the packages of an optional part of awsbase, such as the sandbox."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence


def install_command(extra: str, package: str) -> str:
    """Return the command that installs what an extra needs, into the Python that runs.

    It names the packages, not awsbase: no index need have awsbase, which can come from a wheel or a folder. Without
    awsbase's own list, `package` is what is missing.
    """
    from importlib.util import find_spec

    names = sorted(needed(extra)) or [package]
    pip = "-m pip install" if find_spec("pip") else ""
    words = [sys.executable, *pip.split()] if pip else ["uv", "pip", "install", "--python", sys.executable]
    return shlex.join([*words, *names])


def needed(extra: str) -> Sequence[str]:
    """Return what the installed awsbase lists for an extra, as pip takes it."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        listed = requires("awsbase") or []
    except PackageNotFoundError:
        return []
    split = [each.partition(";") for each in listed]
    return [name.strip() for name, _, marker in split if marker.strip().replace("'", '"') == f'extra == "{extra}"']
