"""What is drawn depends on the seed alone, and each sampled test keeps as many cases as it says."""

import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from tests.draws import SEED, command, draws, left_out


@dataclass(frozen=True)
class Case:
    """A case of a test, as far as sampling asks."""

    nodeid: str
    sampled: pytest.Mark | None

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        assert name == "sampled"
        return self.sampled


def cases(test: str, count: int, mark: pytest.Mark | None) -> list[Any]:
    return [Case(f"{test}[{number}]", mark) for number in range(count)]


def test_the_same_seed_draws_the_same() -> None:
    assert draws("region").random() == draws("region").random()
    assert draws("region").random() != draws("fault").random()


def test_a_sampled_test_keeps_some_of_its_cases_and_others_keep_all() -> None:
    three = pytest.mark.sampled(3).mark
    items = [*cases("many", 10, three), *cases("few", 2, three), *cases("all", 10, None)]
    out = list(left_out(items))
    assert len(out) == 7
    assert {case.nodeid.partition("[")[0] for case in out} == {"many"}
    assert out == list(left_out(items))


def test_a_failure_is_repeated_with_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SEED, "2026-06-21")
    assert command("tests/x.py::test_y[z]") == "AWSBASE_SEED=2026-06-21 python -m pytest -m '' 'tests/x.py::test_y[z]'"


def test_processes_get_ctrl_c_even_where_the_shell_ignores_it() -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    asked = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "True\n"
