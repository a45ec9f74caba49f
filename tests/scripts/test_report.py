"""`awsbase report`: a page in a file, saved documents in, no call beyond those of `coverage`."""

from __future__ import annotations

import json
import stat
import webbrowser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from awsbase.sandbox import Fault
from awsbase.scripts import cli
from tests.scripts.conftest import ACCOUNT, Served, written

DRILL = {"schema": 1, "account": ACCOUNT, "sandbox": False, "alarms": []}


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nobody: dict[str, str]) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.setenv(name, nobody[name])
    # --sandbox sets these for its process.
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, f"{nobody['HOME']}/.aws/{'config' if 'CONFIG' in name else 'credentials'}")


@pytest.fixture
def account(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Reach a sandbox with the credentials of the environment."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, served.environment[name])
    return served


def awsbase(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def calls(account: Served) -> list[str]:
    """Return the calls since the last look, and forget them."""
    made = [call.name for call in account.sandbox.calls]
    account.sandbox.calls.clear()
    return sorted(made)


def test_a_report_is_a_private_file_and_costs_no_call_beyond_those_of_coverage(account: Served, full: Path) -> None:
    assert awsbase("coverage", full).exit_code == 0
    expected = calls(account)
    ended = awsbase("report", full)
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "report written to report.html\n")
    assert calls(account) == expected
    assert account.writes == []
    page = Path("report.html")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "Compared with full.yaml on" in page.read_text()


def test_saved_documents_make_the_history(account: Served, empty: Path) -> None:
    for name, command in (("2026-06-01", "plan"), ("2026-07-01", "report"), ("coverage", "coverage")):
        written(Path(f"{name}.json"), awsbase(command, empty, "--json").stdout)
    written(Path("drill.json"), json.dumps({**DRILL, "alarms": []}))
    saved = [f"{name}.json" for name in ("2026-06-01", "2026-07-01", "coverage", "drill")]
    page = awsbase("report", empty, *saved, "-o", "-").stdout
    assert "<span>2026-06-01</span><span>now</span>" in page
    assert "0 of 0 alarms were delivered" in page
    report = json.loads(Path("2026-07-01.json").read_text())
    assert set(report) == {"schema", "time", "account", "sandbox", "plan", "coverage", "costs"}
    assert f'aria-label="{report["time"][:10]}: ' in page


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no document of awsbase: it is not JSON"),
        ("[" * 100_000, "is no document of awsbase: it is not JSON"),
        ("\xff", "is no document of awsbase: it is not JSON"),
        ("[]", "is no document that a report is made from"),
        ('{"schema": 1, "account": "111122223333", "sandbox": false}', "is no document that a report is made from"),
        (json.dumps({**DRILL, "alarms": [{}]}), "is no document that a report is made from"),
        (json.dumps({**DRILL, "alarms": {"a": 1}}), "is no document that a report is made from"),
        (json.dumps({**DRILL, "account": "999999999999"}), "is about account 999999999999, not 111122223333"),
        (json.dumps({**DRILL, "sandbox": True}), "is about the sandbox, not about the account"),
    ],
)
def test_anything_else_is_refused_before_a_call(account: Served, full: Path, content: str, message: str) -> None:
    Path("saved.json").write_bytes(content.encode("latin-1"))
    ended = awsbase("report", full, "saved.json")
    assert ended.exit_code == 2
    assert f"saved.json {message}" in ended.stderr
    assert account.sandbox.calls == []
    assert not Path("report.html").exists()


def test_a_file_that_is_no_report_stays(account: Served, empty: Path) -> None:
    mine = written(Path("report.html"), "<h1>mine</h1>")
    ended = awsbase("report", empty)
    assert ended.exit_code == 2
    assert "report.html is there already and is no report of awsbase" in ended.stderr
    assert mine.read_text() == "<h1>mine</h1>"
    assert account.sandbox.calls == []
    assert awsbase("report", empty, "-o", "report.html").exit_code == 0
    assert awsbase("report", empty).exit_code == 0


def test_it_opens_in_the_browser(account: Served, empty: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert awsbase("report", empty, "--open").exit_code == 0
    assert opened == [(tmp_path / "report.html").as_uri()]
    ended = awsbase("report", empty, "--open", "--json")
    assert (ended.exit_code, len(opened)) == (2, 1)
    assert "--open needs a file to open" in ended.stderr


def test_a_resource_that_could_not_be_read_is_in_the_page_and_in_the_exit_code(account: Served, full: Path) -> None:
    account.sandbox.faults.add(Fault("access denied", on="cloudwatch:DescribeAlarms", times=100))
    assert awsbase("report", full).exit_code == 1
    assert "could not be compared with the manifest" in Path("report.html").read_text()


def test_the_sandbox_is_reconciled_first(full: Path) -> None:
    page = awsbase("report", full, "--sandbox", "-o", "-").stdout
    assert "The embedded AWS of the sandbox, not a real account." in page
    assert "resources are as the manifest says" in page
