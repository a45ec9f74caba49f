"""What was survived is entered once, and told in a table."""

from pathlib import Path

from tests.torture.figures import table
from tests.torture.ledger import Ledger, Row


def test_slices_add_up_to_a_table(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "build" / "torture.jsonl")
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
