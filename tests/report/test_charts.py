"""Charts stay within their frames, however much they show."""

from __future__ import annotations

from itertools import pairwise

import pytest

from awsbase.report.charts import HIGH, WIDE, columns, stacked


@pytest.mark.parametrize("count", [1, 2, 8, 100, 1000])
def test_columns_stand_beside_one_another(count: int) -> None:
    bars = columns([float(value % 5) for value in range(count)])
    assert len(bars) == count
    assert all(bar.width > 0 and bar.height > 0 and bar.y >= 0 and bar.y + bar.height == HIGH for bar in bars)
    assert all(one.x + one.width <= other.x for one, other in pairwise(bars))
    assert bars[-1].x + bars[-1].width <= WIDE


def test_the_highest_value_or_the_end_of_the_scale_fills_the_chart() -> None:
    assert [bar.height for bar in columns([0, 2, 4])] == [1, HIGH / 2, HIGH]
    assert [bar.height for bar in columns([50.0], 100)] == [HIGH / 2]
    assert columns([]) == []


def test_parts_of_a_bar_fill_it_in_order() -> None:
    assert [(bar.index, bar.x, bar.width) for bar in stacked([3, 0, 1])] == [(0, 0, 75), (2, 75, 25)]
    assert stacked([0, 0]) == []
