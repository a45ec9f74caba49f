"""The bastion section: the one way into the network, closed by default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from awsbase.engine.references import Reference
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure.elastic_ip import ElasticIp
from awsbase.ensure.elastic_ip_association import AddressInUse
from awsbase.ensure.ephemeral import Ephemeral
from awsbase.ensure.instance import Instance
from awsbase.ensure.instance_connect_endpoint import ConnectEndpoint
from awsbase.ensure.instance_profile import InstanceProfile
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.log_group import LogGroup, log_group_arn
from awsbase.ensure.nat_route import NatRoute
from awsbase.ensure.role import Role
from awsbase.ensure.schedule import TerminationSchedule, ending_role
from awsbase.ensure.security_group import SecurityGroup
from awsbase.facts.images import DISTRIBUTIONS
from awsbase.facts.security_rules import ALL, OPEN_EGRESS, Rule
from awsbase.manifest.base import Base
from awsbase.manifest.blocks import WORLD
from awsbase.manifest.grants import Grant, dangling, whole
from awsbase.manifest.iam import accounts
from awsbase.manifest.network import SubnetChoice, Where, existing_subnet, where
from awsbase.manifest.only_from import from_here
from awsbase.manifest.outputs import Output
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid
from awsbase.manifest.security_groups import CLOSED, Block, protected
from awsbase.manifest.values import LogRetention, named
from awsbase.policies import Document
from awsbase.userdata import DEBIAN_ACCOUNTS, Mode, login, render

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

SSH = (22, 22)

BastionName = Annotated[
    # Its launch template needs three.
    str, named(r"[A-Za-z0-9][A-Za-z0-9_-]{2,47}", "name: 3 to 48 letters, digits and _-, a letter or digit first")
]
InstanceType = Annotated[str, named(r"[a-z0-9-]+\.[a-z0-9-]+", "instance type: like t4g.micro")]


def image_named(value: str) -> str:
    """Accept a distribution, the id of an image, or a parameter that names one.

    Raises PydanticCustomError for any other.
    """
    if value not in DISTRIBUTIONS and not value.startswith(("ami-", "/")):
        raise invalid(
            f"{value!r} names no image",
            f"write {', '.join(DISTRIBUTIONS)}, an id, ami-…, or a public parameter, /aws/service/…",
        )
    return value


class Bastion(Section):
    """A host to get into the network by: no open port, nothing of use in its credentials, made anew when in doubt."""

    mode: Mode = Field(
        default="ssm",
        description="ssm: no open port, sessions by Systems Manager. ssh: port 22 for `allow`, accounts for "
        "iam.users with ssh_keys. instance-connect: ssh by an EC2 Instance Connect Endpoint, let in by IAM.",
    )
    allow: Several[Block] = Field(
        default=(), description="Mode ssh: where people come from.", examples=[["203.0.113.0/24"]]
    )
    i_know: bool = Field(default=False, description="Take 0.0.0.0/0 or ::/0 in allow: the whole world may knock.")
    on_demand: bool = Field(
        default=False,
        description="Only `awsbase bastion up` starts the instance, and reconcile keeps all the rest ready.",
    )
    name: BastionName = Field(default="{name}-bastion", description="What the instance and all around it is called.")
    instance_type: InstanceType = Field(
        default="t4g.micro", description="The type; another one makes the instance anew. It decides the architecture."
    )
    image: Annotated[str, AfterValidator(image_named)] = Field(
        default="amazon-linux",
        description="The image: amazon-linux, debian or ubuntu; or a public parameter, in which {architecture} stands "
        "for the type's; or an id. Its age is no drift.",
    )
    volume_gib: int = Field(default=8, ge=8, le=1024, description="The size of its encrypted root volume.")
    policies: Several[Grant] = Field(
        default=(), description="What it may do besides talking to Systems Manager; nothing, when left out."
    )
    boundary: Grant | None = Field(default=None, description="A policy that its rights never exceed.")
    only_from_vpc: bool = Field(
        default=True,
        description="Its credentials are of no use outside of the VPC, except for what its agents say. Services "
        "without an endpoint in the VPC are then beyond it, unless it has a fixed_address.",
    )
    fixed_address: bool = Field(
        default=False, description="An elastic IP, for others to allow; it costs the same while there is no instance."
    )
    nat: bool = Field(
        default=False,
        description="Let private_subnets reach the world through it: IPv4 alone, one host in one zone, its bandwidth "
        "theirs, their connections lost when it is made anew. A NAT gateway has none of these limits, and a price.",
    )
    private_subnets: Several[SubnetChoice] = Field(
        default=(), description="For nat: subnets by id or tags, each with a route table of its own."
    )
    log_retention_days: LogRetention = Field(
        default=365, description="How long CloudWatch Logs keeps who logged in (modes ssh and instance-connect)."
    )

    @property
    def ender(self) -> str:
        """The name of the role as which AWS ends it when its time is over."""
        return f"{self.name}-end"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.mode == "ssh" and not self.allow:
            raise invalid("mode ssh without allow: nobody could connect", "write `allow: [203.0.113.0/24]`")
        if self.mode != "ssh" and self.allow:
            raise invalid(f"mode {self.mode} opens no port to allow", "leave allow out, or write `mode: ssh`")
        if not self.i_know and (world := [each for each in self.allow if each in WORLD]):
            raise invalid(
                f"allow holds {' and '.join(world)}: the whole world may try its luck",
                "name your networks, take mode ssm, or write `i_know: true`",
            )
        if self.nat != bool(self.private_subnets):
            raise invalid(
                "nat without private_subnets" if self.nat else "private_subnets without nat",
                "name the subnets that go out by it" if self.nat else "write `nat: true`",
            )
        return self

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield policies that nobody defines, an ssh host that nobody could enter for long, and too many keys."""
        names = manifest.iam.policies if manifest.iam else {}
        yield from self._dangling(names, manifest.account.scope)
        people = accounts(manifest)
        if self.mode == "ssh" and not people:
            yield ValidationProblem(
                ("mode",), "nobody has ssh_keys, so nobody could log in", "give iam.users some ssh_keys"
            )
        if self.image == "debian" and self.mode == "instance-connect":
            yield ValidationProblem(
                ("image",), "Debian has no package of EC2 Instance Connect", "take ubuntu or amazon-linux, or mode ssm"
            )
        if self.image in ("debian", "ubuntu") and self.mode == "ssh":
            for person in people:
                if login(person.name) in DEBIAN_ACCOUNTS:
                    message = f"the login {login(person.name)!r} of {person.name} belongs to {self.image} itself"
                    yield ValidationProblem(("image",), message, "take its ssh_keys out, or take amazon-linux")
        if protected(manifest, SSH, self.allow):
            yield ValidationProblem(("allow",), *CLOSED)
        try:
            render(mode=self.mode, people=people, log_group="x" * 100, nat=self.nat)
        except ValueError as error:
            yield ValidationProblem(("mode",), str(error), "give fewer or shorter keys")

    def _dangling(self, names: Any, scope: Scope) -> Iterator[ValidationProblem]:
        for at, given in ((("policies",), self.policies), (("boundary",), [self.boundary] if self.boundary else [])):
            for index, grant in enumerate(given):
                if grant.startswith("awsbase:"):
                    where = (*at, index) if at == ("policies",) else at
                    yield ValidationProblem(
                        where, f"{grant} is for people", "a bastion gets aws:NAME or one of iam.policies"
                    )
            for problem in dangling(given, at, names, scope):
                path = problem.path if at == ("policies",) else at
                yield ValidationProblem(path, problem.message, problem.hint)

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield what the bastion is made of, and the instance itself unless that is on demand."""
        scope, here = base.scope, where(base, manifest)
        if manifest.network is None:
            yield from here.resources
        instance = self.instance(base, manifest, here)
        if self._logs:
            yield LogGroup(scope=scope, name=self._log_group, retention=self.log_retention_days, tags=base.tags)
        private = [existing_subnet(base, here.vpc, each) for each in self.private_subnets]
        yield from private
        yield from self._groups(base, here)
        ip = ElasticIp(scope=scope, name=base.expand(self.name), tags=base.tags)
        if self.fixed_address:
            yield ip
        yield self._role(base, manifest, here, ip.address)
        yield InstanceProfile(scope=scope, name=self.name, role=self.name, tags=base.tags)
        yield ending_role(scope, self.ender, instance.address, base.tags)
        yield instance.template
        if self.mode == "instance-connect":
            yield ConnectEndpoint(
                scope=scope,
                name=self.name,
                vpc=here.vpc,
                subnet=here.subnets[0],
                group=scope.address("security-group", f"{self.name}-endpoint"),
                tags=base.tags,
            )

        if self.on_demand:
            yield Ephemeral(scope=scope, instance=instance, command="awsbase bastion up", ender=self.ender)
            return
        yield instance
        yield TerminationSchedule(scope=scope, name=self.name, instance=instance.address, role=self.ender)
        if self.fixed_address:
            yield AddressInUse(scope=scope, ip=ip.address, instance=instance.address)
        for subnet in private:
            yield NatRoute(scope=scope, subnet=subnet.address, instance=instance.address)

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the group that what the bastion reaches lets in, and its fixed address."""
        scope = base.scope
        value = Reference(scope.address("security-group", self.name))
        yield Output("bastion_security_group_id", value, data=("aws_security_group", "id"))
        if self.fixed_address:
            yield Output("bastion_ip", Reference(scope.address("elastic-ip", base.expand(self.name)), "ip"))

    def instance(self, base: Base, manifest: Manifest, here: Where) -> Instance:
        """Return the instance, whether or not it is to be there now."""
        scope = base.scope
        template = LaunchTemplate(
            scope=scope,
            name=self.name,
            type=self.instance_type,
            image=DISTRIBUTIONS.get(self.image, self.image),
            profile=f"instance-profile/{self.name}",
            groups=(scope.address("security-group", self.name),),
            subnet=here.subnets[0],
            user_data=render(
                mode=self.mode,
                people=accounts(manifest) if self.mode == "ssh" else (),
                log_group=self._log_group if self._logs else None,
                nat=self.nat,
            ),
            volume_gib=self.volume_gib,
            tags=base.tags,
        )
        return Instance(scope=scope, template=template, router=self.nat, elastic=self.fixed_address, tags=base.tags)

    @property
    def _logs(self) -> bool:
        return self.mode != "ssm"

    @property
    def _log_group(self) -> str:
        return f"/{self.name}/auth"

    def _groups(self, base: Base, here: Where) -> Iterator[SecurityGroup]:
        """Yield the group of the host, and the one of the endpoint that leads to it."""
        doors = [Rule("tcp", SSH, each, "ssh") for each in self.allow]
        endpoint = f"{self.name}-endpoint"
        if self.mode == "instance-connect":
            doors.append(
                Rule("tcp", SSH, Reference(base.scope.address("security-group", endpoint)), "ssh by the endpoint")
            )
        if self.nat:
            doors.append(Rule(ALL, None, Reference(here.vpc, "cidr"), "what private subnets send out"))
        yield SecurityGroup(
            scope=base.scope,
            name=self.name,
            vpc=here.vpc,
            description="Bastion",
            ingress=tuple(doors),
            egress=OPEN_EGRESS,
            tags=base.tags,
        )
        if self.mode == "instance-connect":
            yield SecurityGroup(
                scope=base.scope,
                name=endpoint,
                vpc=here.vpc,
                description="The way to the bastion",
                egress=(Rule("tcp", SSH, Reference(here.vpc, "cidr"), "ssh to the bastion"),),
                tags=base.tags,
            )

    def _role(self, base: Base, manifest: Manifest, here: Where, ip: str) -> Role:
        """Return the role of the host: what its agents need, what it was given, and no use to anybody elsewhere."""
        scope = base.scope
        own = {
            name: f"policy{policy.path}{base.expand(name)}"
            for name, policy in (manifest.iam.policies if manifest.iam else {}).items()
        }
        given = [*self.policies, *([self.boundary] if self.boundary else [])]
        inline: dict[str, Document] = {}
        if self._logs:
            inline["logs"] = allowed(
                ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                [log_group_arn(scope, self._log_group), f"{log_group_arn(scope, self._log_group)}:*"],
            )
        if self.only_from_vpc:
            addresses = [Reference(ip, "block")] if self.fixed_address else []
            inline["only-from-vpc"] = whole([from_here([Reference(here.vpc, "id")], addresses)])
        # One of the services that carry the suffix of their partition in their name.
        suffix = "amazonaws.com.cn" if scope.partition == "aws-cn" else "amazonaws.com"
        trust = {"Effect": "Allow", "Principal": {"Service": f"ec2.{suffix}"}, "Action": "sts:AssumeRole"}
        core = f"arn:{scope.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
        return Role(
            scope=scope,
            name=self.name,
            trust={"Version": "2012-10-17", "Statement": [trust]},
            policies=frozenset([core, *(arn_of(each, scope, own) for each in self.policies)]),
            inline=inline,
            purpose="Bastion",
            tags=base.tags,
            boundary=arn_of(self.boundary, scope, own) if self.boundary else None,
            made_here=tuple(f"policy/{base.expand(each)}" for each in dict.fromkeys(given) if each in own),
        )


def arn_of(grant: str, scope: Scope, own: dict[str, str]) -> str:
    """Return the ARN of a policy of AWS, of this manifest, or written out."""
    if grant in own:
        return scope.global_arn("iam", own[grant])
    if grant.startswith("arn:"):
        return grant
    return f"arn:{scope.partition}:iam::aws:policy/{grant.removeprefix('aws:')}"


def allowed(actions: list[str], resources: list[str]) -> Document:
    """Make a document that allows actions on resources."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return {"Version": "2012-10-17", "Statement": [statement]}
