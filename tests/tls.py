"""AWS's hosts over TLS on loopback: a proxy that answers GetCallerIdentity for whatever host is asked.

It is a proxy by HTTP and by TLS: behind CONNECT it leads to itself.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.certificates import Authority

STS, IAM = "sts.eu-west-1.amazonaws.com", "iam.amazonaws.com"

IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/alice</Arn><UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


@dataclass
class Secured:
    """A proxy, and what came in: the host of each handshake, and each request's host, key and signed region."""

    url: str
    authority: Authority
    handshakes: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    certificates: list[Any] = field(default_factory=list)
    """The subject of each client that showed a certificate."""
    connected: threading.Event = field(default_factory=threading.Event)
    """Whether the proxy was connected to."""
    tunnelled: threading.Event = field(default_factory=threading.Event)
    """Whether the proxy has connected to a host."""


class Handler(BaseHTTPRequestHandler):
    """Answers on one connection as long as it is open."""

    protocol_version = "HTTP/1.1"
    secured: Secured

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        credential = self.headers["Authorization"].partition("Credential=")[2].split("/")
        self.secured.asked.append((self.headers["Host"], credential[0], credential[2]))
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(IDENTITY)))
        self.end_headers()
        self.wfile.write(IDENTITY)

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        with socket.create_connection(self.connection.getsockname()) as host:
            relay(self.connection, host)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def relay(client: ssl.SSLSocket, host: socket.socket) -> None:
    """Carry what two sides send until one of them ends."""
    while True:
        for side in [client] if client.pending() else select.select([client, host], [], [])[0]:
            sent = side.recv(65536)
            if not sent:
                return
            (host if side is client else client).sendall(sent)


class Server(ThreadingHTTPServer):
    """Speaks TLS with whom it serves, at once or behind CONNECT."""

    daemon_threads = True
    context: ssl.SSLContext
    secured: Secured

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.secured.connected.set()
        if request.recv(7, socket.MSG_PEEK) == b"CONNECT":
            asked = b""
            while not asked.endswith(b"\r\n\r\n"):
                asked += request.recv(1)
            request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.secured.tunnelled.set()
        with suppress(OSError), self.context.wrap_socket(request, server_side=True) as secured:
            self.secured.certificates += [secured.getpeercert()] if secured.getpeercert() else []
            super().finish_request(secured, client_address)


@contextmanager
def secured(folder: Path, *, client_certificates: bool = False) -> Iterator[Secured]:
    """Serve AWS's hosts; a client without a certificate of the same authority is refused if it must show one."""
    authority = Authority(folder)
    server = Server(("127.0.0.1", 0), Handler)
    found = Secured(f"http://127.0.0.1:{server.server_address[1]}", authority)
    context = authority.host("127.0.0.1")
    if client_certificates:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.bundle)

    def named(connection: ssl.SSLSocket, host: str | None, _: ssl.SSLContext) -> None:
        found.handshakes.append(host or "")
        if host and not client_certificates:
            connection.context = authority.host(host)

    context.sni_callback = named  # type: ignore[assignment]  # its type in typeshed is of sockets and objects alike
    server.context, server.secured = context, found
    server.RequestHandlerClass = type("OfOne", (Handler,), {"secured": found})
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()
