"""A run connects to AWS while its manifest is checked, and asks nothing before that is done."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from awsbase.scripts import loaded
from awsbase.scripts.ahead import Ahead
from awsbase.scripts.connect import connect
from awsbase.scripts.options import Options
from benchmarks.manifests import people
from benchmarks.measure import ours
from tests.tls import IAM, STS, Secured


def begun(manifest: Path) -> Ahead:
    """Read a manifest, and wait until all connections are open that it opens."""
    ahead = Ahead(manifest, Options())
    for thread in threading.enumerate():
        if thread.name == "connect":
            thread.join()
    return ahead


def test_a_run_asks_on_connections_that_are_open_before(hosts: Secured, tmp_path: Path) -> None:
    manifest = people(1, tmp_path)
    ahead = begun(manifest)
    assert (sorted(hosts.handshakes), hosts.asked) == ([IAM, STS], [])
    checked = loaded.read(manifest, Options())
    target = connect(Options(), checked, checked.resources, ahead)
    assert target.account.id == checked.account
    with target.cache().readers(1):
        assert hosts.asked[0][0] == STS
    assert sorted(hosts.handshakes) == [IAM, STS]


def test_without_a_section_about_iam_no_connection_to_it_is_opened(hosts: Secured, tmp_path: Path) -> None:
    manifest = tmp_path / "account.yaml"
    manifest.write_text('version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n')
    assert begun(manifest).approach
    assert (hosts.handshakes, hosts.asked) == ([STS], [])


def test_a_sandbox_is_connected_to_by_nobody(hosts: Secured, tmp_path: Path) -> None:
    assert Ahead(people(1, tmp_path), Options(sandbox=True)).approach is None


def test_an_organization_file_has_no_account_to_connect_to(hosts: Secured, tmp_path: Path) -> None:
    file = tmp_path / "organization.yaml"
    file.write_text("version: 1\naccount: {region: eu-west-1}\naccounts: {}\n")
    assert begun(file).approach is None
    assert hosts.handshakes == []


@pytest.mark.parametrize(
    "account",
    ["{}", "[]", "{region: [eu-west-1]}", "{region: 'eu west'}", "{region: eu-west-1}"],
)
def test_nothing_goes_wrong_before_the_mistakes_of_a_manifest_are_told(
    account: str, hosts: Secured, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(f"version: 1\naccount: {account}\n")
    done = subprocess.run(ours("plan", path), capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, hosts.asked) == (2, "", [])
    assert "Traceback" not in done.stderr
    assert f"{path}:2: account" in done.stderr


def test_no_program_is_asked_for_credentials_before_the_manifest_is_checked(
    hosts: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    asked = tmp_path / "asked"
    answer = json.dumps({"Version": 1, "AccessKeyId": "AKIASANDBOXADMIN0000", "SecretAccessKey": "sandbox"})
    program = tmp_path / "program.py"
    program.write_text(f"open({str(asked)!r}, 'w').close()\nprint({answer!r})\n")
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = {sys.executable} {program}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    manifest = people(1, tmp_path)
    assert begun(manifest).approach is None
    assert not asked.exists()
    checked = loaded.read(manifest, Options())
    assert connect(Options(), checked).account.id == checked.account
    assert asked.exists()
