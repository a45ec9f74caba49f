"""What was survived is entered once, and told in a table."""

from pathlib import Path

from tests.torture.figures import table
from tests.torture.ledger import Ledger, Row, digest


def test_slices_add_up_to_a_table(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "build" / "torture.jsonl", "now")
    assert not ledger.has("group", "write", "killed")
    for subject, on, points in (("group", "write", 2), ("user", "write", 4), ("baseline.yaml", "read", 52)):
        ledger.enter(Row(subject, on, "killed", points, 30))

    assert ledger.has("group", "write", "killed")
    assert not ledger.has("group", "read", "killed")
    assert list(table(ledger.rows())) == [
        "| fault | 2 samples of kinds | `baseline.yaml` |",
        "| --- | ---: | ---: |",
        "| killed, at each read |  | 52 |",
        "| killed, at each write | 6 |  |",
        "\n58 crash points, in 2 minutes of processor time.",
    ]


def test_what_other_code_has_survived_is_done_again(tmp_path: Path) -> None:
    file = tmp_path / "torture.jsonl"
    file.write_text('{"subject": "user", "on": "read", "disturbance": "500", "points": 3, "seconds": 1.0}\n')
    Ledger(file, "before").enter(Row("group", "write", "killed", 2, 30))
    now = Ledger(file, "now")
    assert not now.has("group", "write", "killed")
    assert list(now.rows()) == []
    now.enter(Row("group", "write", "killed", 2, 30))
    assert [len(list(ledger.rows())) for ledger in (now, Ledger(file, "before"))] == [1, 1]


def test_code_is_told_by_all_of_its_files(tmp_path: Path) -> None:
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
