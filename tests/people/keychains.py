"""Keychains for tests, and backends of keyring that keep plain text or nothing."""

from __future__ import annotations

from collections.abc import Callable


class Memory:
    """A keychain in memory, as keyring's backends are."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.before_write: Callable[[str], None] = lambda what: None

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.before_write("keep")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.before_write("delete")
        del self.kept[service, username]


class Silent(Memory):
    """A keychain that takes a password and does not keep it."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Locked(Memory):
    """A keychain that nobody unlocks; its error quotes what was passed, as those of some libraries do."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"locked: {password}")

    get_password = None  # type: ignore[assignment]


def backend_of(module: str, name: str = "Keyring") -> object:
    """Return a backend as that module of keyring's would."""
    return type(name, (Memory,), {"__module__": module, "__qualname__": name})()


class Chain:
    """Several backends, as keyring's `chainer` holds them."""

    def __init__(self, *backends: object) -> None:
        self.backends = list(backends)
