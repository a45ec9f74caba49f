"""Work that costs nothing, for tests of what carries it out; processes import it by its name, and little else."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from awsbase.fleet.worker import CarryOut


def canned() -> CarryOut:
    """Return work that does what the name of the account says, and notes below its region what it was begun for."""
    return lambda item: json.dumps(answer(json.loads(item)))


def answer(item: dict[str, Any]) -> dict[str, Any]:
    """Do what an item wants, and return its result."""
    name, notes = item["account"], Path(item["reach"]["region"])
    with (notes / name).open("a") as file:
        file.write(f"{os.getpid()}\n")
    tries = len((notes / name).read_text().split())
    if name.startswith("dies-always") or (name.startswith("dies-once") and tries == 1):
        os._exit(9)
    if name.startswith("hangs"):
        time.sleep(60)
    if name.startswith("slow"):
        time.sleep(0.2)
    failing = name.startswith("fails")
    return {
        "schema": "awsbase.fleet.result/1",
        "run": item["run"],
        "mode": item["mode"],
        "account": name,
        "id": item["id"],
        "status": "failed" if failing else "done",
        "exit": int(failing),
        "report": None,
        "error": {"message": "it fails", "hint": None} if failing else None,
        "seconds": 0.0,
        "calls": 1,
    }
