"""Where a zone leads is asked of the sandbox's own DNS: no question leaves this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from awsbase.facts.delegation import RESOLVER
from awsbase.sandbox import World
from awsbase.sandbox.dns_server import PublicDns
from awsbase.scripts import Invocation, cli

MANIFEST = """\
version: 1
account: {id: "123456789012", name: acme, region: eu-west-1}
zones: {acme.example: {delegated: true}}
"""


def test_embedded_account_asks_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What the command sets for its process is taken back with what was there before.
    for name in [*(name for name in os.environ if name.startswith("AWS_")), RESOLVER]:
        monkeypatch.setenv(name, "192.0.2.53:53")
    file = tmp_path / "acme.yaml"
    file.write_text(MANIFEST)
    ended = CliRunner().invoke(cli, ["reconcile", str(file), "--sandbox", "--yes", "--full"], obj=Invocation({}))
    assert ended.exit_code == 0, ended.output
    assert "acme.example is not delegated: the hosted zone answers to nobody" in ended.output
    assert ended.output.count(".awsdns-") == 4


def test_public_dns_ends_with_the_sandbox() -> None:
    world = World(["123456789012", "210987654321"])
    served = PublicDns(world)
    served.start()
    second = world.accounts["210987654321"]
    second.client("route53").create_hosted_zone(Name="acme.example", CallerReference="x")
    second.delegate("acme.example")
    assert len(world.resolve("acme.example", "NS") or ()) == 4
    del world, second
    served.close()
    served.thread.join(10)
    assert not served.thread.is_alive()
