"""Find the statements of a resource policy that refuse a request whose sender is known before it is sent.

Of a service's delivery, or an upload by people of the account, most condition keys are known: their value, or that the
request lacks them. So a Deny refuses it, does not, or may refuse it when it depends on what is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from awsbase.access.comparison import VARIABLE, WILD, matched, within
from awsbase.access.conditions import parts
from awsbase.engine.scope import Scope
from awsbase.policies.document import conditions, folded, listed, named, principals
from awsbase.records import record

# A service that calls by its own name has none of these: they are about users, roles and the networks that they are in.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
NOT_OF_SERVICES = (
    *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/"),
    *("aws:username", "aws:multifactorauth", "aws:federatedprovider", "aws:referer"),
    # Its address is one of AWS's own, in no range that anybody lists.
    *("aws:sourceip", "aws:sourcevpc", "aws:vpcsourceip", "aws:vpceaccount", "aws:vpceorg"),
)
HEADERS = "s3:x-amz-"
OLDEST_TLS = 1.2
Held = bool | None
"""Met, not met, or None: that depends on what is not known."""


@record
class Request:
    """A request that is known before it is sent: by whom, for what, with which values of condition keys.

    The value None says that the request lacks the key. A key that is not listed is not known. A resource can be a
    pattern, which stands for each resource that it matches.
    """

    sender: tuple[str, str]
    action: str
    resource: str
    keys: Mapping[str, object] = field(default_factory=dict)

    @property
    def service(self) -> bool:
        return self.sender[0] == "Service"

    def lacks(self, key: str) -> bool:
        """Tell whether the request certainly has no value of a condition key."""
        if key in self.keys:
            return self.keys[key] is None
        return self.service and key.startswith(NOT_OF_SERVICES)


@record
class Refusals:
    """The names of the statements that refuse a request, and of those that may."""

    certain: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()


def services(
    statements: Iterable[Mapping[str, object]], scope: Scope, headers: Mapping[str, Mapping[str, object]]
) -> Iterator[Request]:
    """Yield the requests that statements let services send; `headers` are what they put into an upload, by service."""
    for statement in statements:
        if statement.get("Effect") != "Allow":
            continue
        for sender in principals(statement.get("Principal", {})):
            if not isinstance(sender, tuple) or sender[0] != "Service":
                continue
            known: dict[str, object] = {
                "aws:principalisawsservice": "true",
                "aws:principalservicename": sender[1],
                "aws:securetransport": "true",
                "aws:sourceaccount": scope.account,
                **demanded(statement.get("Condition")),
                **headers.get(str(sender[1]), {}),
            }
            for action in listed(statement.get("Action")):
                for resource in listed(statement.get("Resource")):
                    yield Request(("Service", str(sender[1])), str(action), str(resource), known)


def demanded(condition: object) -> dict[str, object]:
    """Return the values that a condition demands, where it demands one."""
    found: dict[str, object] = {}
    for operator, key, values in map(parts, conditions(condition)):
        if operator in ("StringEquals", "ArnEquals", "StringLike", "ArnLike") and len(values) == 1:
            found[key] = next(iter(values))
    return found


def refusals(statements: Iterable[object], request: Request) -> Refusals:
    """Return which statements refuse a request, by their names."""
    found = [(name, refuses(statement, request)) for name, statement in named(list(statements))]
    return Refusals(tuple(name for name, held in found if held), tuple(name for name, held in found if held is None))


def refuses(statement: object, request: Request) -> Held:
    """Tell whether a statement refuses a request."""
    return applies(statement, "Deny", request)


def permits(statements: Iterable[object], request: Request) -> Held:
    """Tell whether a resource's policy alone lets a request in."""
    several = list(statements)
    allowed = [applies(statement, "Allow", request) for statement in several]
    denied = [applies(statement, "Deny", request) for statement in several]
    if True in denied or not any(held is not False for held in allowed):
        return False
    return True if True in allowed and None not in denied else None


def applies(statement: object, effect: str, request: Request) -> Held:
    """Tell whether a statement of this effect is about a request."""
    if not isinstance(statement, Mapping) or statement.get("Effect") != effect:
        return False
    return every(
        (
            about_action(statement, request.action),
            about_resource(statement, request.resource),
            about_sender(statement, request),
            *(met(condition, request) for condition in conditions(statement.get("Condition"))),
        )
    )


def every(held: Iterable[Held]) -> Held:
    """Tell whether all hold: one that does not decides, and then one that is open."""
    several = list(held)
    return False if False in several else None if None in several else True


def about_action(statement: Mapping[str, object], action: str) -> bool:
    """Tell whether a statement is about an action."""
    key = "Action" if "Action" in statement else "NotAction"
    found = any(within(action.lower(), folded(each)) for each in listed(statement.get(key)))
    return found == (key == "Action")


def about_resource(statement: Mapping[str, object], resource: str) -> bool:
    """Tell whether a statement is about a resource, or about some of those that a pattern matches."""
    if "Resource" in statement:
        return any(within(resource, each) or within(each, resource) for each in listed(statement["Resource"]))
    return not any(within(resource, each) for each in listed(statement.get("NotResource")))


def about_sender(statement: Mapping[str, object], request: Request) -> Held:
    """Tell whether a statement is about whoever sends a request."""
    key = "Principal" if "Principal" in statement else "NotPrincipal"
    held = [is_sender(each, request) for each in principals(statement.get(key, {}))]
    among = True if True in held else None if None in held else False
    return among if key == "Principal" or among is None else not among


def is_sender(principal: object, request: Request) -> Held:
    """Tell whether a principal is the sender; of people only the account is known."""
    if not isinstance(principal, tuple) or len(principal) != 2:
        return None
    kind, name = principal
    # "*" and {"AWS": "*"} are everybody, services included.
    if name == "*" and kind in ("AWS", request.sender[0]):
        return True
    if kind != request.sender[0]:
        return False
    if name == request.sender[1]:
        return True
    return None if kind == "AWS" and f":{request.sender[1]}:" in str(name) else False


def met(condition: object, request: Request) -> Held:
    """Tell whether a request meets a condition."""
    operator, key, values = parts(condition)
    if not key:
        return None
    lacks = request.lacks(key)
    if operator == "Null":
        known = lacks or key in request.keys
        return lacks == (values == {"true"}) if known else None
    if key == "s3:tlsversion" and operator.startswith("NumericLess"):
        return False if all(at_most(value, OLDEST_TLS) for value in values) else None
    bare = operator.rpartition(":")[2]
    if lacks:
        # Without the key nothing is equal, and IfExists and ForAllValues demand nothing.
        return operator.startswith("ForAllValues:") or bare.endswith("IfExists") or "Not" in bare
    if key not in request.keys or not bare.startswith(("String", "Arn", "Bool")):
        return None
    fold = bare.startswith("Bool") or "IgnoreCase" in bare
    wild = bare.startswith("Arn") or "Like" in bare
    held = [equals(request.keys[key], value, fold=fold, wild=wild) for value in values]
    found = True if True in held else None if None in held else False
    return found if found is None else found != ("Not" in bare)


def equals(value: object, wanted: object, *, fold: bool, wild: bool) -> Held:
    """Tell whether the value of a request, which may be a pattern itself, equals that of a condition."""
    if not isinstance(value, str) or not isinstance(wanted, str):
        # What is not known before it is made is named in no policy yet.
        return value == wanted
    if VARIABLE.search(wanted):
        return None
    if fold:
        value, wanted = value.lower(), wanted.lower()
    if value == wanted or (wild and matched(value, wanted)):
        return True
    return None if WILD.search(value) else False


def at_most(value: object, most: float) -> bool:
    """Tell whether a value of a condition is a number that is no greater."""
    try:
        return float(str(value)) <= most
    except ValueError:
        return False
