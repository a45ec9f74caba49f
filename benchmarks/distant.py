"""A sandbox that is some milliseconds away, as AWS is: served by a process of its own.

    python -m benchmarks.distant MILLISECONDS [throttling]

It prints its address, and then, at each line that comes in, what was called since the line before, as JSON. The strict
rules are off, because they are our cost and not that of AWS. When it is throttling, it refuses what comes faster than
AWS documents.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awsbase.sandbox import Message, Reply


@dataclass(frozen=True)
class Account:
    """A distant sandbox that another process serves."""

    url: str
    server: subprocess.Popen[str]

    def heard(self) -> tuple[Counter[str], Counter[str], int, int]:
        """Return reads and writes since it was last asked, how many of them it throttled, and the most at once."""
        assert self.server.stdin
        assert self.server.stdout
        print(file=self.server.stdin, flush=True)
        reads, writes, throttled, at_once = json.loads(self.server.stdout.readline())
        return Counter(reads), Counter(writes), throttled, at_once


@contextmanager
def account(milliseconds: int, *, throttling: bool = False) -> Iterator[Account]:
    """Serve an empty account that answers every call after so many milliseconds."""
    # Not in this process: what we measure would share its processor time, and Linux would count this process's memory
    # as the peak of whatever it starts.
    command = [sys.executable, "-m", "benchmarks.distant", str(milliseconds), *(["throttling"] if throttling else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        yield Account(server.stdout.readline().strip(), server)
        server.stdin.close()


def serve(milliseconds: int, *, throttling: bool) -> None:
    """Serve until stdin ends."""
    from awsbase.engine.rate_limit import TOO_FAST
    from awsbase.sandbox import Sandbox
    from awsbase.sandbox.rates import DOCUMENTED, Rates
    from awsbase.sandbox.serve import listen, warm

    class Distant(Sandbox):
        """Answers late, and counts how many wait at once."""

        seconds = 0.0
        at_once = 0
        most_at_once = 0
        counting = threading.Lock()

        def answer(self, message: Message) -> Reply:
            with self.counting:
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                time.sleep(self.seconds)
                return super().answer(message)
            finally:
                with self.counting:
                    self.at_once -= 1

    sandbox = Distant(strict=False)
    warm(sandbox)
    sandbox.seconds, sandbox.most_at_once = milliseconds / 1000, 0
    sandbox.rates = Rates(DOCUMENTED if throttling else ())
    server = listen(sandbox)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    print(f"http://127.0.0.1:{server.port}", flush=True)
    for _ in sys.stdin:
        reads = Counter(call.name for call in sandbox.calls if not call.writes)
        writes = Counter(call.name for call in sandbox.calls if call.writes)
        throttled = sum(call.error in TOO_FAST for call in sandbox.calls)
        print(json.dumps([reads, writes, throttled, sandbox.most_at_once]), flush=True)
        sandbox.calls.clear()
        sandbox.most_at_once = 0
    server.shutdown()
    thread.join()


if __name__ == "__main__":
    serve(int(sys.argv[1]), throttling="throttling" in sys.argv)
