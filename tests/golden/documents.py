"""The JSON that plan and reconcile print for the shipped manifests, as files that a review can read.

The files beside this one say what the manifests of `manifests/` do: every change in its order, its digest, the calls.
A change to them is a change to what users get. When one is meant, write the files anew and commit the difference with
the reason for it:

    python -m tests.golden.documents [MANIFEST…]     # all manifests when none is named, such as `cis`
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MANIFESTS = {path.stem: path for path in sorted((HERE.parent.parent / "manifests").glob("*.yaml"))}
RECONCILED = HERE / "reconcile.json"
# The sandbox draws the ids of what it makes by itself, such as the default VPC of each region.
RANDOM_ID = re.compile(r"\b([a-z]+)-[0-9a-f]{17}\b")


def run(*words: str) -> tuple[int, dict[str, Any]]:
    """Run awsbase against a new sandbox; return its exit code and the JSON document that it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, "-m", "awsbase", *words, "--sandbox", "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)
    return ended.returncode, fixed(json.loads(ended.stdout))


def fixed(value: Any) -> Any:
    """Return a JSON value without what is another one each time: random ids, and the digests of changes about them."""
    if isinstance(value, dict):
        drawn = "digest" in value and RANDOM_ID.search(json.dumps(value))
        kept = {key: fixed(item) for key, item in value.items() if key != "awsbase"}
        return {**kept, "digest": "random"} if drawn else kept
    if isinstance(value, list):
        return [fixed(item) for item in value]
    return RANDOM_ID.sub(r"\1-ID", value) if isinstance(value, str) else value


def plan(name: str) -> dict[str, Any]:
    """Return the plan of a shipped manifest, with its exit code."""
    code, document = run("plan", str(MANIFESTS[name]))
    return {"exit_code": code, **document}


def reconcile(name: str) -> tuple[dict[str, Any], list[Any]]:
    """Return how a shipped manifest is reconciled: the figures, and the changes as `changes` lists them."""
    code, document = run("reconcile", str(MANIFESTS[name]), "--yes")
    second = document["second"]
    figures = {
        "exit_code": code,
        "totals": document["totals"],
        "writes": document["calls"]["write"],
        "second": {"totals": second["totals"], "writes": second["calls"]["write"]},
    }
    return figures, changes(document)


def changes(document: dict[str, Any]) -> list[Any]:
    """Return the changes of a document, without what is known only once a resource is there."""
    keys = ("action", "what", "api", "risk", "reason")
    return [
        [each["address"], *([one[key] for key in keys] for one in each["changes"])] for each in document["resources"]
    ]


def written(name: str) -> Path:
    """Return where the plan of a shipped manifest is kept."""
    return HERE / f"{name}.plan.json"


def update(names: list[str]) -> None:
    """Write the documents of these manifests anew."""
    figures = json.loads(RECONCILED.read_text()) if RECONCILED.exists() else {}
    for name in names:
        written(name).write_text(json.dumps(plan(name), indent=2, ensure_ascii=False) + "\n")
        figures[name], _ = reconcile(name)
    RECONCILED.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    update(sys.argv[1:] or list(MANIFESTS))
