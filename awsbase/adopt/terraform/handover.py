"""What Terraform has to forget once a manifest manages it, so that nothing has two owners."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from awsbase.adopt.terraform.naming import Place, is_elsewhere, matching, meant, places
from awsbase.adopt.terraform.state import Instance, State
from awsbase.adopt.terraform.types import NO_WORDS, Type
from awsbase.engine.kind import Kinds, permissions_of
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure import KINDS
from awsbase.records import record

ID = re.compile(r"arn:\S+|[a-z]+(?:-[a-z]+)*-[0-9a-f]{8,17}")
KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[^:]+:\d+:key/(\S+)")


@record
class Handed:
    """An instance that Terraform has to forget, and the addresses that manage the thing now."""

    instance: Instance
    addresses: tuple[str, ...]


@record
class Left:
    """An instance that Terraform keeps although the manifest manages the thing that it is about, and why."""

    instance: Instance
    address: str
    why: str


@record
class HandOver:
    """What of a state a manifest manages now.

    `left` are parts of its things that the manifest does not manage. `elsewhere` are instances of other accounts, and
    `others` those that are nothing of the manifest's.
    """

    state: State
    handed: tuple[Handed, ...]
    left: tuple[Left, ...]
    elsewhere: int
    others: int

    def commands(self) -> list[str]:
        """Return the commands that let Terraform forget, quoted for a shell; a whole resource is one command."""
        every = self._members(lambda each: each.resource, self.state.instances)
        gone = self._members(lambda each: each.resource, [each.instance for each in self.handed])
        named: list[str] = []
        for resource, instances in gone.items():
            whole = len(instances) == len(every[resource])
            named += [resource] if whole else [each.address for each in instances]
        return [f"{self.state.program} state rm {shlex.quote(address)}" for address in sorted(named)]

    def blocks(self) -> str:
        """Return the `removed` blocks for a configuration; a comment names what such a block cannot tell apart.

        A block is about a resource of the configuration with all its instances, in all instances of its modules.
        Terraform takes them since version 1.7; OpenTofu takes a lifecycle in them since 1.10.
        """
        return "\n".join(self._blocks())

    def _blocks(self) -> Iterator[str]:
        every = self._members(lambda each: each.configured, self.state.instances)
        gone = self._members(lambda each: each.configured, [each.instance for each in self.handed])
        for address, instances in sorted(gone.items()):
            if address and len(instances) == len(every[address]):
                yield f"removed {{\n  from = {address}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"
        for address, instances in sorted(gone.items()):
            if not address or len(instances) < len(every[address]):
                many = f"{len(instances)} of {len(every[address])} instances"
                name = address or instances[0].resource
                yield f"# {line(name)}: {many} are the manifest's, and a block takes all: use `state rm`\n"

    def document(self) -> dict[str, Any]:
        """Return what happens to a state as JSON has it."""
        return {
            "file": self.state.file,
            "handed": {each.instance.address: list(each.addresses) for each in self.handed},
            "left": {each.instance.address: {"of": each.address, "why": each.why} for each in self.left},
            "elsewhere": self.elsewhere,
            "others": self.others,
            "commands": self.commands(),
            "removed": self.blocks(),
        }

    @staticmethod
    def _members(address: Any, instances: Sequence[Instance]) -> dict[str, list[Instance]]:
        found: defaultdict[str, list[Instance]] = defaultdict(list)
        for each in instances:
            found[address(each)].append(each)
        return dict(found)


def line(text: str) -> str:
    """Return a text on one line, for a comment."""
    return " ".join(text.split())


def hand_over(
    state: State, resources: Sequence[Resource], scope: Scope, results: Mapping[str, Any], *, kinds: Kinds = KINDS
) -> HandOver:
    """Tell what of a state these resources of a manifest manage.

    `results` are what their plan returned by address, which tells the ids of things that have no name of their own.
    """
    managed = {each.address: each for each in resources if writes(each, kinds)}
    known = ids({address: results.get(address) for address in managed})
    where = places(state)
    handed: list[Handed] = []
    left: list[Left] = []
    elsewhere = others = 0
    for each in state.instances:
        place = where.get(each.provider, Place())
        if is_elsewhere(each, scope, place):
            elsewhere += 1
            continue
        things = [(thing.type, matching(thing, managed)) for thing in meant(each, scope, place, known)]
        if not any(address for _, address in things):
            others += 1
        elif reasons := [(address, why) for type, address in things if (why := kept(each, type, managed.get(address)))]:
            address = next((address for address, _ in reasons if address), "") or next(one for _, one in things if one)
            left.append(Left(each, address, "; ".join(dict.fromkeys(why for _, why in reasons))))
        else:
            handed.append(Handed(each, tuple(address for _, address in things)))
    return HandOver(state, tuple(handed), tuple(left), elsewhere, others)


def writes(resource: Resource, kinds: Kinds) -> bool:
    """Tell whether awsbase changes a resource: what it only looks at stays with Terraform."""
    return any(permissions_of(kinds, resource).write(resource))


def ids(results: Mapping[str, Any]) -> dict[str, str]:
    """Return the addresses of things by their ids and ARNs, as recipes return them."""
    found: dict[str, str] = {}
    for address, result in results.items():
        for value in result.values() if isinstance(result, Mapping) else [result]:
            if isinstance(value, str) and ID.fullmatch(value):
                found[value] = address
                if key := KEY_ARN.fullmatch(value):
                    found[key[1]] = address
    return found


def kept(instance: Instance, type: Type, resource: Resource | None) -> str:
    """Return why Terraform keeps an instance of a type; empty if the resource manages all of it."""
    if resource is None:
        return "it is also about something that the manifest does not manage"
    if type.stays:
        return type.stays
    if type.setting and getattr(resource, type.setting, None) is None:
        return NO_WORDS
    if not type.listed or getattr(resource, "exact", False):
        return ""
    listed = getattr(resource, type.listed, None) or ()
    value = instance.attributes.get(type.entry, ())
    entries = [value] if isinstance(value, str) else value
    if listed and all(each in listed for each in entries):
        return ""
    return f"it is not among the {type.listed} there, and the manifest keeps what it does not list"
