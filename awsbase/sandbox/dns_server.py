"""The public DNS of a sandbox on a socket of loopback: a resolver, for whoever asks whether a domain is delegated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, SOCK_DGRAM, socket
from threading import Thread
from typing import Any, Protocol
from weakref import finalize, ref

LARGEST = 4096


class Resolves(Protocol):
    """A sandbox, as far as its public DNS goes."""

    def resolve(self, name: str, type: str) -> tuple[str, ...] | None:
        """Return what the public DNS answers for a name and a type; None where its servers do not know the zone."""


class PublicDns:
    """A socket that answers for the public DNS, once started, as long as anybody has the sandbox."""

    def __init__(self, sandbox: Resolves, host: str = "127.0.0.1", port: int = 0) -> None:
        self._socket = socket(AF_INET6 if ":" in host else AF_INET, SOCK_DGRAM)
        self._socket.bind((host, port))
        self._sandbox = ref(sandbox)
        self.host, self.port = self._socket.getsockname()[:2]
        self.thread = Thread()
        self.close = finalize(sandbox, end, self._socket)

    @property
    def address(self) -> str:
        """Return ADDRESS:PORT."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def start(self) -> None:
        """Answer from now on, in a thread of this process."""
        self.thread = Thread(target=answer, args=(self._socket, self._sandbox), daemon=True)
        self.thread.start()


def end(listening: socket) -> None:
    """Wake who waits for a question, by one that is none: it ends then."""
    with listening.dup() as caller:
        caller.sendto(b"", listening.getsockname())


def answer(listening: socket, sandbox: Any) -> None:
    """Answer questions until there is an empty one."""
    with listening:
        while True:
            question, asked_by = listening.recvfrom(LARGEST)
            found = sandbox()
            if not question or found is None:
                return
            if said := reply(found, question):
                listening.sendto(said, asked_by)
            del found


def reply(sandbox: Resolves, data: bytes) -> bytes:
    """Answer one question as a resolver does; what is none gets nothing."""
    import dns.exception
    import dns.message
    import dns.rcode
    import dns.rdatatype
    import dns.rrset

    try:
        query = dns.message.from_wire(data)
    except dns.exception.DNSException:
        return b""
    answer = dns.message.make_response(query, recursion_available=True)
    question = query.question[0]
    type = dns.rdatatype.to_text(question.rdtype)
    values = sandbox.resolve(question.name.to_text(omit_final_dot=True), type)
    if values is None:
        answer.set_rcode(dns.rcode.SERVFAIL)
    elif not values:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    else:
        absolute = [f"{each.rstrip('.')}." if type in ("NS", "CNAME") else each for each in values]
        answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", type, absolute))
    return answer.to_wire()


@contextmanager
def serving(sandbox: Resolves) -> Iterator[str]:
    """Answer for the public DNS of a sandbox on a free port, meanwhile; yields ADDRESS:PORT."""
    served = PublicDns(sandbox)
    served.start()
    try:
        yield served.address
    finally:
        served.close()
