"""Policies as a manifest names them: AWS's, those managed by awsbase, its own, or any by ARN."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, ValidationInfo

from awsbase.engine.scope import Scope
from awsbase.ensure.policy import Policy
from awsbase.manifest.paths import Steps, shown
from awsbase.manifest.section import ValidationProblem, closest, invalid
from awsbase.manifest.values import expand
from awsbase.policies import Document, curated, problems
from awsbase.records import record

if TYPE_CHECKING:
    from awsbase.policies.grammar import Kind

NAME = r"[A-Za-z0-9_+=,.@-]{1,128}"
FORMS = re.compile(rf"(aws:({NAME}/)*{NAME}|awsbase:{NAME}|{NAME}|arn:aws[a-z-]*:iam::([0-9]{{12}}|aws):policy/\S+)")
Statement = dict[str, Any]
# People leave the path out of these.
JOBS = frozenset(
    {
        "Billing",
        "DatabaseAdministrator",
        "DataScientist",
        "NetworkAdministrator",
        "SupportUser",
        "SystemAdministrator",
        "ViewOnlyAccess",
    }
)
# How the names of the policies begin that awsbase manages.
PREFIX = "awsbase-"


def grant(value: str, info: ValidationInfo) -> str:
    """Accept the name of a policy in any of its four forms; raises PydanticCustomError for any other."""
    name = expand(value, info)
    if not FORMS.fullmatch(name):
        hint = "write aws:NAME for one of AWS's, awsbase:NAME for one of awsbase's, NAME for iam.policies, or an ARN"
        raise invalid(f"{shown(name)} names no policy", hint)
    prefix, _, rest = name.partition(":")
    if prefix == "aws" and rest in JOBS:
        raise invalid(f"AWS has no policy {shown(rest)}", f"did you mean 'aws:job-function/{rest}'?")
    if prefix == "awsbase" and rest not in curated():
        near = closest(name, [f"awsbase:{each}" for each in curated()])
        raise invalid(f"awsbase ships no policy {shown(rest)}", near or f"there are {', '.join(curated())}")
    return name


Grant = Annotated[str, AfterValidator(grant)]


@record
class Granted:
    """Policies by ARN, with the addresses of those that this manifest makes."""

    arns: frozenset[str]
    made_here: tuple[str, ...]


def granted(grants: Iterable[str], scope: Scope, own: Mapping[str, Policy]) -> Granted:
    """Resolve the names of policies; `own` are those that this manifest makes, by their names."""
    arns = [arn_of(grant, scope, own) for grant in grants]
    named = ((arn, own.get(arn.rpartition("/")[2])) for arn in arns)
    made = (policy.address for arn, policy in named if policy and policy.arn == arn)
    return Granted(frozenset(arns), tuple(dict.fromkeys(made)))


def arn_of(grant: str, scope: Scope, own: Mapping[str, Policy]) -> str:
    """Return the ARN of a policy that a manifest names."""
    prefix, _, rest = grant.partition(":")
    if not rest:
        return own[grant].arn
    if prefix == "arn":
        return grant
    if prefix == "aws":
        return f"arn:{scope.partition}:iam::aws:policy/{rest}"
    return own[PREFIX + rest].arn


def dangling(grants: Iterable[str], at: Steps, names: Iterable[str], scope: Scope) -> Iterator[ValidationProblem]:
    """Yield the grants that name nothing in this manifest, or something in another partition of AWS."""
    names = list(names)
    for index, grant in enumerate(grants):
        if ":" not in grant and grant not in names:
            managed = [f"awsbase:{name}" for name in curated()]
            hint = closest(grant, [*names, *managed]) or f"AWS's own are written aws:{grant}"
            yield ValidationProblem((*at, index), f"no policy called {grant!r} in iam.policies", hint)
        elif grant.startswith("arn:") and not grant.startswith(f"arn:{scope.partition}:"):
            better = re.sub(r"arn:[a-z-]+", f"arn:{scope.partition}", grant, count=1)
            yield ValidationProblem((*at, index), f"{grant} is in another partition of AWS", f"here it is {better}")


def sentence(words: str) -> str:
    """Let words begin with a capital; what is written in capitals stays so."""
    return words[:1].upper() + words[1:]


def whole(statements: Iterable[Mapping[str, Any]]) -> Document:
    """Make a document of statements."""
    return {"Version": "2012-10-17", "Statement": [dict(statement) for statement in statements]}


def document_errors(
    document: Document, kind: Kind, at: Steps, partition: str, *, listed: bool = True, before: int = 0
) -> Iterator[ValidationProblem]:
    """Yield what AWS would refuse in a document, each at its statement when `at` is a list of statements.

    The first `before` statements are not the author's.
    """
    for line in problems(document, kind, partition):
        found = re.match(r"statement (\d+)( \(\w+\))?: ", line)
        if found and listed and int(found[1]) > before:
            yield ValidationProblem((*at, int(found[1]) - 1 - before), line[found.end() :])
        else:
            yield ValidationProblem(at, line)
