"""Where iam-simulate 0.1.173 decides otherwise than AWS, and how a document is put so that it decides the same.

`DISAGREEMENTS` shows each with a call; in all of them the evaluator of awsbase is right, for the reason given. A test
fails when one of them is gone: then its translation goes, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.access.drawn import Drawn

VARIABLE = re.compile(r"\$\{([^},]*)(?:, '([^']*)')?\}")
NO_SUCH_VALUE = "no value is like this"


class Disagreement(NamedTuple):
    """A statement about which the two differ; `right` is what awsbase says, and AWS."""

    statement: Mapping[str, Any]
    right: bool
    why: str
    version: str = "2012-10-17"
    keys: Mapping[str, str] = {"aws:SourceIp": "192.0.2.7", "aws:PrincipalTag/team": ""}


def allow(condition: Mapping[str, Any] | None = None, resource: str = "*") -> dict[str, Any]:
    found = {"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": resource}
    return found | ({"Condition": condition} if condition else {})


VARIABLES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"
OPERATORS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
DISAGREEMENTS = {
    "a variable in a document without Version": Disagreement(
        allow(resource="arn:aws:iam::*:user/${aws:PrincipalTag/no, 'team'}/*"),
        False,
        f"before version 2012-10-17 a variable is plain text: {VARIABLES}",
        version="2008-10-17",
    ),
    "a negated operator and a variable without value": Disagreement(
        allow({"StringNotEquals": {"aws:SourceIp": "${aws:username}"}}),
        True,
        f"nothing is equal to no value, so a negated operator is met: {VARIABLES}#policy-vars-no-value",
    ),
    "a variable with an empty value": Disagreement(
        allow({"StringEquals": {"aws:PrincipalTag/team": "${aws:PrincipalTag/team}"}}),
        True,
        "a tag may have an empty value, which is a value; iam-simulate takes it for none",
    ),
    "one of several values, if there are any": Disagreement(
        allow({"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "team"}}),
        True,
        "IfExists makes a condition true where the key is not there, whatever the operator: "
        f"{OPERATORS}#Conditions_IfExists",
    ),
    "a star that is meant as one": Disagreement(
        allow({"StringEquals": {"aws:userid": "a${*}b"}}),
        True,
        f"${{*}} stands for the character *, with every operator: {VARIABLES}",
        keys={"aws:userid": "a*b"},
    ),
    "one address, asked from one of the other kind": Disagreement(
        allow({"NotIpAddress": {"aws:SourceIp": "192.0.2.7"}}),
        True,
        "an IPv6 address is not that IPv4 address; iam-simulate cannot compare them and says no to both operators",
        keys={"aws:SourceIp": "2001:db8::1"},
    ),
    "every address": Disagreement(
        allow({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
        True,
        "iam-simulate shifts 32 bits by 32, which JavaScript does not",
    ),
}


def translated(case: Drawn) -> Drawn:
    """Return a call whose documents say the same in words that iam-simulate reads as AWS does."""
    documents, boundary = ([*map(translator(case), several or ())] for several in (case.documents, case.boundary))
    return case._replace(documents=documents, boundary=boundary if case.boundary is not None else None)


def translator(case: Drawn) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    keys = {key.lower(): value for key, value in case.keys.items()}

    def variable(found: re.Match[str]) -> str:
        name, default = found.groups()
        if name in "*?$" or keys.get(name.lower()):
            return found[0]
        return "" if name.lower() in keys else found[0] if default is not None else NO_SUCH_VALUE

    def translate(document: Mapping[str, Any]) -> dict[str, Any]:
        text = json.dumps(document).replace("arn:*:", "arn:aws:")
        text = (
            VARIABLE.sub(variable, text)
            if document.get("Version") == "2012-10-17"
            else text.replace("${", "no variable: {")
        )
        found: dict[str, Any] = json.loads(text)
        for statement in found["Statement"] if isinstance(found["Statement"], list) else [found["Statement"]]:
            tests = statement.get("Condition", {})
            # Where the key is not there the condition is met, as if it was not written.
            for operator in [each for each in tests if each.startswith("ForAnyValue:") and each.endswith("IfExists")]:
                if not all(key.lower() in keys for key in tests[operator]):
                    del tests[operator]
            for operator, several in tests.items():
                several |= {key: plain(operator, values) for key, values in several.items()}
        return found

    return translate


def plain(operator: str, values: Any) -> list[Any]:
    """Return the values of a condition: a star where it is meant, and ranges that iam-simulate can compare."""
    several = values if isinstance(values, list) else [values]
    if "Equals" in operator:
        return [each.replace("${*}", "*") for each in several]
    ranges = {"0.0.0.0/0": ["0.0.0.0/1", "128.0.0.0/1"], "192.0.2.7": ["192.0.2.7/32"]}
    return [range for each in several for range in ranges.get(each, [each])]
