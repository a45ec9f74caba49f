"""What was swept is noted once for each test, and summed up in a table."""

from dataclasses import asdict
from pathlib import Path

from tests.faults.results import Results, Sweep, digest
from tests.faults.table import table


def test_results_of_several_runs_add_up_to_a_table(tmp_path: Path) -> None:
    results = Results(tmp_path / "build" / "faults.jsonl", "now")
    assert results.passed() == set()
    swept = (("group", "write", 2), ("user", "write", 4), ("baseline.yaml", "read", 52))
    destroyed = (("user destroyed", "write", 3), ("baseline.yaml destroyed", "write", 50))
    for subject, on, points in (*swept, *destroyed, swept[0]):
        results.add(f"test[{subject}]", asdict(Sweep(subject, on, "killed", points, 30)))
    results.add("test of something else")

    assert len(results.passed()) == 6
    assert list(table(results.sweeps(), "2026-06-21", "0123456789")) == [
        "| fault | 2 samples of kinds | 1 samples of kinds, destroyed | `baseline.yaml` | `baseline.yaml`, destroyed |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| killed, at each read |  |  | 52 |  |",
        "| killed, at each write | 6 | 3 |  | 50 |",
        "\n111 crash points, in 2 minutes of processor time.",
        "Measured on 2026-06-21, at commit 0123456789.",
    ]


def test_results_of_other_code_do_not_count(tmp_path: Path) -> None:
    file = tmp_path / "faults.jsonl"
    file.write_text('{"code": "now", "subject": "written by an older version"}\n')
    Results(file, "before").add("test")
    now = Results(file, "now")
    assert now.passed() == set()
    assert list(now.sweeps()) == []
    now.add("test")
    assert [len(results.passed()) for results in (now, Results(file, "before"))] == [1, 1]


def test_the_digest_changes_with_any_file_that_is_run(tmp_path: Path) -> None:
    code, docs = tmp_path / "awsbase", tmp_path / "docs"
    code.mkdir()
    docs.mkdir()
    (code / "a.py").write_text("x = 1")
    before = digest(tmp_path)

    (docs / "a.md").write_text("x")
    (code / "a.pyc").write_bytes(b"x")
    assert digest(tmp_path) == before

    (code / "a.py").write_text("x = 2")
    changed = digest(tmp_path)
    (code / "a.py").rename(code / "b.py")
    renamed = digest(tmp_path)
    (code / "none.json").write_text("")
    assert len({before, changed, renamed, digest(tmp_path)}) == 4
