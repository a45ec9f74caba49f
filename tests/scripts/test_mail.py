"""`awsbase mail rotate`: what it does, what it says, and that no secret key or password is in any of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from awsbase import smtp
from awsbase.scripts import Invocation, cli
from tests.scripts.conftest import AWSBASE, EMPTY, Served

MAIL = EMPTY + "mail: {domains: {acme.example: {}}, smtp: {}}\n"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    file = tmp_path / "acme.yaml"
    file.write_text(MAIL)
    return file


def run(served: Served, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*AWSBASE, *map(str, arguments)],
        env=served.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def hidden(served: Served) -> set[str]:
    """Return every secret key that the user ever had, and the passwords that follow from them."""
    users = served.sandbox.backend("iam", "aws").users.values()
    keys = {key.secret_access_key for user in users for key in user.access_keys}
    return keys | {smtp.password(key, "eu-west-1") for key in keys}


def test_no_process_shows_or_keeps_a_secret_key_or_password(served: Served, manifest: Path) -> None:
    shown, home = [], Path(served.environment["HOME"])
    plan = home / "plan.json"
    for words in (
        ("plan", manifest, "-o", plan),
        ("reconcile", manifest, "--yes", "--debug"),
        ("mail", "rotate", manifest, "--yes", "--debug"),
        ("mail", "rotate", manifest, "--yes", "--json", "--after", "0s"),
        ("plan", manifest, "--full", "-v"),
    ):
        done = run(served, *words)
        assert done.returncode == 0, done.stderr
        shown += [done.stdout, done.stderr]
    assert len(secrets := hidden(served)) == 4
    shown += [path.read_bytes().decode("utf-8", "replace") for path in home.rglob("*") if path.is_file()]
    assert [each for each in secrets if any(each in text for text in shown)] == []
    assert json.loads(shown[6])["resources"]
    assert "is there still" in shown[8]


def test_it_asks_first_and_needs_a_password(served: Served, manifest: Path) -> None:
    asked = run(served, "mail", "rotate", manifest)
    assert asked.returncode == 2
    manifest.write_text(EMPTY)
    missing = run(served, "mail", "rotate", manifest, "--yes")
    assert missing.returncode == 2
    assert "has no password for SMTP" in missing.stderr
    assert served.writes == []


def test_the_sandbox_has_a_password_to_replace(manifest: Path) -> None:
    done = CliRunner().invoke(cli, ["mail", "rotate", str(manifest), "--sandbox", "--full"], obj=Invocation({}))
    assert done.exit_code == 0, done.output
    assert "created access key" in done.output
    assert "works until the first `awsbase mail rotate" in done.output
