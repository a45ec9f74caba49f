"""The environment in which the AWS tools reach a served sandbox, and cannot reach anything else."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from awsbase import disk

# What a person has chosen for the AWS CLI to look like. Any other variable of AWS could lead elsewhere: to a profile, a
# session, the endpoint of a single service, or past AWS_ENDPOINT_URL.
KEPT = ("AWS_PAGER", "AWS_DEFAULT_OUTPUT")
KEPT_PREFIX = "AWS_CLI_"
# The first line of a file with exports, by which awsbase knows its own.
MARK = "# the environment of `awsbase sandbox`"
# It says that a session is in the environment, and none is any more.
EXEC = "AWSBASE_EXEC"
# Shells run this on their own variables, which nobody here knows.
UNSET = (
    f"unset AWS_PROFILE {EXEC} $(env | grep -Eo '^AWS_[A-Za-z0-9_]+=' | tr -d = | "
    f"grep -Ev '^({'|'.join(KEPT)}|{KEPT_PREFIX}.*)$')\n"
)


def variables(url: str, key_id: str, secret: str, region: str, folder: Path, resolver: str = "") -> dict[str, str]:
    """Return what leads to a sandbox; `folder` takes the profiles that somebody makes while it is served.

    `resolver` is where its public DNS answers.
    """
    dns = {"AWSBASE_RESOLVER": resolver} if resolver else {}
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": key_id,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        **dns,
    }


def profiles(keys: Mapping[str, tuple[str, str]], region: str, folder: Path) -> None:
    """Write a profile for each name into the folder that `variables` names, with its access key: id and secret."""
    config = "".join(f"[profile {name}]\nregion = {region}\n" for name in keys)
    credentials = "".join(
        f"[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n" for name, (id, secret) in keys.items()
    )
    for name, text in (("config", config), ("credentials", credentials)):
        disk.replace(folder / name, text.encode(), private=True)


def without_aws(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without anything that could lead an AWS tool somewhere."""
    return {
        name: value for name, value in environ.items() if kept(name) or not (name == EXEC or name.startswith("AWS_"))
    }


def kept(name: str) -> bool:
    """Tell whether a variable of AWS only chooses how its CLI looks."""
    return name in KEPT or name.startswith(KEPT_PREFIX)


def lines(given: Mapping[str, str]) -> str:
    """Return the lines by which a shell takes these variables and drops every other one that leads to AWS."""
    exported = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in given.items())
    return f"{MARK}\n{UNSET}{exported}"


def is_ours(file: Path) -> bool:
    """Tell whether a file holds exports of a sandbox, as this module writes them."""
    try:
        with open(file, encoding="utf-8", errors="replace", opener=_at_once) as text:
            return text.readline().rstrip("\n") == MARK
    except OSError:
        return False


def _at_once(name: str, flags: int) -> int:
    """Open a file without waiting for the writer of a pipe."""
    return os.open(name, flags | os.O_NONBLOCK | os.O_NOCTTY)
