"""The federation endpoint of the console, as a server on the loopback interface."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Federation:
    """The federation endpoint; `direct` says whether it accepts durations."""

    url: str = ""
    direct: bool = True
    answer: bytes = b'{"SigninToken": "T0K=N"}'
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)

    def respond(self, query: dict[str, str]) -> tuple[int, bytes]:
        self.asked.append(query)
        if "SessionDuration" in query and not self.direct:
            return 400, b"<html>bad request</html>"
        return self.status, self.answer


@contextmanager
def served() -> Iterator[Federation]:
    """Serve the endpoint on the loopback interface."""
    federation = Federation()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            status, body = federation.respond(query)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    federation.url = f"http://127.0.0.1:{server.server_port}/federation"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield federation
    server.shutdown()
    thread.join()
    server.server_close()
