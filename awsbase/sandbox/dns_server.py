"""The public DNS of a sandbox on a socket of loopback: a resolver, for whoever asks whether a domain is delegated."""

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingUDPServer
from threading import Thread
from typing import Protocol

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset


class Resolves(Protocol):
    """A sandbox, as far as its public DNS goes."""

    def resolve(self, name: str, type: str) -> tuple[str, ...] | None:
        """Return what the public DNS answers for a name and a type; None where its servers do not know the zone."""


def listen(sandbox: Resolves, host: str = "127.0.0.1", port: int = 0) -> ThreadingUDPServer:
    """Open a socket that answers for the public DNS; the caller runs `serve_forever` and `shutdown`."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            socket.sendto(reply(sandbox, data), self.client_address)

    server = ThreadingUDPServer((host, port), Handler)
    server.daemon_threads = True
    return server


def reply(sandbox: Resolves, data: bytes) -> bytes:
    """Answer one question as a resolver does."""
    query = dns.message.from_wire(data)
    answer = dns.message.make_response(query, recursion_available=True)
    question = query.question[0]
    type = dns.rdatatype.to_text(question.rdtype)
    values = sandbox.resolve(question.name.to_text(omit_final_dot=True), type)
    if values is None:
        answer.set_rcode(dns.rcode.SERVFAIL)
    elif not values:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    else:
        absolute = [each if each.endswith(('"', ".")) or type not in ("NS", "CNAME") else f"{each}." for each in values]
        answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", type, absolute))
    return answer.to_wire()


@contextmanager
def serving(sandbox: Resolves) -> Iterator[str]:
    """Answer for the public DNS of a sandbox on a free port, meanwhile; yields ADDRESS:PORT."""
    server = listen(sandbox)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        host, port = server.server_address[:2]
        yield f"{host!s}:{port}"
    finally:
        server.shutdown()
        server.server_close()
