"""What the AWS tools read from the environment first: the files and the profile. It imports next to nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

CREDENTIALS = ("AWS_SHARED_CREDENTIALS_FILE", "credentials")
CONFIG = ("AWS_CONFIG_FILE", "config")
# Botocore asks them in this order; the AWS CLI documents the second one only.
PROFILES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
VARIABLE = re.compile(r"\$(?:(\w+)|\{([^}]*)\})", re.ASCII)


def file_of(environ: Mapping[str, str], home: str, file: tuple[str, str]) -> str:
    """Return the path of an AWS file, as botocore finds it; for an empty name it uses none, as for /dev/null."""
    variable, name = file
    given = environ.get(variable)
    if given is None:
        return os.path.join(home, ".aws", name)
    given = VARIABLE.sub(lambda found: environ.get(found[1] or found[2], found[0]), given)
    if given == "~" or given.startswith("~/"):
        return os.path.join(home, given[2:])
    return os.path.expanduser(given or os.devnull)


def profile_of(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the profile that the environment names, and the variable that does; `default` and nothing without one."""
    return next(((environ[name], name) for name in PROFILES if name in environ), ("default", ""))
