"""The two ends of one exchange over HTTP, whoever carries it."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Message:
    """One HTTP request, addressed to the host that AWS would answer on."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """Return a header whatever its case, or nothing."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), "")

    def at(self, url: str) -> "Message":
        """Return the same request with another address."""
        return replace(self, url=url)


@dataclass(frozen=True)
class Reply:
    """One HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes
