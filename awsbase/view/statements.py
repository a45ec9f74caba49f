"""How a policy changes, as a diff of its statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from awsbase.engine.changes import Drift
from awsbase.policies.document import listed
from awsbase.view.changes import as_line
from awsbase.view.text import GREEN, RED, Line

# In the order in which a sentence names them.
PARTS = {
    "Action": "",
    "NotAction": "all but ",
    "Resource": "on ",
    "NotResource": "on all but ",
    "Principal": "to ",
    "NotPrincipal": "to all but ",
    "Condition": "if ",
}
LONG = 200


def is_statement(drift: Drift) -> bool:
    """Tell whether a drift is about a statement of a policy, as `policies.document.difference` names them."""
    return drift.field.startswith("statement ")


def statement_lines(drifts: Iterable[Drift], indent: int, *, verbose: bool = False) -> Iterator[Line]:
    """Yield what goes with `-` and what comes with `+`, for each statement that differs."""
    for drift in drifts:
        for value, mark, style in ((drift.have, "-", RED), (drift.want, "+", GREEN)):
            if value not in (None, [], ()):
                text = f"{drift.field}: {told(drift.field.rpartition(' ')[2], value)}"
                yield Line(indent, text if verbose else shortened(text), mark=mark, mark_style=style)


def told(key: str, value: object) -> str:
    """Return a statement, or its element `key`, in words."""
    if isinstance(value, Mapping) and "Effect" in value:
        parts = [f"{words}{element(key, value[key])}" for key, words in PARTS.items() if key in value]
        return " ".join([str(as_line(value["Effect"])), *parts])
    return element(key, value)


def element(key: str, value: object) -> str:
    """Return an element of a statement: its values, the kinds of principals, the tests of a condition."""
    if not isinstance(value, Mapping):
        return ", ".join(as_line(each, None) for each in listed(value))
    if key == "Condition":
        tests = ((operator, test) for operator, tests in value.items() for test in _tests(tests))
        return " and ".join(f"{operator} {test}" for operator, test in tests)
    return ", ".join(f"{kind} {element('', names)}" for kind, names in value.items())


def _tests(tests: object) -> Iterator[str]:
    if not isinstance(tests, Mapping):
        yield as_line(tests, None)
        return
    yield from (f"{key} is {' or '.join(as_line(each, None) for each in listed(it))}" for key, it in tests.items())


def shortened(text: str) -> str:
    """Return a text with its middle left out if it is long."""
    return text if len(text) <= LONG else f"{text[: LONG * 2 // 3]}…{text[-LONG // 4 :]}"
