"""Roles that come whole: of a server, of builds with Packer, of a pipeline host in a network of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from awsbase.engine.references import Reference
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure.role import Role
from awsbase.manifest.base import Base
from awsbase.manifest.blocks import NETWORK_NAME, WORLD
from awsbase.manifest.grants import whole
from awsbase.manifest.only_from import MADE_HERE, from_here, on_hosts_here
from awsbase.manifest.outputs import Output
from awsbase.manifest.paths import shown
from awsbase.manifest.section import ValidationProblem, closest
from awsbase.policies import Document, render

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest
    from awsbase.manifest.network import Network
    from awsbase.manifest.roles import RoleSpec
    from awsbase.manifest.trust import Trust

Preset = Literal["instance", "packer", "pipeline"]
LONGEST_ROLE = 64
BUILD = "-build"
KINDS_OF_BUILD = {"role": "role", "profile": "instance-profile"}
BLOCK = "10.43.0.0/24"
# A host fetches packages, sources and what it calls of AWS; DNS and time come from the VPC itself.
OUTWARD = (80, 443)


def service(scope: Scope) -> str:
    """Return EC2 as a principal: one of the services that carry the suffix of their partition in their name."""
    return "ec2.amazonaws.com.cn" if scope.partition == "aws-cn" else "ec2.amazonaws.com"


def sessions(scope: Scope) -> str:
    """Return the ARN of AWS's policy by which Session Manager reaches a host, without an open port."""
    return f"arn:{scope.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"


def trust_of(role: RoleSpec, scope: Scope) -> Trust:
    """Return who may assume a role: what comes whole is for instances, unless the manifest says otherwise."""
    from awsbase.manifest.trust import Trust

    return role.trust or Trust(services=(service(scope),))


def on_hosts(role: RoleSpec) -> bool:
    """Tell whether EC2 hands a role to instances."""
    if role.trust is None:
        return True
    from awsbase.manifest.trust import principals

    return for_hosts((*role.trust.services, *principals(role.trust.statements)))


def for_hosts(trusted: Iterable[str]) -> bool:
    """Tell whether EC2 is among the principals of a trust policy."""
    return any(each.startswith("ec2.amazonaws.com") for each in trusted)


def has_profile(role: RoleSpec) -> bool:
    """Tell whether there is an instance profile of a role."""
    return role.instance_profile or (role.preset is not None and on_hosts(role))


def problems(name: str, role: RoleSpec, manifest: Manifest) -> Iterator[ValidationProblem]:
    """Yield what does not fit together in a role of instances."""
    if not on_hosts(role):
        for key, given in (("instance_profile", role.instance_profile), ("only_from", role.only_from)):
            if given:
                message = f"{key} is for roles of instances, and EC2 may not assume this one"
                yield ValidationProblem((key,), message, "add ec2.amazonaws.com to trust.services, or leave it out")
    if role.preset in ("instance", "pipeline") and not on_hosts(role):
        message = f"preset {role.preset} is for instances, and EC2 may not assume this role"
        yield ValidationProblem(("trust",), message, "leave trust out")
    if role.cidr is not None and role.preset != "pipeline":
        yield ValidationProblem(("cidr",), "only preset pipeline makes a network", "leave it out")
    for taken in ("packer" if role.preset == "packer" else "", "only-from" if role.only_from else ""):
        if taken in role.inline:
            message = f"awsbase writes an inline policy {shown(taken)} itself"
            yield ValidationProblem(("inline", taken), message, "call it otherwise")
    yield from of_preset(name, role, manifest)
    yield from places(role, manifest)


def of_preset(name: str, role: RoleSpec, manifest: Manifest) -> Iterator[ValidationProblem]:
    """Yield why a preset cannot be had under this name, or in this partition."""
    if role.preset == "packer":
        if manifest.account.partition != "aws":
            message = "in China and GovCloud Packer tags afterwards, and this role asks for tags at once"
            yield ValidationProblem(("preset",), message, "write a role of your own, with `policies` or `inline`")
        if len(name) > LONGEST_ROLE - len(BUILD):
            message = f"{shown(name)} is too long: {name}{BUILD} is a role, too"
            yield ValidationProblem((), message, f"{LONGEST_ROLE - len(BUILD)} characters at most")
    if role.preset == "pipeline" and not names_network(name):
        message = f"{shown(name)} is no name for a network and a security group, which preset pipeline makes"
        yield ValidationProblem((), message, "letters, digits and ._-, such as pipeline")


def names_network(name: str) -> bool:
    """Tell whether a network and a security group can have the name of a role."""
    return re.fullmatch(f"(?!sg-|default$){NETWORK_NAME}", name) is not None


def places(role: RoleSpec, manifest: Manifest) -> Iterator[ValidationProblem]:
    """Yield VPCs that nobody makes, and a list without any."""
    if not role.only_from:
        return
    base = Base(manifest.account.name, manifest.account.scope, {})
    made = [each.removeprefix(MADE_HERE) for each in own_vpcs(base, manifest)]
    for index, each in enumerate(role.only_from):
        if each.startswith(MADE_HERE) and (vpc := each.removeprefix(MADE_HERE)) not in made:
            hint = closest(vpc, made) or "name one that `network` makes, or write its id, vpc-…"
            yield ValidationProblem(("only_from", index), f"no VPC called {vpc!r}", hint)
    if not any(each.startswith("vpc") for each in role.only_from):
        message = "addresses alone: calls through an endpoint of a VPC, such as S3's, show none"
        yield ValidationProblem(("only_from",), message, "name the VPC too: vpc/NAME, or its id")


def own_vpcs(base: Base, manifest: Manifest) -> tuple[str, ...]:
    """Return the addresses of the VPCs that a manifest makes: that of `network`, and those of pipelines."""
    network = manifest.network.own_vpc(base) if manifest.network else ()
    roles = manifest.iam.roles if manifest.iam else {}
    return (*network, *(own_network(name, each).where(base).vpc for name, each in pipelines(roles)))


def pipelines(roles: Mapping[str, RoleSpec]) -> Iterator[tuple[str, RoleSpec]]:
    """Yield the roles that have a network of their own."""
    yield from ((name, each) for name, each in roles.items() if each.preset == "pipeline" and names_network(name))


def own_network(name: str, role: RoleSpec) -> Network:
    """Return the network of a pipeline host: one public subnet, and S3 inside AWS."""
    from awsbase.manifest.network import Network

    return Network(name=name, zones=1, cidr=role.cidr or BLOCK)


def inline(name: str, role: RoleSpec, base: Base, manifest: Manifest) -> dict[str, Document]:
    """Return the inline policies that a role gets beside its own."""
    found: dict[str, Document] = {}
    if role.preset == "packer":
        found["packer"] = build_policy(name, role.path, base.scope)
    if role.only_from:
        vpcs = [vpc_of(each, base) for each in role.only_from if each.startswith("vpc")]
        addresses: list[object] = [each for each in role.only_from if not each.startswith("vpc")]
        addresses += [Reference(each, "block") for each in ways_out(role, base, manifest)]
        found["only-from"] = whole([from_here(vpcs, addresses), on_hosts_here(vpcs)])
    return found


def build_policy(name: str, path: str, scope: Scope) -> Document:
    """Return what a role of this name may do to build images with Packer."""
    values = {"partition": scope.partition, "account": scope.account, "packer": name}
    build = {f"build_{key}": f"{kind}{path}{name}{BUILD}" for key, kind in KINDS_OF_BUILD.items()}
    return render("packer", {**values, **{key: scope.global_arn("iam", each) for key, each in build.items()}})


def vpc_of(place: str, base: Base) -> object:
    """Return the id of a VPC."""
    if not place.startswith(MADE_HERE):
        return place
    return Reference(base.scope.address("vpc", place.removeprefix(MADE_HERE)), "id")


def ways_out(role: RoleSpec, base: Base, manifest: Manifest) -> Iterator[str]:
    """Yield the fixed address by which the network's private subnets go out, if the bastion is their way."""
    from awsbase.manifest.network import where

    bastion, here = manifest.bastion, where(base, manifest).vpc
    named = not {here, here.removeprefix("existing-vpc/")}.isdisjoint(role.only_from)
    if bastion and bastion.nat and bastion.fixed_address and named:
        yield base.scope.address("elastic-ip", base.expand(bastion.name))


def around(name: str, role: RoleSpec, base: Base, manifest: Manifest) -> Iterator[Resource]:
    """Yield what there is beside a role: its instance profile, the role of the build, the pipeline's network."""
    from awsbase.ensure.instance_profile import InstanceProfile
    from awsbase.manifest.trust import Trust

    if has_profile(role):
        yield InstanceProfile(scope=base.scope, name=name, role=name, path=role.path, tags=base.tags)
    if role.preset == "packer":
        build = f"{name}{BUILD}"
        yield Role(
            scope=base.scope,
            name=build,
            trust=Trust(services=(service(base.scope),)).document(base.scope),
            policies=frozenset([sessions(base.scope)]),
            path=role.path,
            purpose="The instance that Packer builds an image on",
            tags=base.tags,
        )
        yield InstanceProfile(scope=base.scope, name=build, role=build, path=role.path, tags=base.tags)
    if role.preset == "pipeline":
        from awsbase.ensure.security_group import SecurityGroup
        from awsbase.facts.security_rules import Rule

        network = own_network(name, role)
        yield from network.resources(base, manifest)
        yield SecurityGroup(
            scope=base.scope,
            name=name,
            vpc=network.where(base).vpc,
            description="Pipeline host: nothing comes in",
            egress=tuple(Rule("tcp", (port, port), world, "") for port in OUTWARD for world in WORLD),
            tags=base.tags,
        )


def outputs(name: str, role: RoleSpec, base: Base) -> Iterator[Output]:
    """Yield the instance profiles of a role, and where a pipeline host goes."""
    profiles = [name] if has_profile(role) else []
    for each in [*profiles, *([f"{name}{BUILD}"] if role.preset == "packer" else [])]:
        source = ("aws_iam_instance_profile", "name")
        yield Output("instance_profile_arns", Reference(f"instance-profile/{each}"), key=each, data=source)
    if role.preset == "pipeline":
        here, group = own_network(name, role).where(base), base.scope.address("security-group", name)
        yield Output("pipeline_vpc_ids", Reference(here.vpc, "id"), key=name, data=("aws_vpc", "id"))
        yield Output("pipeline_subnet_ids", Reference(here.subnets[0]), key=name, data=("aws_subnet", "id"))
        yield Output("pipeline_group_ids", Reference(group), key=name, data=("aws_security_group", "id"))
