"""Check policy documents without a call to AWS: one line of advice for each mistake that AWS would refuse."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Literal, TypeAlias

from awsbase.policies.document import OLDEST, listed, size

Kind: TypeAlias = Literal["identity", "trust", "resource"]

VERSION = "2012-10-17"
TOP = ("Version", "Id", "Statement")
STATEMENT = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")

TEXTS = ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
OPERATORS = (
    *(f"String{test}" for test in TEXTS),
    *(f"{kind}{test}" for kind in ("Numeric", "Date") for test in ORDERS),
    *(f"Arn{test}" for test in ("Equals", "NotEquals", "Like", "NotLike")),
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
)

SID = re.compile(r"[A-Za-z0-9]*")
ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9_*?-]+")
ARN = re.compile(r"arn:(aws[a-z-]*|\*):[A-Za-z0-9*?-]+:[^:]*:[^:]*:.+", re.DOTALL)
PRINCIPAL = re.compile(
    r"\d{12}|arn:aws[a-z-]*:(iam::\d{12}:(root|(user|role)/.+)|sts::\d{12}:(assumed-role|federated-user)/.+)"
)
DELETED = re.compile(r"A(IDA|ROA)[A-Z0-9]{12,}")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")

# Characters without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
# A trust policy can have up to 4096 after the account's quota was raised.
LIMITS: dict[Kind, tuple[int, str]] = {
    "identity": (6144, "split it into two policies, or shorten it with wildcards"),
    "trust": (2048, "shorten it; a raised quota (role trust policy length) allows 4096 at most"),
}


def problems(document: object, kind: Kind) -> list[str]:
    """List what AWS would refuse in a policy document of this kind; unknowns count as valid."""
    if not isinstance(document, Mapping):
        return ['the document is not a JSON object, write {"Version": "2012-10-17", "Statement": [...]}']
    return [*document_problems(document, kind), *length_problems(document, kind)]


def document_problems(document: Mapping[str, object], kind: Kind) -> Iterator[str]:
    """Yield what is wrong with the elements of a document."""
    yield from unknown_elements(document, TOP, "the document")
    yield from version_problems(document)

    statements = listed(document.get("Statement"))
    if not statements:
        yield "there is no Statement, add one with Effect, Action and Resource"

    sids = Counter(
        sid for it in statements if isinstance(it, Mapping) and isinstance(sid := it.get("Sid"), str) and sid
    )
    for sid, times in sids.items():
        if times > 1:
            yield f"the Sid {sid!r} is used {times} times, give each statement its own"

    for number, statement in enumerate(statements, 1):
        if not isinstance(statement, Mapping):
            if is_json(statement):
                yield f"statement {number} is not a JSON object, write one object for each statement"
            continue
        sid = statement.get("Sid")
        name = f"statement {number}" + (f" ({sid})" if isinstance(sid, str) and sid else "")
        for problem in statement_problems(statement, kind):
            yield f"{name}: {problem}"


def version_problems(document: Mapping[str, object]) -> Iterator[str]:
    """Yield what is wrong with the Version."""
    version = document.get("Version")
    if version is None:
        yield f'there is no Version, add "Version": "{VERSION}"; without it AWS takes ${{...}} variables for plain text'
    elif isinstance(version, str) and version == OLDEST:
        if any("${" in word for word in words(document)):
            yield f'Version {OLDEST} takes ${{...}} variables for plain text, write "{VERSION}"'
    elif is_json(version) and version != VERSION:
        yield f'AWS knows no Version {version!r}, write "{VERSION}"'


def length_problems(document: Mapping[str, object], kind: Kind) -> Iterator[str]:
    """Yield a problem when a document is longer than IAM allows, or has characters that IAM refuses."""
    if kind in LIMITS:
        limit, advice = LIMITS[kind]
        if (have := size(document)) > limit:
            yield f"the document has {have} characters without white space and AWS takes {limit}, {advice}"
    odd = sorted({letter for word in words(document) for letter in word if letter > "\u00ff"})
    if kind != "resource" and odd:
        yield f"IAM does not take the characters {' '.join(odd[:5])}, write it in Latin letters"


def statement_problems(statement: Mapping[str, object], kind: Kind) -> Iterator[str]:
    """Yield what is wrong with one statement."""
    yield from unknown_elements(statement, STATEMENT, "a statement")
    yield from sid_problems(statement, kind)
    yield from effect_problems(statement)
    yield from action_problems(statement, kind)
    yield from resource_problems(statement, kind)
    yield from principal_problems(statement, kind)
    if "Condition" in statement:
        yield from condition_problems(statement["Condition"])


def sid_problems(statement: Mapping[str, object], kind: Kind) -> Iterator[str]:
    """Yield what is wrong with a Sid."""
    if "Sid" not in statement:
        return
    sid = statement["Sid"]
    if not isinstance(sid, str):
        yield "Sid is not a text, write letters and digits"
    elif kind != "resource" and not SID.fullmatch(sid):
        yield f"IAM takes only letters and digits in a Sid, write {re.sub('[^A-Za-z0-9]', '', sid)!r}"


def effect_problems(statement: Mapping[str, object]) -> Iterator[str]:
    """Yield what is wrong with an effect."""
    effect = statement.get("Effect")
    if "Effect" not in statement:
        yield "there is no Effect, write Allow or Deny"
    elif is_json(effect) and effect not in ("Allow", "Deny"):
        yield f"Effect is {effect!r}, write Allow or Deny"


def action_problems(statement: Mapping[str, object], kind: Kind) -> Iterator[str]:
    """Yield what is wrong with actions."""
    yield from choice_problems(statement, "Action", "NotAction", "such as s3:GetObject")
    if kind == "trust" and "NotAction" in statement:
        yield "a trust policy has no NotAction, name the sts actions under Action"
        return
    for field in ("Action", "NotAction"):
        for action in texts(statement.get(field)):
            if action != "*" and not ACTION.fullmatch(action):
                yield f"{field} {action!r} is not of the form service:Operation, such as s3:GetObject"
            elif kind == "trust" and not action.lower().startswith("sts:"):
                yield f"a trust policy allows only sts actions and this is {action!r}, write sts:AssumeRole"


def resource_problems(statement: Mapping[str, object], kind: Kind) -> Iterator[str]:
    """Yield what is wrong with resources."""
    if kind == "trust":
        yield from forbidden(statement, "Resource", "a trust policy", "it applies to its own role")
        return
    yield from choice_problems(statement, "Resource", "NotResource", 'an ARN or "*"')
    for field in ("Resource", "NotResource"):
        for resource in texts(statement.get(field)):
            if resource != "*" and not ARN.fullmatch(resource):
                yield f'{field} {resource!r} is not an ARN, write arn:partition:service:region:account:name or "*"'


def principal_problems(statement: Mapping[str, object], kind: Kind) -> Iterator[str]:
    """Yield what is wrong with principals."""
    if kind == "identity":
        yield from forbidden(statement, "Principal", "an identity policy", "it applies to its own user, group or role")
        return
    yield from exactly_one(statement, "Principal", "NotPrincipal", 'such as {"Service": "ec2.amazonaws.com"}')
    for field in ("Principal", "NotPrincipal"):
        value = statement.get(field, "*")
        if isinstance(value, Mapping):
            yield from unknown_elements(value, PRINCIPALS, field)
            for sort in PRINCIPALS:
                yield from list_problems(f"{field} {sort}", value[sort]) if sort in value else ()
                for name in texts(value.get(sort)):
                    yield from name_problems(field, sort, name)
        elif is_json(value) and value != "*":
            yield f'{field} has no kind, write {{"AWS": ...}}, {{"Service": ...}} or {{"Federated": ...}}'


def name_problems(field: str, sort: str, name: str) -> Iterator[str]:
    """Yield what is wrong with the name of one principal."""
    if sort == "AWS" and DELETED.fullmatch(name):
        yield f"{field} {name!r} is the id of a deleted user or role, write the ARN of one that exists"
    elif sort == "AWS" and name != "*" and "*" in name:
        yield f"{field} {name!r} has a wildcard, name the account and test aws:PrincipalArn with ArnLike"
    elif sort == "AWS" and name != "*" and not PRINCIPAL.fullmatch(name):
        yield f"{field} {name!r} is not a principal, write an account id or the ARN of a user or role"
    elif sort == "Service" and not re.fullmatch(r"[a-z0-9.-]+\.[a-z0-9.-]+", name):
        yield f"{field} {name!r} is not a service, write it like ec2.amazonaws.com"


def condition_problems(condition: object) -> Iterator[str]:
    """Yield what is wrong with conditions."""
    if not isinstance(condition, Mapping):
        if is_json(condition):
            yield 'Condition is not a JSON object, write {"Operator": {"key": "value"}}'
        return
    for operator, tests in condition.items():
        test = re.sub(r"^(ForAllValues|ForAnyValue):", "", operator)
        plain = test.removesuffix("IfExists")
        if plain not in OPERATORS or test == "NullIfExists":
            yield f"AWS knows no condition operator {operator!r}" + nearest(plain, OPERATORS)
        elif not isinstance(tests, Mapping):
            if is_json(tests):
                yield f'{operator} is not a JSON object, write {{"key": "value"}}'
        else:
            for key, values in tests.items():
                if ":" not in key:
                    yield f"{operator} tests {key!r} and condition keys look like aws:MultiFactorAuthPresent"
                yield from value_problems(f"{operator} {key}", plain, values)


def value_problems(where: str, operator: str, values: object) -> Iterator[str]:
    """Yield what is wrong with the values of a condition."""
    if isinstance(values, Mapping) or values is None or any(isinstance(it, Mapping | list) for it in listed(values)):
        yield f"{where} is neither a value nor a list of values, write one of them"
        return
    for value in listed(values):
        if isinstance(value, str) and "${" in value:
            continue
        if operator in ("Bool", "Null") and isinstance(value, str) and value.lower() not in ("true", "false"):
            yield f"{where} is {value!r}, write true or false"
        elif operator.startswith("Numeric") and isinstance(value, str) and not NUMBER.fullmatch(value):
            yield f"{where} is {value!r}, write a number"
        elif operator.endswith("IpAddress") and isinstance(value, str) and not network(value):
            yield f"{where} is {value!r}, write a range such as 203.0.113.0/24"


def network(value: str) -> bool:
    """Tell whether a value is an IP address or a CIDR block."""
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


# Checks that several elements share.


def texts(value: object) -> list[str]:
    """Return the texts of a value that is one text or a list."""
    return [it for it in listed(value) if isinstance(it, str)]


def list_problems(where: str, value: object) -> Iterator[str]:
    """Yield a problem when a value is neither a text nor a list of texts."""
    if isinstance(value, list) and not value:
        yield f"{where} is an empty list, name at least one or leave it out"
    if value is None or any(is_json(it) and not isinstance(it, str) for it in listed(value)):
        yield f"{where} contains something that is not a text, write a text or a list of texts"


def choice_problems(statement: Mapping[str, object], field: str, negation: str, example: str) -> Iterator[str]:
    """Yield a problem unless a statement has exactly one of a field and its negation, with texts in it."""
    yield from exactly_one(statement, field, negation, example)
    for it in (field, negation):
        yield from list_problems(it, statement[it]) if it in statement else ()


def exactly_one(statement: Mapping[str, object], field: str, negation: str, example: str) -> Iterator[str]:
    """Yield a problem unless a statement has exactly one of two fields."""
    if field in statement and negation in statement:
        yield f"there are both {field} and {negation}, keep one of them"
    if field not in statement and negation not in statement:
        yield f"there is neither {field} nor {negation}, add {field}, {example}"


def forbidden(statement: Mapping[str, object], field: str, where: str, because: str) -> Iterator[str]:
    """Yield a problem when a statement has a field that this kind of policy cannot have."""
    for it in (field, f"Not{field}"):
        if it in statement:
            yield f"{where} has no {it}, {because}; leave it out"


def unknown_elements(mapping: Mapping[str, object], known_keys: Collection[str], where: str) -> Iterator[str]:
    """Yield a problem for each key that is not an element of the policy language."""
    for key in mapping:
        if key not in known_keys:
            yield f"{where} has no element {key!r}" + nearest(key, known_keys)


def nearest(word: object, choices: Collection[str]) -> str:
    """Return a hint: the choice nearest to a word, or all choices."""
    folded = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(word.lower(), folded, 1, 0.6) if isinstance(word, str) else []
    return f", did you mean {folded[close[0]]}?" if close else f", choose from {', '.join(choices)}"


def is_json(value: object) -> bool:
    """Tell whether a value is JSON rather than an unknown."""
    return value is None or isinstance(value, str | bool | int | float | list | Mapping)


def words(value: object) -> Iterator[str]:
    """Yield every text of a document, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from words(key)
            yield from words(part)
    elif isinstance(value, list):
        for part in value:
            yield from words(part)
