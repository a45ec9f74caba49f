"""Sections whose modules are imported when a manifest has them: those that it leaves out take no time.

Half of a command's start would be modules of sections that most manifests do not have, and of their kinds.
"""

from __future__ import annotations

import builtins
import importlib
import re
import sys
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

PACKAGE = "awsbase.manifest"


class LateType:
    """The type of a section, by its module and its name; pydantic asks it for a schema as it asks a type."""

    def __init__(self, module: str, name: str, config: ConfigDict) -> None:
        self.module, self.name, self.config = module, name, config

    @cache  # noqa: B019, there is one of each section, and it stays
    def load(self) -> Any:
        """Import the module, and return the type."""
        return getattr(importlib.import_module(f"{PACKAGE}.{self.module}"), self.name)

    @cache  # noqa: B019
    def adapter(self) -> TypeAdapter[Any]:
        """Return what validates with the type: a section by its own rules, a mapping of names by those around it."""
        kind = self.load()
        return TypeAdapter(kind, config=None if isinstance(kind, type) else self.config)

    def validated(self, value: object, info: ValidationInfo) -> Any:
        """Return a section; its mistakes are those of the manifest, which pydantic puts below the key."""
        return self.adapter().validate_python(value, context=info.context)

    def __get_pydantic_core_schema__(self, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self.validated)

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(self.adapter().core_schema)


def late(module: str, name: str) -> Any:
    """Return what stands for a section in annotations until a manifest has one."""
    return Annotated[Any, LateType(module, name, ConfigDict())]


class LateSections:
    """A model whose optional keys have late types where its own module has none of that name, if it says `modules`.

    `Contacts | None` under the key `contacts` is the Contacts of contacts.py: the module is called as the key is, or
    as `modules` says.
    """

    model_config: ClassVar[ConfigDict]
    modules: ClassVar[Mapping[str, str]]

    def __init_subclass__(cls, **_: Any) -> None:
        """Put late types in place of the names of types, before pydantic looks at them."""
        known = {*vars(builtins), *vars(sys.modules[cls.__module__])}
        for key, written in cls.__annotations__.items() if "modules" in vars(cls) else ():
            if (named := re.fullmatch(r"(\w+) \| None", written)) and named[1] not in known:
                kind = LateType(cls.modules.get(key, key), named[1], cls.model_config)
                cls.__annotations__[key] = Annotated[Any, kind] | None
