"""Patterns of IAM mean the same with and without a regular expression."""

from __future__ import annotations

from random import Random

from awsbase.access.patterns import compiled, matches


def test_patterns_of_stars_mean_what_their_regular_expressions_do(draw: Random) -> None:
    """A star reaches over no colon but those in the last field of an ARN, and letters of actions have no case."""
    held = 0
    for _ in range(3000):
        begin = draw.choice(("", "arn:", "arn:aws:"))
        pattern = begin + "".join(draw.choices("ab:*AB*:", k=draw.randint(0, 9)))
        text = draw.choice((begin, "")) + "".join(draw.choices("ab:AB", k=draw.randint(0, 10)))
        for arn, fold in ((False, False), (False, True), (True, False)):
            told = matches(pattern, text, None, arn=arn, fold=fold)
            assert told is (compiled(pattern, None, arn, fold).fullmatch(text) is not None), (pattern, text, arn, fold)
            held += bool(told)
    assert held > 50
