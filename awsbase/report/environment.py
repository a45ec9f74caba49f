"""The templates of the page: everything from AWS or a manifest is escaped, invisible characters included."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from awsbase.view.stream import escaped


@cache
def environment() -> Environment:
    """Return the environment of all templates."""
    made = Environment(
        loader=PackageLoader("awsbase.report"),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["px"] = px
    return made


def visible(value: Any) -> Any:
    """Escape control characters, marks of direction and other invisible characters, as JSON writes them."""
    return value if isinstance(value, Markup | int | float) else escaped(str(value))


def px(value: float) -> str:
    """Return a coordinate without digits that nobody sees."""
    return f"{value:.1f}".removesuffix(".0")
