"""Fixtures: two accounts behind one endpoint, which commands of this process and of others reach by profiles."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from awsbase.sandbox import World
from awsbase.sandbox.serve import listen
from awsbase.scripts import cli
from tests.fleet.organizations import IDS, ORGANIZATION, TEMPLATE
from tests.later import unhurried
from tests.organization.files import written

# Each account costs a sandbox seconds.
TWO = {name: IDS[name] for name in ("prod", "dev")}
FILE = "\n".join(line for line in ORGANIZATION.splitlines() if "users:" not in line)


@dataclass(frozen=True)
class Acme:
    """The served accounts, the organization file, and the environment of commands that use them."""

    world: World
    file: Path
    environment: Mapping[str, str]

    def run(self, *words: object, **environment: str) -> Result:
        """Run a command in this process."""
        unset = dict.fromkeys(name for name in os.environ if name.startswith(("AWS_", "XDG_")))
        runner = CliRunner(env={**unset, **self.environment, **environment})
        return runner.invoke(cli, [str(word) for word in words])

    def calls(self, name: str) -> list[str]:
        """Return the calls that an account has received."""
        return [call.name for call in self.world.accounts[IDS[name]].calls]

    @property
    def written(self) -> list[str]:
        """Return the accounts in which something was written."""
        return [name for name, id in TWO.items() if any(call.writes for call in self.world.accounts[id].calls)]

    def iam(self, name: str) -> Any:
        """Return IAM of an account, for its administrator."""
        return self.world.session(IDS[name]).client("iam")

    @property
    def records(self) -> list[Path]:
        # Two runs of one second have names in any order.
        found = (Path(self.environment["XDG_STATE_HOME"]) / "awsbase/runs").glob("*.jsonl")
        return sorted(found, key=lambda record: record.stat().st_mtime_ns)


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Acme]:
    """Serve the accounts of the organization file, which want a password policy."""
    world = World(list(TWO.values()))
    for sandbox in world.accounts.values():
        unhurried(sandbox)
    server = listen(world)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    keys = {name: world.key(id) for name, id in TWO.items()}
    config = tmp_path / "config"
    config.write_text(
        "".join(
            f"[profile acme-{name}]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
            for name, key in keys.items()
        )
    )
    environment = {
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL": f"http://{server.host}:{server.port}",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    yield Acme(world, written(tmp_path, FILE, account=TEMPLATE), environment)
    server.shutdown()
    thread.join()
    server.server_close()
