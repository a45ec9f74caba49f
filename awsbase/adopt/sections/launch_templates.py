"""The launch_templates section: the templates of servers at home that a manifest has words for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from pydantic import TypeAdapter

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections import key_pairs, security_groups
from awsbase.adopt.sections.bastion import of_bastions
from awsbase.adopt.sections.iam.presets import has_own_profile
from awsbase.adopt.sections.security_groups import complaints
from awsbase.adopt.seen import Seen
from awsbase.ensure.key_pair import KeyPair
from awsbase.ensure.launch_template import LaunchTemplate, TemplateFacts, launch_template
from awsbase.ensure.role import Role
from awsbase.ensure.security_group import SecurityGroup
from awsbase.facts.images import DISTRIBUTIONS
from awsbase.manifest.launch_templates import LaunchTemplateSpec, TemplateName

KINDS = (LaunchTemplate,)
NAME: TypeAdapter[str] = TypeAdapter(TemplateName)
# What a manifest has words for. Whatever else a version says, a reconcile would take out.
WORDS = {
    *("BlockDeviceMappings", "IamInstanceProfile", "ImageId", "InstanceMarketOptions", "InstanceType", "KeyName"),
    *("MetadataOptions", "Monitoring", "NetworkInterfaces", "SecurityGroupIds", "TagSpecifications"),
}
ELSEWHERE = "a manifest has launch templates in its home region alone"
DEFAULTS = LaunchTemplateSpec.model_fields


def draft(seen: Seen, section: Draft) -> None:
    """Write each template of a server that a manifest would make just so."""
    groups, roles, pairs = group_names(seen), role_names(seen), pair_names(seen)
    bastions = {each.address for each in of_bastions(seen)}
    for template in seen.of(LaunchTemplate):
        if template.scope.region != seen.base.scope.home:
            section.cannot(template.address, ELSEWHERE)
        elif template.address not in bastions:
            value = said(seen, template, groups)
            if reasons := list(faults(seen, template, value, roles, pairs)):
                section.cannot(template.address, *reasons)
            else:
                section.put(template.name, value=value, of=template.address)


def group_names(seen: Seen) -> dict[str, str]:
    """Return the names of the groups that the manifest says, by their ids."""
    ids = security_groups.ids_by_address(seen)
    found = (each for each in seen.at_home(SecurityGroup) if not list(security_groups.faults(seen, each)))
    return {ids[each.address]: each.name for each in found if each.address in ids}


def role_names(seen: Seen) -> set[str]:
    """Return the roles that the manifest says with an instance profile."""
    return {each.name for each in seen.left(Role) if has_own_profile(seen, each)}


def pair_names(seen: Seen) -> set[str]:
    """Return the key pairs that the manifest says."""
    pairs = seen.at_home(KeyPair)
    return {
        each.name
        for each in pairs
        if not [*key_pairs.name_faults(seen, each.name), *key_pairs.key_faults({"public_key": each.public_key})]
    }


def faults(
    seen: Seen, template: LaunchTemplate, value: dict[str, Any], roles: Collection[str], pairs: Collection[str]
) -> Iterator[str]:
    """Yield what of a template has no words in a manifest, field by field."""
    if complaint := complaints(NAME.validate_python, template.name):
        yield f"name: {complaint}"
    have = seen.facts.read(launch_template, template.scope.region, template.name) or TemplateFacts("")
    if "UserData" in have.data:
        yield "user data: it can hold secrets, and is not written into a file"
    yield from (f"{each}: a manifest does not say it" for each in sorted(have.data.keys() - WORDS - {"UserData"}))
    if len(have.data.get("NetworkInterfaces", [])) > 1 or template.subnet:
        yield "network interfaces: a manifest leaves the subnet to whoever launches"
    if template.profile and template.profile.partition("/")[2] not in roles:
        yield f"{template.profile}: no role of a manifest has it"
    if template.key_pair and template.key_pair not in pairs:
        yield f"key pair {template.key_pair!r}: no manifest can say it"
    if complaint := complaints(LaunchTemplateSpec.model_validate, value):
        yield complaint
    if not template.groups:
        yield "no security group: EC2 takes the default one"


def said(seen: Seen, template: LaunchTemplate, groups: dict[str, str]) -> dict[str, Any]:
    """Return what a manifest says of a template, as far as it is no default."""
    images = {image: name for name, image in DISTRIBUTIONS.items()}
    own = {"Name": template.name, **seen.base.tags}
    told: dict[str, Any] = {
        "instance_type": template.type,
        "image": images.get(template.image, template.image),
        "security_groups": [groups.get(each, each) for each in template.groups],
        "role": template.profile.partition("/")[2] or None,
        "key_pair": template.key_pair,
        "volume_gib": template.volume_gib,
        "public_address": template.public,
        "monitoring": template.monitoring,
        "metadata_hops": template.hops,
        "spot": template.spot,
        "tags": {key: each for key, each in template.launched_tags.items() if own.get(key) != each},
    }
    return {key: each for key, each in told.items() if each != DEFAULTS[key].get_default(call_default_factory=True)}
