"""On a real terminal: the plan, the question, progress and Ctrl-C."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.scripts.conftest import AWSBASE, EMPTY, Served, slowly, written

pytestmark = pytest.mark.slow

QUESTION = r"Apply \d+ changes to account 111122223333 \(acme\)\? \[y/N\] "
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\r")


def terminal(
    environment: Mapping[str, str], *arguments: object, columns: int = 100, program: Sequence[str] = AWSBASE
) -> Any:
    command, *rest = program
    spawned = pexpect.spawn(
        command,
        [*rest, *map(str, arguments)],
        env=dict(environment),
        dimensions=(40, columns),
        encoding="utf-8",
        timeout=30,
        echo=False,
    )
    spawned.delaybeforesend = None
    return spawned


def ended(spawned: Any) -> tuple[int, str]:
    """Return the exit code, and what was shown since the last expectation."""
    spawned.expect(pexpect.EOF)
    spawned.close()
    return spawned.exitstatus, ESCAPES.sub("", spawned.before)


def test_the_plan_is_shown_and_a_yes_applies_it(served: Served, full: Path) -> None:
    run = terminal(served.environment, "reconcile", full)
    run.expect(QUESTION)
    shown = ESCAPES.sub("", run.before)
    assert "+ topic/acme-security" in shown
    assert re.search(r"resources: \d to create.*, 0 unchanged", shown), shown
    assert served.writes == []
    run.sendline("y")
    code, rest = ended(run)
    assert code == 0
    assert "✓ topic/acme-security  created" in rest

    again = terminal(served.environment, "reconcile", full)
    code, shown = ended(again)
    assert code == 0
    assert "Apply" not in shown
    assert "nothing to do" in shown


@pytest.mark.parametrize("answer", ["n", "", "yse"])
def test_anything_but_yes_changes_nothing(answer: str, served: Served, full: Path) -> None:
    run = terminal(served.environment, "reconcile", full)
    run.expect(QUESTION)
    run.sendline(answer)
    code, rest = ended(run)
    assert (code, rest.strip().splitlines()[-1]) == (1, "declined, nothing was changed")
    assert served.writes == []


def test_the_end_of_input_counts_as_no(served: Served, full: Path) -> None:
    run = terminal(served.environment, "reconcile", full)
    run.expect(QUESTION)
    run.sendeof()
    assert ended(run)[0] == 1
    assert served.writes == []


def test_ctrl_c_at_the_question_changes_nothing(served: Served, full: Path) -> None:
    run = terminal(served.environment, "reconcile", full)
    run.expect(QUESTION)
    run.sendintr()
    code, rest = ended(run)
    assert (code, rest.strip().splitlines()[-1]) == (130, "aborted, nothing was changed")
    assert served.writes == []


def test_a_piped_stdout_gets_only_the_result_after_the_question(served: Served, full: Path, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    line = f"{' '.join(AWSBASE)} reconcile {full} --json > {result}"
    run = pexpect.spawn("bash", ["-c", line], env=served.environment, encoding="utf-8", timeout=30)
    run.expect(QUESTION)
    run.sendline("yes")
    assert ended(run)[0] == 0
    assert json.loads(result.read_text())["totals"]["changed"] == 7


def test_yes_asks_nothing(served: Served, full: Path) -> None:
    code, shown = ended(terminal(served.environment, "reconcile", full, "--yes"))
    assert code == 0
    assert "Apply" not in shown
    assert served.writes


def test_output_fits_forty_columns(served: Served, full: Path) -> None:
    run = terminal(served.environment, "plan", full, columns=40)
    run.expect(pexpect.EOF)
    lines = [ESCAPES.sub("", line) for line in run.before.split("\n") if "planning" not in line]
    result = lines[next(index for index, line in enumerate(lines) if line.startswith("account ")) :]
    assert [line for line in result if len(line.rstrip()) > 40 and len(line.split()) > 2] == []  # a mark and a word
    assert "  + topic/acme-security" in result


def test_an_error_breaks_at_words_and_no_command_is_broken(served: Served, empty: Path, tmp_path: Path) -> None:
    lines = ended(terminal(served.environment, "plan", empty, "--deny", "a.json", columns=40))[1].splitlines()
    assert lines == [
        "awsbase: --deny is about the embedded",
        "  AWS of --sandbox",
        "  → add --sandbox, or leave --deny out",
    ]
    command = f"`awsbase reconcile {empty} --approved {tmp_path / 'plan.json'}`"
    code, shown = ended(terminal(served.environment, "plan", empty, "-o", tmp_path / "plan.json", columns=40))
    assert code == 0
    assert command in shown


def test_progress_shows_what_runs(served: Served, full: Path) -> None:
    slowly(served.sandbox, "/sns/", "CreateTopic")
    run = terminal(served.environment, "reconcile", full, "--yes")
    run.expect(r"reconciling: \d of 7 done")
    run.expect(r"topic/acme-billing@us-east-1  \d s")
    assert ended(run)[0] == 0


def test_ctrl_c_finishes_calls_in_flight_and_the_next_run_does_the_rest(served: Served, full: Path) -> None:
    arrived = slowly(served.sandbox, "/kms/", "CreateKey")
    run = terminal(served.environment, "reconcile", full, "--yes")
    run.expect("reconciling")
    assert arrived.wait(30)
    run.sendintr()
    run.expect("finishing the calls in flight")
    code, shown = ended(run)
    assert code == 130
    assert "interrupted; run again: the next run finishes the work" in shown
    assert "not begun" in shown
    assert "Traceback" not in shown
    # Its key was still being made when Ctrl-C came.
    topics = [call.params["Name"] for call in served.sandbox.calls if call.name == "sns:CreateTopic"]
    assert "acme-security" not in topics

    served.sandbox.faults.clear()
    finished = subprocess.run(
        [*AWSBASE, "reconcile", str(full), "--yes"], env=served.environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout
    assert served.writes.count("kms:CreateKey") == 1


def test_a_second_ctrl_c_ends_immediately(served: Served, full: Path) -> None:
    slowly(served.sandbox)
    run = terminal(served.environment, "reconcile", full, "--yes")
    run.expect("reconciling")
    run.sendintr()
    run.expect("finishing the calls in flight")
    run.sendintr()
    code, shown = ended(run)
    assert code == 130
    assert "Traceback" not in shown
    assert "account 111122223333" not in shown


def test_init_asks_for_missing_options_and_checks_each_answer_at_once(nobody: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    run = terminal(nobody, "init", file, "--name", "zoo", "--protect", columns=40)
    for question, wrong, says, right in (
        ("AWS account id", "0111-2222-3333", 'is no account id: write "011122223333"', "011122223333"),
        ("home region", "eu-west3", "'eu-west3' is no AWS region: did you mean 'eu-west-3'?", "eu-west-3"),
        ("gets billing alerts", "cfo@zoo", "'cfo@zoo' is no e-mail address", ""),
        ("first administrator", "kim b", "'kim b' is no user name", "kim"),
        ("phone number for AWS to call", "soon", "'soon' is no phone number", "+1 555 0100"),
        ("Terraform state [zoo-011122223333-state]", "Zoo", "'Zoo' is no bucket name", ""),
    ):
        # Each is wrapped at a word.
        asked, answered = (r"\s+".join(map(re.escape, text.split())) for text in (question, says))
        run.expect(asked)
        run.sendline(wrong)
        run.expect(answered)
        run.expect(asked)
        run.sendline(right)
    assert ended(run)[0] == 0
    text = file.read_text()
    assert 'id: "011122223333"\n' in text
    assert 'region: "eu-west-3"\n' in text
    assert '\n  bucket: "{name}-{id}-state"\n' in text
    assert '\n    "kim": {groups: [Administrators], console: true}\n' in text
    assert "\n  security: {name: Security, " in text
    # The address that stands for one, in four places.
    assert text.count("# CHANGE") == 4


def test_an_empty_manifest_asks_nothing(served: Served, tmp_path: Path) -> None:
    code, shown = ended(terminal(served.environment, "reconcile", written(tmp_path / "a.yaml", EMPTY)))
    assert code == 0
    assert "nothing to do" in shown
