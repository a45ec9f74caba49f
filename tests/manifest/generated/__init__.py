"""Valid manifests of every section, with every character that AWS allows in names and texts in every script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from hypothesis import assume
from hypothesis import strategies as st

from tests.manifest.generated.alerts import AUDIT, CONTACTS, alarms, channels, notify
from tests.manifest.generated.networks import bastion, key_pairs, network, security_groups
from tests.manifest.generated.people import iam, readers
from tests.manifest.generated.protection import REGIONS, covers, protect, root
from tests.manifest.generated.storage import backups, secrets, state
from tests.manifest.generated.texts import ACCOUNT, ALIAS, ID, PLAIN_TAGS, TAGS, Home, part, public_key

__all__ = ["FILES", "manifests", "written"]

# The files in the folder of a manifest.
FILES = {
    "policies/deploy.json": '{"Version": "2012-10-17", "Statement": '
    '[{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:*:s3:::acme-site/*"}]}',
    "keys/alice.pub": public_key("ssh-ed25519", b"a" * 32) + " alice@acme\n",
}
HOMES = ["eu-west-1", "us-east-1", "us-west-2"]


class Quoted(yaml.SafeDumper):
    """Writes all text in quotes, because PyYAML writes YAML 1.1, where 1e3 and 08 differ from YAML 1.2."""


Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
Quoted.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]


def written(manifest: Mapping[str, Any]) -> str:
    """Write a manifest as YAML."""
    return yaml.dump(dict(manifest), Dumper=Quoted, sort_keys=False, allow_unicode=True)


@st.composite
def manifests(draw: st.DrawFn, *, alone: bool = False) -> dict[str, Any]:
    """Draw a valid manifest; with `alone` it names no resources but those of every new account."""
    regions = HOMES if alone else [region for each in REGIONS.values() for region in each]
    id = "123456789012" if alone else draw(ID)
    home = Home(id, draw(ACCOUNT), draw(st.sampled_from(regions)), draw(TAGS | PLAIN_TAGS), alone)

    def optional(name: str, section: st.SearchStrategy[Any]) -> dict[str, Any]:
        return {name: draw(section)} if draw(st.booleans()) else {}

    drawn = optional("iam", iam(home))
    people: dict[str, Any] = drawn.get("iam", {})
    groups, policies = list(people.get("groups", ())), list(people.get("policies", ()))
    drawn |= optional("contacts", CONTACTS) | optional("root", root(home, groups))
    if home.plain:
        drawn |= optional("audit", AUDIT) | optional("backups", backups(home))
    if "audit" in drawn or home.partition != "aws-us-gov":
        drawn |= optional("alarms", alarms(home, audited="audit" in drawn))
    needed = channels(drawn["alarms"]) if "alarms" in drawn else []
    drawn |= {"notify": draw(notify(home, needed))} if needed else optional("notify", notify(home, ()))

    drawn |= optional("protect", protect(home))
    guarded: dict[str, Any] = drawn["protect"] if covers(drawn.get("protect"), home.region) else {}
    closed = "admin_ports" in guarded
    drawn |= optional("network", network(home, logged="flow_logs" in guarded))
    drawn |= optional("security_groups", security_groups(home, closed=closed)) | optional("key_pairs", key_pairs())
    public = drawn.get("network", {}).get("subnets", ())
    ssh = any(user.get("ssh_keys") for user in people.get("users", {}).values())
    drawn |= optional("bastion", bastion(home, policies, public, ssh=ssh, closed=closed))

    drawn |= optional("state", state(groups)) | optional("secrets", secrets(home, readers(home, people)))
    assume(all(different(names) for names in (roles(home, drawn), security_group_names(home, drawn))))
    account = {"id": home.id, "name": home.name, "region": home.region, "tags": dict(home.tags)}
    order = draw(st.permutations(list(drawn)))
    return {
        "version": 1,
        "account": account | draw(part(alias=ALIAS)),
        **{name: drawn[name] for name in order},
    }


def different(names: Iterable[str]) -> bool:
    """Tell whether all names are different for AWS."""
    folded = [name.lower() for name in names]
    return len(set(folded)) == len(folded)


def bastion_name(home: Home, drawn: Mapping[str, Any]) -> list[str]:
    """Return the name of the bastion, if there is one."""
    return [drawn["bastion"].get("name", "{name}-bastion").replace("{name}", home.name)] if "bastion" in drawn else []


def roles(home: Home, drawn: Mapping[str, Any]) -> list[str]:
    """Return the names of all roles."""
    host = bastion_name(home, drawn)
    support = drawn.get("root", {}).get("support_role", "{name}-support").replace("{name}", home.name)
    return [*drawn.get("iam", {}).get("roles", ()), support, *host, *(f"{name}-end" for name in host)]


def security_group_names(home: Home, drawn: Mapping[str, Any]) -> list[str]:
    """Return the names of all security groups."""
    host = bastion_name(home, drawn)
    return [*drawn.get("security_groups", ()), *host, *(f"{name}-endpoint" for name in host)]
