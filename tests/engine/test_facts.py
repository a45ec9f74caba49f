"""Each fact is read once, and facts never deadlock, even when the pool is full."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from awsbase.aws import Aws
from awsbase.engine.facts import Facts
from awsbase.errors import MalformedResponse, Refused
from awsbase.sandbox import Sandbox


@pytest.fixture
def aws() -> Aws:
    return Aws(Sandbox().session(), "eu-west-1")


def test_a_fact_is_read_once_for_all_callers(aws: Aws) -> None:
    asked: list[str] = []
    gate = threading.Barrier(8)

    def names(facts: Facts, prefix: str) -> list[str]:
        asked.append(prefix)
        return [prefix]

    def ask(facts: Facts) -> list[str]:
        gate.wait(5)
        return facts.read(names, "a")

    with ThreadPoolExecutor(8) as readers, ThreadPoolExecutor(8) as people:
        facts = Facts(aws, readers)
        answers = list(people.map(lambda _: ask(facts), range(8)))
    assert answers == [["a"]] * 8
    assert asked == ["a"]


def test_a_fact_can_read_facts_when_the_pool_has_one_thread(aws: Aws) -> None:
    def base(facts: Facts, n: int) -> int:
        return n

    def total(facts: Facts, n: int) -> int:
        return sum(facts.read_all(*((base, i) for i in range(n))))

    with ThreadPoolExecutor(1) as readers:
        facts = Facts(aws, readers)
        facts.prefetch([(total, 3), (total, 4), (base, 2)])
        assert facts.read(total, 4) == 6


def test_a_failed_fact_raises_the_same_error_to_all_callers(aws: Aws) -> None:
    asked: list[int] = []

    def broken(facts: Facts) -> int:
        asked.append(1)
        raise Refused("no such thing")

    with ThreadPoolExecutor(1) as readers:
        facts = Facts(aws, readers)
        for _ in range(2):
            with pytest.raises(Refused, match="no such thing"):
                facts.read(broken)
    assert len(asked) == 1


@pytest.mark.parametrize("response", [{}, {"Policies": None}, {"Policies": [{"Default": False}]}, {"Policies": [7]}])
def test_an_error_in_a_fact_is_reported_as_a_malformed_response(aws: Aws, response: dict[str, Any]) -> None:
    def policies(facts: Facts) -> object:
        return next(policy for policy in response["Policies"] if policy["Default"])

    with ThreadPoolExecutor(1) as readers, pytest.raises(MalformedResponse, match="about policies is malformed"):
        Facts(aws, readers).read(policies)
