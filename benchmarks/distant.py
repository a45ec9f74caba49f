"""A sandbox that is some milliseconds away, as AWS is: served by a process of its own.

    python -m benchmarks.distant MILLISECONDS [tls] [throttling]

It prints its address and the bundle of its authority, and then, at each line that comes in, what was called since the
line before, as JSON. The strict rules are off, because they are our cost and not that of AWS. For the same reason the
one long answer, about all users, is written once and told again until something is written. When it is throttling, it
refuses what comes faster than AWS documents. With TLS it is a proxy, and answers behind it as each host of AWS: there
are as many hosts, pools and handshakes as with AWS. Each new connection takes two round trips more, that of TCP and
that of TLS 1.3.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from awsbase.sandbox import Message, Reply
    from benchmarks.certificates import Authority


@dataclass(frozen=True)
class Account:
    """A distant sandbox that another process serves.

    `url` is its endpoint, or its proxy where there is a `bundle`: the file of the authorities to trust.
    """

    url: str
    server: subprocess.Popen[str]
    bundle: str

    def heard(self) -> Heard:
        """Return what was called since it was last asked."""
        assert self.server.stdin
        assert self.server.stdout
        print(file=self.server.stdin, flush=True)
        reads, writes, *others = json.loads(self.server.stdout.readline())
        return Heard(Counter(reads), Counter(writes), *others)


@dataclass(frozen=True)
class Heard:
    """Calls by operation, how many were throttled, the most at once, and the connections that were opened.

    `made` lists each call as its service, region, operation, parameters and refusal.
    """

    reads: Counter[str]
    writes: Counter[str]
    throttled: int
    at_once: int
    connections: int
    made: Sequence[Any] = field(default=(), repr=False)


@contextmanager
def account(milliseconds: int, *, tls: bool = False, throttling: bool = False) -> Iterator[Account]:
    """Serve an empty account that answers every call after so many milliseconds."""
    # Not in this process: what we measure would share its processor time, and Linux would count this process's memory
    # as the peak of whatever it starts.
    options = [name for name, on in (("tls", tls), ("throttling", throttling)) if on]
    command = [sys.executable, "-m", "benchmarks.distant", str(milliseconds), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        url, bundle = json.loads(server.stdout.readline())
        yield Account(url, server, bundle)
        server.stdin.close()


def serve(milliseconds: int, *, tls: bool, throttling: bool) -> None:
    """Serve until stdin ends."""
    from awsbase.engine.rate_limit import TOO_FAST
    from awsbase.sandbox import Sandbox, call_log
    from awsbase.sandbox.rates import DOCUMENTED, Rates
    from awsbase.sandbox.serve import listen, warm
    from benchmarks.certificates import Authority

    class Distant(Sandbox):
        """Answers late, and counts how many wait at once."""

        seconds = 0.0
        at_once = 0
        most_at_once = 0
        counting = threading.Lock()
        told: ClassVar[dict[str, Reply]] = {}

        def _late_or_now(self, scope: Any, operation: Any, params: Any, message: Message) -> Reply:
            """Tell of all users what was told before, until something is written: moto takes 0.2 s for each 500."""
            if call_log.writes(name := str(operation.name)):
                self.told.clear()
            if name != "GetAccountAuthorizationDetails":
                return super()._late_or_now(scope, operation, params, message)
            asked = json.dumps(params)
            self.told[asked] = self.told.get(asked) or super()._late_or_now(scope, operation, params, message)
            return self.told[asked]

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
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder)) if tls else None
        door = Door(server, authority, 2 * sandbox.seconds)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        print(json.dumps([f"http://127.0.0.1:{server.port}", str(authority.bundle) if authority else ""]), flush=True)
        for _ in sys.stdin:
            reads = Counter(call.name for call in sandbox.calls if not call.writes)
            writes = Counter(call.name for call in sandbox.calls if call.writes)
            throttled = sum(call.error in TOO_FAST for call in sandbox.calls)
            made = [(call.service, call.region, call.operation, call.params, call.error) for call in sandbox.calls]
            heard = [reads, writes, throttled, sandbox.most_at_once, door.connections, made]
            print(json.dumps(heard, default=str), flush=True)
            sandbox.calls.clear()
            sandbox.most_at_once = door.connections = 0
        server.shutdown()
        thread.join()


class Door:
    """Counts the connections of a server; with an authority it is a proxy that speaks TLS as any host of AWS.

    A handshake takes so many seconds. Each connection has a thread of its own.
    """

    def __init__(self, server: Any, authority: Authority | None, seconds: float) -> None:
        self.connections = 0
        self._counting = threading.Lock()
        self._finish, server.finish_request = server.finish_request, self._counted
        self._context = authority.context() if authority else None
        self._seconds = seconds

    def _counted(self, request: socket.socket, address: Any) -> None:
        with self._counting:
            self.connections += 1
        if self._context is None:
            self._finish(request, address)
            return
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            if not (more := request.recv(4096)):
                return
            asked += more
        request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        time.sleep(self._seconds)
        with suppress(OSError), self._context.wrap_socket(request, server_side=True) as secured:
            self._finish(secured, address)


if __name__ == "__main__":
    serve(int(sys.argv[1]), tls="tls" in sys.argv, throttling="throttling" in sys.argv)
