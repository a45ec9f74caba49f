"""Records: frozen dataclasses that take a third of the time to define.

`dataclass(frozen=True)` generates and compiles six methods for each class when its module is imported. For the two
hundred classes here that was a quarter of every command's start-up. All methods but `__init__` can be shared, and that
is compiled when the first record of its class is made: a command makes records of a few classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, FrozenInstanceError, dataclass, field, fields, make_dataclass
from typing import Any, NoReturn, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def record(cls: type[T], /) -> type[T]: ...
@overload
def record(*, kw_only: bool) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T] | None = None, /, *, kw_only: bool = False) -> Any:
    """Turn a class into a dataclass whose fields are set once, with equality, hash and repr by its fields."""

    def converted(plain: type[T]) -> type[T]:
        own = vars(plain)
        result = dataclass(init=False, eq=False, repr=False, kw_only=kw_only)(plain)
        if "__init__" not in own:
            setattr(result, "__init__", _initialized_late(result))  # noqa: B010, mypy refuses the assignment
        for name, method in SHARED.items():
            if name not in own:
                setattr(result, name, method)
        return result

    return converted if cls is None else converted(cls)


def _initialized_late(cls: Any) -> Callable[..., None]:
    """Return an `__init__` that puts the class's own in its place when it is called."""

    def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
        parts = [(each.name, each.type, _like(each)) for each in fields(cls)]
        kept = {"__post_init__": cls.__post_init__} if hasattr(cls, "__post_init__") else {}
        named = {"__qualname__": cls.__qualname__, **kept}
        made: Any = make_dataclass(cls.__name__, parts, eq=False, repr=False, namespace=named)
        cls.__init__ = made.__init__
        cls.__init__(self, *args, **kwargs)

    return initialize


def _like(one: Field[Any]) -> Any:
    """Return a field that is initialized as another one is."""
    given: Any = {"default": one.default, "default_factory": one.default_factory}
    return field(**given, init=one.init, kw_only=bool(one.kw_only))


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, each.name) for each in self.__dataclass_fields__.values() if each.compare)


def _equal(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    fields = (f"{each.name}={getattr(self, each.name)!r}" for each in self.__dataclass_fields__.values() if each.repr)
    return f"{type(self).__qualname__}({', '.join(fields)})"


def _set_once(self: Any, name: str, value: object) -> None:
    if name in self.__dict__ or name not in self.__dataclass_fields__:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _refuse_delete(self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


SHARED: dict[str, Callable[..., Any]] = {
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _set_once,
    "__delattr__": _refuse_delete,
}
