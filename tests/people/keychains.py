"""Keychains for tests, and backends of keyring that keep plain text or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What processes use: it keeps its passwords in the home folder.
BACKEND = """\
import json, os
from keyring.backend import KeyringBackend


class Keyring(KeyringBackend):
    priority = 1
    path = os.path.expanduser("~/keychain.json")

    def _kept(self):
        return json.load(open(self.path)) if os.path.exists(self.path) else {}

    def get_password(self, service, username):
        return self._kept().get(f"{service} {username}")

    def set_password(self, service, username, password):
        kept = self._kept() | {f"{service} {username}": password}
        with open(self.path, "w") as file:
            json.dump(kept, file)

    def delete_password(self, service, username):
        kept = self._kept()
        del kept[f"{service} {username}"]
        with open(self.path, "w") as file:
            json.dump(kept, file)
"""


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


def in_a_file(folder: Path) -> dict[str, str]:
    """Write the backend of processes into a folder; return the environment that selects it."""
    (folder / "backend_for_tests.py").write_text(BACKEND)
    return {"PYTHON_KEYRING_BACKEND": "backend_for_tests.Keyring", "PYTHONPATH": f"{ROOT}:{folder}"}
