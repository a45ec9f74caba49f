"""The templates of the page: everything from AWS or a manifest is escaped, invisible characters included."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from awsbase import __version__
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


def page(template: str, **values: Any) -> str:
    """Return a page as HTML: one file that loads nothing, in which nothing but our style sheet counts."""
    style = environment().get_template("style.css").render()
    return (
        environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704  nothing but the style sheet
            style_hash=b64encode(sha256(style.encode()).digest()).decode(),
            version=__version__,
            **values,
        )
    )


def visible(value: Any) -> Any:
    """Escape control characters, marks of direction and other invisible characters, as JSON writes them."""
    return value if isinstance(value, Markup | int | float) else escaped(str(value))


def px(value: float) -> str:
    """Return a coordinate without digits that nobody sees."""
    return f"{value:.1f}".removesuffix(".0")
