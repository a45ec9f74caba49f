"""Records: what a frozen dataclass is, at a third of what it costs every start to define one.

`dataclass(frozen=True)` writes six methods for each class as text and compiles them when the module is imported. Of the
two hundred classes here that was a quarter of the start of every command; all but `__init__` can be shared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any, NoReturn, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def record(cls: type[T], /) -> type[T]: ...
@overload
def record(*, kw_only: bool) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T] | None = None, /, *, kw_only: bool = False) -> Any:
    """Make a class a dataclass whose fields are set once, with equality, hash and repr by its fields."""

    def made(plain: type[T]) -> type[T]:
        own = vars(plain)
        done = dataclass(eq=False, repr=False, kw_only=kw_only)(plain)
        for name, method in SHARED.items():
            if name not in own:
                setattr(done, name, method)
        return done

    return made if cls is None else made(cls)


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, each.name) for each in self.__dataclass_fields__.values() if each.compare)


def _same(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hashed(self: Any) -> int:
    return hash(_values(self))


def _shown(self: Any) -> str:
    told = (f"{each.name}={getattr(self, each.name)!r}" for each in self.__dataclass_fields__.values() if each.repr)
    return f"{type(self).__qualname__}({', '.join(told)})"


def _set_once(self: Any, name: str, value: object) -> None:
    if name in self.__dict__ or name not in self.__dataclass_fields__:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _kept(self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


SHARED: dict[str, Callable[..., Any]] = {
    "__eq__": _same,
    "__hash__": _hashed,
    "__repr__": _shown,
    "__setattr__": _set_once,
    "__delattr__": _kept,
}
