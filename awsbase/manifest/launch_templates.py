"""The launch_templates section: what a server is before there is one, for whoever starts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from awsbase.engine.references import Reference
from awsbase.engine.resource import Resource
from awsbase.ensure.launch_template import LaunchTemplate, is_id
from awsbase.facts.images import DISTRIBUTIONS
from awsbase.manifest.base import Base
from awsbase.manifest.bastion import InstanceType, image_named
from awsbase.manifest.files import Text, TextFile
from awsbase.manifest.key_pairs import KeyPairName
from awsbase.manifest.outputs import Output
from awsbase.manifest.role_presets import has_profile, pipelines
from awsbase.manifest.section import Section, Several, ValidationProblem, closest, invalid
from awsbase.manifest.security_groups import group_address
from awsbase.manifest.values import OneNameEach, RoleName, Tags, expand, named

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
MOST_USER_DATA = 16 * 1024
TemplateName = Annotated[
    str, named(r"[A-Za-z0-9][A-Za-z0-9._-]{2,127}", "name: 3 to 128 letters, digits and ._-, a letter or digit first")
]


def fits(given: TextFile) -> TextFile:
    """Accept user data that EC2 takes; raises PydanticCustomError for more."""
    if (count := len(given.text.encode())) > MOST_USER_DATA:
        raise invalid(f"{given.name} has {count} bytes, and EC2 takes {MOST_USER_DATA}", "let it fetch the rest")
    return given


class LaunchTemplateSpec(Section):
    """A server before there is one: IMDSv2 alone, an encrypted disk, ids and ARNs in place of names."""

    instance_type: InstanceType = Field(
        default="t4g.small", description="The type; it decides the architecture. Who launches may take another."
    )
    image: Annotated[str, AfterValidator(image_named)] = Field(
        default="amazon-linux",
        description="The image, as for the bastion: amazon-linux, debian or ubuntu, a public parameter, or an id.",
    )
    security_groups: Several[Annotated[str, AfterValidator(expand)]] = Field(
        default=(),
        description="Its groups: those of security_groups and of pipeline roles by name, others by sg-…. At least one, "
        "unless `role` has a group of its own.",
        examples=[["web"]],
    )
    role: RoleName | None = Field(
        default=None, description="The role of iam.roles that instances take, by its instance profile; left out, none."
    )
    key_pair: KeyPairName | None = Field(
        default=None, description="A pair of key_pairs, for ssh; left out, none: Session Manager needs no key."
    )
    user_data: Annotated[Text, AfterValidator(fits)] | None = Field(
        default=None, description="What each instance runs at its first boot: a file. Everybody on it can read that."
    )
    volume_gib: int = Field(default=8, ge=8, le=16384, description="The size of its encrypted root volume.")
    public_address: bool | None = Field(
        default=None, description="Whether it gets a public IPv4 address; left out, as its subnet says."
    )
    monitoring: bool = Field(
        default=True,
        description="Metrics every minute, which scaling reacts to in time: $2.10 a month for each instance. False "
        "leaves them at five minutes, free of charge.",
    )
    metadata_hops: int = Field(
        default=1, ge=1, le=64, description="How far the metadata service answers: 2 lets containers reach it, too."
    )
    spot: bool = Field(
        default=False,
        description="Launch on the Spot market alone. Left out, whoever launches decides, and a group can mix both.",
    )
    tags: Tags = Field(
        default_factory=dict, description="Tags on the instances and their volumes, beside those of the account."
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield groups, roles and key pairs that nobody defines."""
        roles = manifest.iam.roles if manifest.iam else {}
        own = [name for name, _ in pipelines(roles)]
        groups = [*(manifest.security_groups or {}), *own]
        for index, group in enumerate(self.security_groups):
            if not is_id(group) and group not in groups:
                hint = closest(group, groups) or "define it in security_groups, or write its id, sg-…"
                yield ValidationProblem(("security_groups", index), f"no security group called {group!r}", hint)
        if not self.security_groups and self.role not in own:
            message = "no security group: EC2 would take the default one, which lets nothing through"
            yield ValidationProblem((), message, "write `security_groups: [NAME]`")
        if self.role is not None and self.role not in roles:
            hint = closest(self.role, list(roles)) or "define it in iam.roles"
            yield ValidationProblem(("role",), f"no role called {self.role!r} in iam.roles", hint)
        elif self.role is not None and not has_profile(roles[self.role]):
            message, hint = f"the role {self.role!r} has no instance profile", "write `instance_profile: true` in it"
            yield ValidationProblem(("role",), message, hint)
        pairs = list(manifest.key_pairs or {})
        if self.key_pair is not None and self.key_pair not in pairs:
            hint = closest(self.key_pair, pairs) or "define it in key_pairs"
            yield ValidationProblem(("key_pair",), f"no key pair called {self.key_pair!r}", hint)

    def entry_resources(self, name: str, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield the launch template."""
        scope, own = base.scope, base.expand(name)
        groups = list(self.security_groups)
        if not groups and self.role:
            groups.append(self.role)
        pair = base.expand(self.key_pair) if self.key_pair else None
        yield LaunchTemplate(
            scope=scope,
            name=own,
            type=self.instance_type,
            image=DISTRIBUTIONS.get(self.image, self.image),
            profile=f"instance-profile/{self.role}" if self.role else "",
            groups=tuple(each if is_id(each) else group_address(base, each) for each in groups),
            subnet="",
            public=self.public_address,
            user_data=self.user_data.text if self.user_data else "",
            key_pair=pair,
            volume_gib=self.volume_gib,
            hops=self.metadata_hops,
            monitoring=self.monitoring,
            spot=self.spot,
            launched_tags={"Name": own, **base.tags, **self.tags},
            made_here=(scope.address("key-pair", pair),) if pair else (),
            tags=base.tags,
        )

    def entry_outputs(self, name: str, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the id of the launch template."""
        value = Reference(base.scope.address("launch-template", base.expand(name)), "id")
        yield Output("launch_template_ids", value, key=base.expand(name), data=("aws_launch_template", "id"))


LaunchTemplates = Annotated[dict[TemplateName, LaunchTemplateSpec], OneNameEach]
