"""Ask an emulator that nobody here wrote for a second opinion: reconcile manifests with LocalStack, and plan again.

`make opinion` installs it, with exact pins, in an environment of its own, and serves it on loopback. The table goes to
docs/sandbox.md: what LocalStack lacks, and what it refuses or answers otherwise than our sandbox.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from socket import create_server
from typing import Any
from urllib.request import urlopen

import boto3

from tests.faults.results import ROOT
from tests.faults.table import commit

PAGE = ROOT / "docs" / "sandbox.md"
PINS = Path(__file__).with_name("requirements.txt")
MANIFESTS = ("minimal", "state-only", "baseline")
# LocalStack takes an access key of twelve digits for the account.
ACCOUNT = "123456789012"
STARTS_WITHIN = 60
MARKS = "<!-- second opinion -->", "<!-- end of second opinion -->"


@contextmanager
def emulator(home: Path) -> Iterator[str]:
    """Serve LocalStack from its own environment; yield its URL. Raises RuntimeError when it does not start in time."""
    with create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    settings = {"GATEWAY_LISTEN": listen, "DISABLE_EVENTS": "1", "SKIP_SSL_CERT_DOWNLOAD": "1", "DNS_ADDRESS": "0"}
    log = home / "log"
    with log.open("w") as output:
        served = subprocess.Popen(
            [ROOT / ".venv-opinion/bin/python", "-m", "localstack.runtime.main"],
            env={"PATH": os.environ["PATH"], "HOME": str(home), **settings},
            cwd=home,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://{listen}"
        until = time.monotonic() + STARTS_WITHIN
        while not answers(url):
            if time.monotonic() > until or served.poll() is not None:
                raise RuntimeError(f"LocalStack did not start:\n{log.read_text()}")
            time.sleep(0.5)
        yield url
    finally:
        served.terminate()
        served.wait()


def answers(url: str) -> bool:
    """Tell whether LocalStack is there."""
    try:
        with urlopen(f"{url}/_localstack/health", timeout=2):  # noqa: S310, on loopback
            return True
    except OSError:
        return False


def administrator(url: str) -> Mapping[str, str]:
    """Make an administrator, since awsbase does not work as root; return the environment that acts as it."""
    iam = boto3.client("iam", "eu-west-1", endpoint_url=url, aws_access_key_id=ACCOUNT, aws_secret_access_key="-")  # noqa: S106
    iam.create_user(UserName="opinion")
    iam.attach_user_policy(UserName="opinion", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="opinion")["AccessKey"]
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def run(command: Sequence[str], environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Run awsbase; return what its JSON says of each resource."""
    done = subprocess.run(
        [sys.executable, "-m", "awsbase", *command, "--json"],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    resources: list[dict[str, Any]] = json.loads(done.stdout)["resources"]
    return resources


def lacking(error: Mapping[str, Any]) -> str:
    """Return the service or the action that LocalStack does not have; empty when the error is another one."""
    message = str(error["message"])
    service = re.search(r"The API for service '(.+?)' is either not included", message)
    action = re.search(r"The (\w+) action has not been implemented", message)
    found = service or action
    return found.group(1) if found else ""


def row(manifest: str, environment: Mapping[str, str]) -> str:
    """Reconcile one manifest and plan it again; return its row of the table."""
    path = f"manifests/{manifest}.yaml"
    run(["reconcile", path, "--yes", "--allow-risky"], environment)
    after = run(["plan", path], environment)
    failed = [each for each in after if each["status"] in ("failed", "blocked")]
    lacks = sorted({lacking(each["error"]) for each in failed if each.get("error")} - {""})
    refused = [each["address"] for each in failed if not (each.get("error") and lacking(each["error"]))]
    planned = [
        f"{each['address']}: {', '.join(change['what'] for change in each['changes'])}"
        for each in after
        if each["status"] == "planned"
    ]
    converged = sum(each["status"] == "unchanged" for each in after)
    cells = [
        f"`{manifest}.yaml`",
        str(len(after)),
        str(converged),
        *(", ".join(f"`{name}`" for name in names) or "nothing" for names in (lacks, refused, planned)),
    ]
    return f"| {' | '.join(cells)} |"


def version() -> str:
    """Return the version of LocalStack that is pinned."""
    pins = dict(line.split("==") for line in PINS.read_text(encoding="utf-8").split() if "==" in line)
    return pins["localstack-core"]


def main() -> None:
    """Write the table into docs/sandbox.md, with the date and the commit."""
    with tempfile.TemporaryDirectory() as home, emulator(Path(home)) as url:
        environment = administrator(url)
        rows = [row(manifest, environment) for manifest in MANIFESTS]
    head = "| manifest | resources | converged | LocalStack lacks | refused otherwise | planned again |"
    measured = f"Measured on {datetime.now(UTC):%Y-%m-%d}, at commit {commit()}, with LocalStack {version()}."
    table = "\n".join([head, "| --- | ---: | ---: | --- | --- | --- |", *rows, "", measured])
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    PAGE.write_text(f"{before}{MARKS[0]}\n\n{table}\n\n{MARKS[1]}{after}", encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
