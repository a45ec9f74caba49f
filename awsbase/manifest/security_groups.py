"""The security_groups section: who reaches what, by CIDR block, prefix list or another group."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from awsbase.engine.references import Reference
from awsbase.engine.resource import Resource
from awsbase.ensure.security_group import SecurityGroup
from awsbase.facts.security_rules import OPEN_EGRESS, Rule
from awsbase.manifest.base import Base
from awsbase.manifest.blocks import WORLD
from awsbase.manifest.network import where
from awsbase.manifest.outputs import Output
from awsbase.manifest.paths import Steps, shown
from awsbase.manifest.section import Section, Several, ValidationProblem, closest, invalid
from awsbase.manifest.values import OneNameEach, expand, named
from awsbase.records import record

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

PROTOCOLS = {"all": "-1", "tcp": "tcp", "udp": "udp", "icmp": "icmp", "icmpv6": "icmpv6"}
CLOSED = ("protect.admin_ports closes this to the world again", "name your networks, or leave admin_ports out")
TEXT = r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{0,255}"


def block(value: str) -> str:
    """Accept a block of IPv4 or IPv6 addresses without host bits, as AWS keeps it.

    Raises PydanticCustomError for any other.
    """
    try:
        loose = ip_network(value, strict=False)
    except ValueError:
        raise invalid(f"{shown(value)} is no block of addresses", "write 203.0.113.0/24, or 203.0.113.7/32") from None
    if str(loose) != value:
        raise invalid(f"{value} is more than a block", f"write {loose}")
    return value


def group_name(value: str) -> str:
    """Accept the name of a security group; raises PydanticCustomError for one that EC2 refuses."""
    if value.startswith("sg-"):
        raise invalid(f"{shown(value)} begins like an id", "name it otherwise")
    if value.casefold() == "default":
        raise invalid("every VPC has a group called default", "name it otherwise")
    return value


Block = Annotated[str, AfterValidator(block)]
GroupName = Annotated[
    str,
    named(r"(?! )[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}(?<! )", "group name: 1 to 255 letters, digits and marks"),
    AfterValidator(group_name),
]
Text = Annotated[str, named(TEXT, "description: up to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*")]


def rule_description(value: str) -> str:
    """Accept the description of a security group; raises PydanticCustomError when it is empty."""
    if not value:
        raise invalid("EC2 takes no group without a description", "say what it is for, or leave description out")
    return value


class RuleSpec(Section):
    """What may pass, and between whom."""

    protocol: Annotated[str, named("|".join(PROTOCOLS), "protocol: " + ", ".join(PROTOCOLS))] = Field(
        default="tcp", description="tcp, udp, icmp, icmpv6, or all."
    )
    ports: int | str | None = Field(
        default=None, description="A port, or a range: 443, or 8000-8010. For tcp and udp.", examples=[443, "8000-8010"]
    )
    cidr: Several[Block] = Field(default=(), description="Blocks of addresses at the other end.")
    prefix_lists: Several[Annotated[str, named(r"pl-[0-9a-f]{8,17}", "prefix list: its id, pl-…")]] = Field(
        default=(), description="Prefix lists, by id."
    )
    groups: Several[Annotated[str, AfterValidator(expand)]] = Field(
        default=(), description="Other groups of this section, by name (its own too), or sg-… by id."
    )
    description: Text = Field(default="", description="What it is for; it is corrected without closing the door.")

    @model_validator(mode="after")
    def _says_enough(self) -> Self:
        if not (self.cidr or self.prefix_lists or self.groups):
            raise invalid("nobody is at the other end", "name cidr, prefix_lists or groups")
        if (self.protocol in ("tcp", "udp")) != (self.ports is not None):
            raise invalid(
                f"{self.protocol} {'needs' if self.ports is None else 'has no'} ports",
                "write `ports: 443`" if self.ports is None else "leave them out",
            )
        if self.ports is not None:
            self.ends()
        if self.protocol == "icmpv6" and (old := [each for each in self.cidr if ":" not in each]):
            raise invalid(f"icmpv6 is not spoken with {shown(old[0])}, which is IPv4", "write `protocol: icmp` for it")
        return self

    def ends(self) -> tuple[int, int] | None:
        """Return the first and the last port; for ICMP what stands for everything.

        Raises PydanticCustomError for any other.
        """
        if self.protocol == "all":
            return None
        if self.ports is None:
            return (-1, -1)
        found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", str(self.ports))
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not 0 <= first <= last <= 65535:
            raise invalid(f"{shown(self.ports)} is no port and no range", "write 443, or 8000-8010")
        return (first, last)

    def rules(self, base: Base) -> Iterator[Rule]:
        """Yield a rule for each other end."""
        others = [*self.cidr, *self.prefix_lists]
        ends = [each if each.startswith("sg-") else Reference(group_address(base, each)) for each in self.groups]
        for other in (*others, *ends):
            yield Rule(PROTOCOLS[self.protocol], self.ends(), other, self.description)


def source(value: str, info: ValidationInfo) -> str:
    """Accept where a preset lets in from: a block, a prefix list by id, or a group.

    Raises PydanticCustomError for a block that is none.
    """
    if re.fullmatch(r"[\d.]+(/\d+)?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(/\d+)?", value):
        return block(value)
    return expand(value, info)


# The ports of each preset, and what its rules are called.
PRESETS: Mapping[str, tuple[tuple[int, str], ...]] = {
    "ssh": ((22, "ssh"),),
    "web": ((80, "http"), (443, "https")),
    "db": (),
}


class SecurityGroupSpec(Section):
    """A security group of the network: exactly these rules."""

    description: Annotated[Text, AfterValidator(rule_description)] = Field(
        default="made by awsbase",
        description="What it is for; AWS keeps the first one.",
    )
    preset: Literal["ssh", "web", "db"] | None = Field(
        default=None,
        description="What may come in, beside `ingress`: ssh (port 22), web (80 and 443), or db (one port from one "
        "group).",
    )
    sources: Several[Annotated[str, AfterValidator(source)]] = Field(
        default=(),
        alias="from",
        description="The other end of the preset: blocks, prefix lists by id, other groups. Left out, web is for "
        "everybody.",
        examples=[["203.0.113.0/24"], ["web"]],
    )
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        default=None, description="The port of preset db, such as 5432 or 3306."
    )
    ingress: Several[RuleSpec] = Field(default=(), description="What may come in; left out, nothing.")
    egress: Several[RuleSpec] | None = Field(default=None, description="What may go out; left out, everything.")

    later: ClassVar[frozenset[str]] = frozenset({"preset", "sources", "port"})

    @model_validator(mode="after")
    def _preset_is_complete(self) -> Self:
        if self.preset is None and self.sources:
            raise invalid("from is the other end of a preset, and there is none", "write `preset: ssh`, or a rule")
        if self.preset != "db" and self.port is not None:
            raise invalid("port is for preset db", "write `preset: db`, or a rule with `ports`")
        if self.preset == "ssh" and not self.sources:
            raise invalid("nobody is at the other end of preset ssh", "write `from: [203.0.113.0/24]`")
        if self.preset == "db":
            if self.port is None:
                raise invalid("preset db needs a port", "write `port: 5432`")
            if len(self.sources) != 1 or "/" in self.sources[0] or self.sources[0].startswith("pl-"):
                raise invalid("preset db lets one group in", "write `from: [web]`, a group of this section, or its id")
        return self

    @property
    def inward(self) -> tuple[RuleSpec, ...]:
        """What may come in: the rules of the preset, and then the others."""
        ports = [(self.port, "database")] if self.preset == "db" else PRESETS[self.preset] if self.preset else ()
        sources = self.sources or WORLD
        return (
            *(
                RuleSpec(
                    ports=port,
                    cidr=tuple(each for each in sources if "/" in each),
                    prefix_lists=tuple(each for each in sources if each.startswith("pl-")),
                    groups=tuple(each for each in sources if "/" not in each and not each.startswith("pl-")),
                    description=text,
                )
                for port, text in ports
            ),
            *self.ingress,
        )

    @property
    def names(self) -> set[str]:
        """The other groups of the section that the rules name."""
        return {group for rule in (*self.inward, *(self.egress or ())) for group in rule.groups}

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield groups that nobody defines, and doors that would be opened and closed for ever."""
        names = list(manifest.security_groups or {})
        before = len(self.inward) - len(self.ingress)
        for index, each in enumerate(self.sources):
            if "/" not in each and not each.startswith(("pl-", "sg-")) and each not in names:
                yield unknown(("from", index), each, names)
        yield from said_twice("ingress", self.inward, before)
        yield from said_twice("egress", self.egress or ())
        for way, rules in (("ingress", self.ingress), ("egress", self.egress or ())):
            for number, rule in enumerate(rules):
                for index, group in enumerate(rule.groups):
                    if not group.startswith("sg-") and group not in names:
                        yield unknown((way, number, "groups", index), group, names)
        for number, rule in enumerate(self.inward, -before):
            if rule.protocol == "tcp" and protected(manifest, rule.ends(), rule.cidr):
                yield ValidationProblem(("ingress", number) if number >= 0 else ("from",), *CLOSED)

    def entry_resources(self, name: str, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield the group, and before the first one where it is, when no other section says so."""
        scope = where(base, manifest)
        if manifest.network is None and manifest.bastion is None and name == next(iter(manifest.security_groups or {})):
            yield scope.resources[0]
        mutual = in_a_circle(name, manifest.security_groups or {})
        yield SecurityGroup(
            scope=base.scope,
            name=base.expand(name),
            vpc=scope.vpc,
            description=self.description,
            ingress=tuple(rule for each in self.inward for rule in each.rules(base)),
            egress=OPEN_EGRESS if self.egress is None else tuple(r for each in self.egress for r in each.rules(base)),
            later={group_address(base, each): base.expand(each) for each in mutual.later},
            earlier=tuple(group_address(base, each) for each in mutual.earlier),
            tags=base.tags,
        )

    def entry_outputs(self, name: str, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the id of the group."""
        value = Reference(group_address(base, name))
        yield Output("security_group_ids", value, key=base.expand(name), data=("aws_security_group", "id"))


@record
class Circle:
    """The groups with which one depends on each other: those that it names and come later, those that name it."""

    later: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()


def in_a_circle(name: str, groups: Mapping[str, SecurityGroupSpec]) -> Circle:
    """Return the groups that name one and are named by it, directly or through others; the manifest orders them."""
    order = list(groups)
    mutual = {other for other in order if other in reached(name, groups) and name in reached(other, groups)} - {name}
    before, after = order[: order.index(name)], order[order.index(name) + 1 :]
    later = tuple(other for other in after if other in mutual & groups[name].names)
    return Circle(later, tuple(other for other in before if other in mutual and name in groups[other].names))


def reached(name: str, groups: Mapping[str, SecurityGroupSpec]) -> set[str]:
    """Return the groups that one names, and those that they name, and so on."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        named = groups[ahead.pop()].names & groups.keys()
        ahead += named - found
        found |= named
    return found


def unknown(at: Steps, group: str, names: Iterable[str]) -> ValidationProblem:
    """Say that nobody defines a group that a rule names."""
    hint = closest(group, list(names)) or "define it in security_groups, or write its id, sg-…"
    return ValidationProblem(at, f"no security group called {group!r}", hint)


def said_twice(way: str, rules: Iterable[RuleSpec], preset: int = 0) -> Iterator[ValidationProblem]:
    """Yield what is let through twice: to EC2 it is one rule, with one description.

    The first `preset` rules are those of a preset.
    """
    seen: dict[object, int] = {}
    for number, rule in enumerate(rules, -preset):
        for key in ("cidr", "prefix_lists", "groups"):
            for index, other in enumerate(getattr(rule, key)):
                first = seen.setdefault((rule.protocol, rule.ends(), other), number)
                if first != number:
                    earlier = f"{way}[{first}]" if first >= 0 else "the preset"
                    message = f"{earlier} lets {shown(other)} through already, and EC2 keeps one of the two"
                    yield ValidationProblem((way, number, key, index), message, "leave it out of one of them")


def group_address(base: Base, name: str) -> str:
    """Return the address of a security group."""
    return base.scope.address("security-group", base.expand(name))


SecurityGroups = Annotated[dict[GroupName, SecurityGroupSpec], OneNameEach]


def protected(manifest: Manifest, ends: tuple[int, int] | None, blocks: Iterable[str]) -> bool:
    """Tell whether `protect` takes away a rule that lets these blocks in."""
    protect = manifest.protect
    return bool(protect and protect.takes_away(ends, blocks, manifest.account.region))
