"""From what is allowed to policy documents: as few statements as say the same, in policies that are not too long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from os.path import commonprefix

from awsbase.engine.permissions import EVERYTHING, Allow, Condition
from awsbase.policies.document import Document, size
from awsbase.records import record

LIMIT = 6144  # characters of a managed policy, without white space
ATTACHED = 10  # managed policies on one user or role, unless AWS is asked for more


@record
class Least:
    """Policies that are enough together; `widened` are the statements that name what is alike by its beginning."""

    documents: list[Document]
    widened: tuple[str, ...] = ()


@record
class Statement:
    """One statement that allows something."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition | None

    @property
    def written(self) -> Document:
        """The statement as policies have it."""
        said: Document = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        if self.condition:
            said["Condition"] = {self.condition.operator: {self.condition.key: sorted(self.condition.values)}}
        return said


def statements(allows: Iterable[Allow], verb: str) -> list[Statement]:
    """Say what is allowed in the fewest statements; each is called after the verb and what it is about."""
    on: dict[tuple[str, Condition | None], list[str]] = defaultdict(list)
    for action, resource, condition in apart(allows):
        on[action, condition].append(resource)
    actions: dict[tuple[tuple[str, ...], Condition | None], list[str]] = defaultdict(list)
    for (action, condition), resources in on.items():
        actions[tuple(sorted(resources)), condition].append(action)

    found = [
        Statement(called(verb, does, resources), tuple(sorted(does)), resources, condition)
        for (resources, condition), does in actions.items()
    ]
    found.sort(key=lambda each: (each.resources != EVERYTHING, each.actions, each.resources, str(each.condition)))
    return list(numbered(found))


def apart(allows: Iterable[Allow]) -> Iterator[tuple[str, str, Condition | None]]:
    """Take apart what is allowed, by action and resource; the values of a condition join.

    What is allowed under no condition, or on everything, is not said again for less.
    """
    values: dict[tuple[str, str, tuple[str, str] | None], frozenset[str]] = defaultdict(frozenset)
    for allow in allows:
        asked = (allow.condition.operator, allow.condition.key) if allow.condition else None
        for action in allow.actions:
            for resource in allow.resources:
                values[action, resource, asked] |= allow.condition.values if allow.condition else frozenset()
    for (action, resource, asked), held in values.items():
        more = {(action, "*", None), (action, resource, None)} - {(action, resource, asked)}
        if more.isdisjoint(values):
            yield action, resource, Condition(*asked, held) if asked else None


def called(verb: str, actions: Sequence[str], resources: Sequence[str]) -> str:
    """Name a statement: the verb, the service, and the kind of thing."""
    services = {action.partition(":")[0] for action in actions}
    words = next(iter(services)).split("-") if len(services) == 1 else ["account"]
    kind, slash, _ = resources[0].split(":", 5)[-1].replace(":", "/").partition("/")
    return verb + "".join(word.capitalize() for word in (*words, *(kind.split("-") if slash else ())))


def numbered(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Tell statements of one name apart."""
    taken: dict[str, int] = defaultdict(int)
    for each in statements:
        taken[each.sid] += 1
        yield each if taken[each.sid] == 1 else replace(each, sid=f"{each.sid}{taken[each.sid]}")


def fitting(statements: Sequence[Statement]) -> Least:
    """Write statements into no more policies than one user can have: where names are too many, by their beginning."""
    fit, widened = list(statements), []
    while len(filled := documents(fit)) > ATTACHED:
        longest = max(range(len(fit)), key=lambda index: len(fit[index].resources))
        if len(fit[longest].resources) == 1:
            break
        alike = commonprefix(fit[longest].resources)  # noqa: RUF071, names begin alike anywhere, not only at a slash
        fit[longest] = replace(fit[longest], resources=(f"{alike}*",))
        widened.append(fit[longest].sid)
    return Least(filled, tuple(widened))


def documents(statements: Iterable[Statement]) -> list[Document]:
    """Put each statement into the first policy that has room for it."""
    filled: list[list[Document]] = []
    for statement in (part for whole in statements for part in small_enough(whole)):
        roomy = next((each for each in filled if size(document(*each, statement.written)) <= LIMIT), None)
        if roomy is None:
            filled.append(roomy := [])
        roomy.append(statement.written)
    return [document(*each) for each in filled]


def document(*statements: Document) -> Document:
    """Return the document that is being filled."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def small_enough(statement: Statement) -> Iterator[Statement]:
    """Yield a statement, in halves by resource as long as it would not fit into any policy."""
    resources = statement.resources
    if size(document(statement.written)) <= LIMIT or len(resources) == 1:
        yield statement
        return
    middle = len(resources) // 2
    for part, letter in ((resources[:middle], "A"), (resources[middle:], "B")):
        yield from small_enough(replace(statement, sid=f"{statement.sid}{letter}", resources=part))
