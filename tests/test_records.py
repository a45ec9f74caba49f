"""A record is a dataclass whose fields are set once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, fields, replace

import pytest

from awsbase.records import record


@record
class Key:
    """Something of AWS."""

    name: str
    tags: dict[str, str] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    seen: int = field(default=0, compare=False)


@record(kw_only=True)
class Alias(Key):
    """Something that is more than another thing."""

    target: str

    def __repr__(self) -> str:
        return f"alias of {self.target}"


def test_records_with_equal_fields_are_equal() -> None:
    assert Key("a") == Key("a", seen=1)
    assert Key("a") != Key("b")
    assert Key("a") != Alias(name="a", target="b")
    assert replace(Key("a"), name="b") == copy.deepcopy(Key("b"))


def test_records_are_hashable() -> None:
    @record
    class Scope:
        region: str
        zone: str = "a"

    assert {Scope("eu-west-1"): 1}[Scope("eu-west-1", "a")] == 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(Key("a"))


@pytest.mark.parametrize(
    "change",
    [
        lambda key: setattr(key, "name", "b"),
        lambda key: setattr(key, "tags", {}),
        lambda key: setattr(key, "other", 1),
        lambda key: delattr(key, "name"),
    ],
    ids=["a field", "a default", "something new", "taken away"],
)
def test_fields_cannot_be_changed(change: Callable[[Key], object]) -> None:
    key = Key("a")
    with pytest.raises(FrozenInstanceError):
        change(key)
    assert key == Key("a")


def test_repr_leaves_out_hidden_fields() -> None:
    assert repr(Key("a", secret="hunter2")) == "Key(name='a', tags={}, seen=0)"
    assert repr(Alias(name="a", target="b")) == "alias of b"


def test_records_are_taken_apart_by_position_and_by_name() -> None:
    @record
    class Point:
        x: int
        y: int = 0

    match Point(1):
        case Point(x, y):
            assert (x, y) == (1, 0)
    assert [each.name for each in fields(Point)] == ["x", "y"]
    with pytest.raises(TypeError, match=r"Point\.__init__\(\) missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes from 2 to 5 positional"):
        Alias("a", {}, "", 0, "b")  # type: ignore[call-arg]


def test_each_record_has_a_default_of_its_own() -> None:
    assert Key("a").tags is not Key("a").tags
    assert Alias(target="b", name="a", tags={"c": "d"}).tags == {"c": "d"}


def test_a_record_of_a_record_has_the_fields_of_both() -> None:
    @record
    class Base:
        name: str
        note: str = ""

    @record
    class More(Base):
        size: int = 1

    assert (More("a", "b", 2).size, More("a").note, Base("a").note) == (2, "", "")
    assert repr(replace(More("a"), size=3)) == f"{More.__qualname__}(name='a', note='', size=3)"


def test_a_check_of_its_own_runs_once_all_fields_are_set() -> None:
    @record
    class Range:
        first: int
        last: int

        def __post_init__(self) -> None:
            if self.last < self.first:
                raise ValueError("backwards")

    with pytest.raises(ValueError, match="backwards"):
        Range(2, 1)
