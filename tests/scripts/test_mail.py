"""`awsbase mail rotate`: what it does, what it says, and that no secret key or password is in any of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from awsbase import smtp
from awsbase.scripts import Invocation, cli
from tests.scripts.conftest import AWSBASE, EMPTY, Served, use_here

MAIL = EMPTY + "mail: {domains: {acme.example: {}}, smtp: {}}\n"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    file = tmp_path / "acme.yaml"
    file.write_text(MAIL)
    return file


def run(*words: object) -> Result:
    """Call the program within this process."""
    return CliRunner().invoke(cli, [str(each) for each in words], obj=Invocation(dict(os.environ)))


def hidden(served: Served) -> set[str]:
    """Return every secret key that the user ever had, and the passwords that follow from them."""
    users = served.sandbox.backend("iam", "aws").users.values()
    keys = {key.secret_access_key for user in users for key in user.access_keys}
    return keys | {smtp.password(key, "eu-west-1") for key in keys}


def test_no_secret_key_or_password_is_shown_or_kept(
    served: Served, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(served.environment["HOME"])
    words = [*AWSBASE, "reconcile", str(manifest), "--yes", "--debug"]
    first = subprocess.run(words, env=served.environment, capture_output=True, text=True, check=True)
    shown = [first.stdout, first.stderr]
    use_here(served, monkeypatch)
    for more in (("--debug",), ("--json",)):
        done = run("mail", "rotate", manifest, "--yes", *more)
        assert done.exit_code == 0, done.output
        shown.append(done.output)
    assert "works until the first `awsbase mail rotate" in shown[3]
    shown.append(run("plan", manifest, "-o", home / "plan.json").output)
    assert len(secrets := hidden(served)) == 4
    shown += [path.read_bytes().decode("utf-8", "replace") for path in home.rglob("*") if path.is_file()]
    assert [each for each in secrets if any(each in text for text in shown)] == []


def test_it_asks_first_and_needs_a_password(served: Served, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_here(served, monkeypatch)
    assert run("mail", "rotate", manifest).exit_code != 0
    manifest.write_text(EMPTY)
    missing = run("mail", "rotate", manifest, "--yes")
    assert missing.exit_code == 2
    assert "has no password for SMTP" in missing.output
    assert served.writes == []


def test_the_sandbox_has_a_password_to_replace(manifest: Path) -> None:
    done = run("mail", "rotate", manifest, "--sandbox", "--full")
    assert done.exit_code == 0, done.output
    assert "created access key" in done.output
    assert "works until the first `awsbase mail rotate" in done.output
