"""Records: frozen dataclasses that take a tenth of the time to define.

`dataclass(frozen=True)` generates and compiles six methods for each class when its module is imported. For the three
hundred classes here that was a quarter of every command's start-up. All methods but `__init__` can be shared, and that
is compiled when the first record of its class is made: a command makes records of a few classes. What `dataclasses`
knows of a class, such as its `fields`, is found when somebody asks for it.
"""

from __future__ import annotations

# Without `typing`: what needs little of awsbase is done before that is imported.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import field
    from typing import Any, NoReturn, TypeVar, dataclass_transform, overload

    T = TypeVar("T")
    # A field: its name, its default and what makes one, whether `__init__` takes it, and whether by its name only.
    Part = tuple[str, Any, Any, bool, bool]

    @overload
    def record(cls: type[T], /) -> type[T]: ...
    @overload
    def record(*, kw_only: bool) -> Callable[[type[T]], type[T]]: ...
    @dataclass_transform(frozen_default=True, field_specifiers=(field,))
    def record(cls: type[T] | None = None, /, *, kw_only: bool = False) -> Any: ...

else:

    def record(cls=None, /, *, kw_only=False):
        """Turn a class into a dataclass whose fields are set once, with equality, hash and repr by its fields."""
        return _converted(cls, kw_only) if cls is not None else lambda plain: _converted(plain, kw_only)


def _converted(cls: Any, kw_only: bool) -> Any:
    own = vars(cls)
    alone = cls.__bases__ == (object,) and not kw_only
    # What `field(...)` says, dataclasses takes out of the class: not later, while several threads use it.
    if any(type(value).__name__ == "Field" for value in own.values()):
        alone = False
        _complete(cls, kw_only)
    else:
        cls.__dataclass_fields__ = _Later(cls, kw_only)
    if "__init__" not in own:
        cls.__init__ = _initialized_late(cls, alone)
    for name, method in SHARED.items():
        if name not in own:
            setattr(cls, name, method)
    return cls


def _complete(cls: type, kw_only: bool) -> None:
    from dataclasses import dataclass

    dataclass(init=False, eq=False, repr=False, kw_only=kw_only)(cls)


class _Later:
    """The fields of a record, which `dataclasses` puts in the place of this when they are asked for."""

    def __init__(self, cls: Any, kw_only: bool) -> None:
        self.cls, self.kw_only = cls, kw_only

    def __get__(self, instance: object, owner: type) -> Any:
        _complete(self.cls, self.kw_only)
        return self.cls.__dataclass_fields__


def _initialized_late(cls: Any, alone: bool) -> Callable[..., None]:
    """Return an `__init__` that puts the class's own in its place when it is called."""

    def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
        cls.__init__ = _compiled(cls, _declared(cls) if alone else _found(cls))
        cls.__init__(self, *args, **kwargs)

    return initialize


ABSENT: Any = object()


def _declared(cls: Any) -> list[Part]:
    """Return the fields of a class that inherits none and asks for nothing special, without `dataclasses`."""
    names = tuple(cls.__annotations__)
    setattr(cls, "__match_args__", names)  # noqa: B010, mypy refuses the assignment
    return [(name, vars(cls).get(name, ABSENT), None, True, False) for name in names]


def _found(cls: Any) -> list[Part]:
    from dataclasses import MISSING, fields

    def known(value: Any, without: Any) -> Any:
        return without if value is MISSING else value

    return [
        (each.name, known(each.default, ABSENT), known(each.default_factory, None), each.init, bool(each.kw_only))
        for each in fields(cls)
    ]


def _compiled(cls: Any, parts: list[Part]) -> Callable[..., None]:
    """Compile the `__init__` of a record, which sets each field without asking `_set_once`."""
    taken, by_name, lines = ["self"], ["*"], ["_own = self.__dict__"]
    names: dict[str, Any] = {"_absent": ABSENT}
    for name, default, factory, given, kw_only in parts:
        names[f"_default_{name}"], names[f"_make_{name}"] = default, factory
        optional = default is not ABSENT or factory
        if given:
            (by_name if kw_only else taken).append(f"{name}=_default_{name}" if optional else name)
        if factory:
            made = f"_make_{name}()"
            lines.append(f"_own[{name!r}] = {f'{made} if {name} is _absent else {name}' if given else made}")
        elif given:
            lines.append(f"_own[{name!r}] = {name}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    taken += by_name if len(by_name) > 1 else ()
    exec(f"def __init__({', '.join(taken)}):\n " + "\n ".join(lines), names)  # noqa: S102 of names of fields only
    init: Any = names["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init  # type: ignore[no-any-return]


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
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _refuse_delete(self: Any, name: str) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


SHARED: dict[str, Callable[..., Any]] = {
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _set_once,
    "__delattr__": _refuse_delete,
}
