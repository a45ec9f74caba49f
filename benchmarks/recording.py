"""Records what one converged account answers to a plan: `python -m benchmarks.recording MANIFEST FILE`."""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import replace
from pathlib import Path

import boto3

from awsbase.fleet.work import work
from awsbase.sandbox import Message, Reply, Sandbox, clients
from benchmarks.canned import id_of, key_of
from benchmarks.fleet_items import HOME, item


class Recorder:
    """Answers as a sandbox does, and remembers how."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.clock = sandbox.clock
        self.replies: dict[str, tuple[int, dict[str, str], str]] = {}
        self.asked = 0

    def answer(self, message: Message) -> Reply:
        """Answer a request."""
        self.asked += 1
        reply = self.sandbox.answer(message)
        key = key_of(message.method, message.url, message.header("X-Amz-Target"), message.body)
        self.replies[key] = (reply.status, dict(reply.headers), reply.body.decode("latin-1"))
        return reply

    def session(self) -> boto3.Session:
        """Return a session whose calls are recorded."""
        return clients.session(self.sandbox.key(), HOME, lambda request, **_: clients.transport(self, request))


def record(manifest: str, file: Path) -> int:
    """Record the plan of a converged account into a file; return how many calls it takes alone."""
    sandbox = Sandbox(account=id_of(0))
    plan = item(manifest, 0)
    reconcile = replace(plan, mode="reconcile", allow_risky=True)
    made = work(reconcile, lambda route: sandbox.session(region=HOME), clock=sandbox.clock, sandbox=True)
    if made.failing:
        raise SystemExit(f"the account is not converged: {made.message or made.report}")
    sandbox.clock.advance(3600)
    recorder = Recorder(sandbox)
    seen = work(plan, lambda route: recorder.session(), clock=sandbox.clock, sandbox=True)
    if seen.status != "unchanged":
        raise SystemExit(f"the second plan is not empty: {seen.message or seen.report}")
    file.write_bytes(gzip.compress(json.dumps(recorder.replies).encode()))
    return recorder.asked


if __name__ == "__main__":
    print(record(sys.argv[1], Path(sys.argv[2])))
