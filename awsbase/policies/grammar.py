"""Check policy documents without a call to AWS: one line of advice for each mistake that AWS would refuse.

The sandbox refuses by the same grammar, in AWS's own words, so that it cannot disagree with `awsbase validate`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Literal, TypeAlias

from awsbase.policies.condition_grammar import condition_problems
from awsbase.policies.document import OLDEST, listed, size, words
from awsbase.policies.problem import LEGACY, SYNTAX, Problem, is_json, list_problems, nearest, texts
from awsbase.policies.resource_grammar import arn_problem

# `identity` is a managed policy; one that is put into a user, a group or a role is `inline`.
Kind: TypeAlias = Literal["identity", "inline", "trust", "resource"]

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

SID = re.compile(r"[A-Za-z0-9]*")
VENDOR = re.compile(r"\*|[A-Za-z0-9.-]+")
ACTION = re.compile(rf"({VENDOR.pattern}):[A-Za-z0-9_*?-]+")
FEDERATED = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(saml|oidc)-provider/.+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
PRINCIPAL = re.compile(
    r"\d{12}|arn:(?P<partition>aws[a-z-]*):(iam::\d{12}:(root|(user|role)/.+)|"
    r"sts::\d{12}:(assumed-role|federated-user)/.+)"
)
# Issuers that sign for whoever comes; the claim `sub` says for whom.
SHARED_ISSUERS = ("token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io", "agent.buildkite.com")
DELETED = re.compile(r"A(IDA|ROA)[A-Z0-9]{12,}")
SERVICE = re.compile(
    r"[a-z0-9.-]+\.(amazonaws\.(com(\.cn)?|eu)|amazon\.com|aws\.internal|[a-z0-9]+\.ic\.gov|sgov\.gov)"
)

# The messages are IAM's own, as moto's tests recorded them and as people quote them in public issues.
NO_ACTION = "Policy statement must contain actions."
NO_RESOURCE = "Policy statement must contain resources."
MISSING = "Missing required field Principal."
NOT_STS = "AssumeRole policy may only specify STS AssumeRole actions."
NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
# Characters without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
# A trust policy can have up to 4096 after the account's quota was raised.
LIMITS: dict[Kind, tuple[int, str]] = {
    "identity": (6144, "split it into two policies, or shorten it with wildcards"),
    "trust": (2048, "shorten it; a raised quota (role trust policy length) allows 4096 at most"),
}


def problems(document: object, kind: Kind, partition: str | None = None) -> list[str]:
    """List what AWS would refuse in a policy document of this kind; unknowns count as valid.

    `partition` is the one of the account: IAM takes ARNs of no other.
    """
    return [problem.advice for problem in found(document, kind, partition)]


def refusals(document: object, kind: Kind, partition: str | None = None) -> list[str]:
    """List AWS's own words for what it refuses in a document; its length is a matter of quotas, and not in it."""
    return [problem.refusal for problem in found(document, kind, partition) if problem.refusal]


def found(document: object, kind: Kind, partition: str | None) -> list[Problem]:
    """List the problems of a document."""
    if not isinstance(document, Mapping):
        advice = 'the document is not a JSON object, write {"Version": "2012-10-17", "Statement": [...]}'
        return [Problem(advice, SYNTAX)]
    return [*document_problems(document, kind, partition), *length_problems(document, kind)]


def document_problems(document: Mapping[str, object], kind: Kind, partition: str | None) -> Iterator[Problem]:
    """Yield what is wrong with the elements of a document."""
    yield from unknown_elements(document, TOP, "the document")
    if "Id" in document and is_json(document["Id"]) and not isinstance(document["Id"], str):
        yield Problem("Id is not a text", SYNTAX)
    yield from version_problems(document, kind)

    statements = listed(document.get("Statement"))
    if not statements:
        yield Problem("there is no Statement, add one with Effect, Action and Resource", SYNTAX)

    sids = Counter(
        sid for it in statements if isinstance(it, Mapping) and isinstance(sid := it.get("Sid"), str) and sid
    )
    for sid, times in sids.items():
        if times > 1:
            advice = f"the Sid {sid!r} is used {times} times, give each statement its own"
            yield Problem(advice, "Statement IDs (SID) in a single policy must be unique.")

    for number, statement in enumerate(statements, 1):
        if not isinstance(statement, Mapping):
            if is_json(statement):
                advice = f"statement {number} is not a JSON object, write one object for each statement"
                yield Problem(advice, SYNTAX)
            continue
        sid = statement.get("Sid")
        name = f"statement {number}" + (f" ({sid})" if isinstance(sid, str) and sid else "")
        for problem in statement_problems(statement, kind, partition):
            yield Problem(f"{name}: {problem.advice}", problem.refusal)


def version_problems(document: Mapping[str, object], kind: Kind) -> Iterator[Problem]:
    """Yield what is wrong with the Version."""
    version = document.get("Version")
    # IAM takes the older version, and none, in inline and trust policies only.
    old = "Policy document must be version 2012-10-17 or greater." if kind == "identity" else ""
    if version is None:
        advice = (
            f'there is no Version, add "Version": "{VERSION}"; without it AWS takes ${{...}} variables for plain text'
        )
        yield Problem(advice, SYNTAX if "Version" in document else old)
    elif isinstance(version, str) and version == OLDEST:
        if any("${" in word for word in words(document)):
            yield Problem(f'Version {OLDEST} takes ${{...}} variables for plain text, write "{VERSION}"', old)
        elif old:
            yield Problem(f'IAM takes no Version {OLDEST} in a managed policy, write "{VERSION}"', old)
    elif is_json(version) and version != VERSION:
        yield Problem(f'AWS knows no Version {version!r}, write "{VERSION}"', SYNTAX)


def length_problems(document: Mapping[str, object], kind: Kind) -> Iterator[Problem]:
    """Yield a problem when a document is longer than IAM allows, or has characters that IAM refuses."""
    if kind in LIMITS:
        limit, advice = LIMITS[kind]
        if (have := size(document)) > limit:
            yield Problem(f"the document has {have} characters without white space and AWS takes {limit}, {advice}")
    odd = sorted({letter for word in words(document) for letter in word if letter > "\u00ff"})
    if kind != "resource" and odd:
        yield Problem(f"IAM does not take the characters {' '.join(odd[:5])}, write it in Latin letters")


def statement_problems(statement: Mapping[str, object], kind: Kind, partition: str | None) -> Iterator[Problem]:
    """Yield what is wrong with one statement."""
    yield from unknown_elements(statement, STATEMENT, "a statement")
    yield from sid_problems(statement, kind)
    yield from effect_problems(statement)
    yield from action_problems(statement, kind)
    yield from resource_problems(statement, kind, partition)
    yield from principal_problems(statement, kind, partition)
    if kind == "trust" and statement.get("Effect") == "Allow":
        yield from subject_problems(statement)
    if "Condition" in statement:
        yield from condition_problems(statement["Condition"])


def sid_problems(statement: Mapping[str, object], kind: Kind) -> Iterator[Problem]:
    """Yield what is wrong with a Sid."""
    if "Sid" not in statement:
        return
    sid = statement["Sid"]
    if not isinstance(sid, str):
        if is_json(sid):
            yield Problem("Sid is not a text, write letters and digits", SYNTAX)
    elif kind != "resource" and not SID.fullmatch(sid):
        # KMS, S3 and SNS take blanks; IAM does not.
        advice = f"IAM takes only letters and digits in a Sid, write {re.sub('[^A-Za-z0-9]', '', sid)!r}"
        expected = "Check that your input satisfies the regular expression [0-9A-Za-z]*"
        yield Problem(advice, f"Statement IDs (SID) must be alpha-numeric. {expected}")


def effect_problems(statement: Mapping[str, object]) -> Iterator[Problem]:
    """Yield what is wrong with an effect."""
    effect = statement.get("Effect")
    if "Effect" not in statement:
        yield Problem("there is no Effect, write Allow or Deny", SYNTAX)
    elif is_json(effect) and effect not in ("Allow", "Deny"):
        spelt = isinstance(effect, str) and effect.capitalize() in ("Allow", "Deny")
        yield Problem(f"Effect is {effect!r}, write Allow or Deny", LEGACY if spelt else SYNTAX)


def action_problems(statement: Mapping[str, object], kind: Kind) -> Iterator[Problem]:
    """Yield what is wrong with actions."""
    yield from choice_problems(statement, "Action", "NotAction", "such as s3:GetObject", NO_ACTION)
    if kind == "trust" and "NotAction" in statement:
        yield Problem("a trust policy has no NotAction, name the sts actions under Action", NOT_STS)
        return
    for field in ("Action", "NotAction"):
        for action in texts(statement.get(field)):
            if refusal := action_refusal(action):
                yield Problem(f"{field} {action!r} is not of the form service:Operation, such as s3:GetObject", refusal)
            elif kind == "trust" and not action.lower().startswith("sts:"):
                advice = f"a trust policy allows only sts actions and this is {action!r}, write sts:AssumeRole"
                yield Problem(advice, NOT_STS)


def action_refusal(action: str) -> str:
    """Return what IAM says of an action; empty when it takes it."""
    if action == "*" or ACTION.fullmatch(action):
        return ""
    if ":" not in action:
        return NO_VENDOR
    if action.count(":") > 1:
        return "Actions/Condition can contain only one colon."
    vendor = action.partition(":")[0]
    return f"Vendor {vendor} is not valid" if not VENDOR.fullmatch(vendor) else LEGACY


def resource_problems(statement: Mapping[str, object], kind: Kind, partition: str | None) -> Iterator[Problem]:
    """Yield what is wrong with resources."""
    if kind == "trust":
        because = "it applies to its own role"
        yield from forbidden(statement, "Resource", "a trust policy", because, "Has prohibited field Resource.")
        return
    yield from choice_problems(statement, "Resource", "NotResource", 'an ARN or "*"', NO_RESOURCE)
    for field in ("Resource", "NotResource"):
        for resource in texts(statement.get(field)):
            if problem := arn_problem(resource, partition):
                yield Problem(f"{field} {resource!r} {problem.advice}", problem.refusal)


def principal_problems(statement: Mapping[str, object], kind: Kind, partition: str | None) -> Iterator[Problem]:
    """Yield what is wrong with principals."""
    if kind in ("identity", "inline"):
        because, refusal = (
            "it applies to its own user, group or role",
            "Policy document should not specify a principal.",
        )
        yield from forbidden(statement, "Principal", "an identity policy", because, refusal)
        return
    yield from exactly_one(statement, "Principal", "NotPrincipal", 'such as {"Service": "ec2.amazonaws.com"}', MISSING)
    if "NotPrincipal" in statement and statement.get("Effect") == "Allow":
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        advice = "NotPrincipal with Allow lets everybody else in, name those it allows under Principal"
        yield Problem(advice, "Allow with NotPrincipal is not allowed.")
    for field in ("Principal", "NotPrincipal"):
        value = statement.get(field, "*")
        if isinstance(value, Mapping):
            yield from unknown_elements(value, PRINCIPALS, field)
            if not value:
                yield Problem(f"{field} names nobody", MISSING)
            for sort in PRINCIPALS:
                yield from list_problems(f"{field} {sort}", value[sort], MISSING) if sort in value else ()
                for name in texts(value.get(sort)):
                    if advice := name_advice(sort, name, partition):
                        refused = not DELETED.fullmatch(name)
                        yield Problem(f"{field} {name!r} {advice}", invalid_principal(sort, name) if refused else "")
        elif is_json(value) and value != "*":
            advice = f'{field} has no kind, write {{"AWS": ...}}, {{"Service": ...}} or {{"Federated": ...}}'
            yield Problem(advice, SYNTAX)


def subject_problems(statement: Mapping[str, object]) -> Iterator[Problem]:
    """Yield a trust in an issuer that signs for everybody, when no condition says for whom.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
    """
    who, condition = statement.get("Principal"), statement.get("Condition")
    tests = condition.values() if isinstance(condition, Mapping) else ()
    asked = {str(key).lower() for test in tests if isinstance(test, Mapping) for key in test}
    for name in texts(who.get("Federated")) if isinstance(who, Mapping) else ():
        issuer = name.partition(":oidc-provider/")[2]
        if issuer in SHARED_ISSUERS and f"{issuer}:sub" not in asked:
            advice = f"{issuer} signs for everybody, and no condition says for whom, compare {issuer}:sub"
            yield Problem(advice, f"The trust policy must evaluate the condition key {issuer}:sub")


def name_advice(sort: str, name: str, partition: str | None) -> str:
    """Say what is wrong with the name of one principal; empty when nothing is."""
    if name == "*" or sort == "CanonicalUser":
        return ""
    if sort == "Service":
        return "" if SERVICE.fullmatch(name) else "is not a service, write it like ec2.amazonaws.com"
    other = re.match(r"arn:(aws[a-z-]*):", name)
    if other and partition and other[1] != partition:
        return f"is of another partition of AWS, write arn:{partition}:..."
    if sort == "Federated":
        return "" if FEDERATED.fullmatch(name) else "is no identity provider, write its ARN or its domain name"
    if DELETED.fullmatch(name):
        return "is the id of a deleted user or role, write the ARN of one that exists"
    if "*" in name:
        return "has a wildcard, name the account and test aws:PrincipalArn with ArnLike"
    return "" if PRINCIPAL.fullmatch(name) else "is not a principal, write an account id or the ARN of a user or role"


def invalid_principal(sort: str, name: str) -> str:
    """Return IAM's words for a principal that it does not know."""
    return f'Invalid principal in policy: "{sort.upper()}":"{name}"'


# Checks that several elements share.


def choice_problems(
    statement: Mapping[str, object], field: str, negation: str, example: str, refusal: str
) -> Iterator[Problem]:
    """Yield a problem unless a statement has exactly one of a field and its negation, with texts in it."""
    yield from exactly_one(statement, field, negation, example, refusal)
    for it in (field, negation):
        yield from list_problems(it, statement[it], refusal) if it in statement else ()


def exactly_one(
    statement: Mapping[str, object], field: str, negation: str, example: str, refusal: str
) -> Iterator[Problem]:
    """Yield a problem unless a statement has exactly one of two fields."""
    if field in statement and negation in statement:
        yield Problem(f"there are both {field} and {negation}, keep one of them", SYNTAX)
    if field not in statement and negation not in statement:
        yield Problem(f"there is neither {field} nor {negation}, add {field}, {example}", refusal)


def forbidden(statement: Mapping[str, object], field: str, where: str, because: str, refusal: str) -> Iterator[Problem]:
    """Yield a problem when a statement has a field that this kind of policy cannot have."""
    for it in (field, f"Not{field}"):
        if it in statement:
            yield Problem(f"{where} has no {it}, {because}; leave it out", refusal)


def unknown_elements(mapping: Mapping[str, object], known_keys: Collection[str], where: str) -> Iterator[Problem]:
    """Yield a problem for each key that is not an element of the policy language."""
    for key in mapping:
        if key not in known_keys:
            yield Problem(f"{where} has no element {key!r}" + nearest(key, known_keys), SYNTAX)
