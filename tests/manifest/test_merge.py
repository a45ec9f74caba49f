"""What the sections grant is merged in one place: keys that several use, policies for groups and roles of another."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from awsbase.engine.scope import Scope
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.manifest.audit import log_statement
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.manifest.merge import Attach, KeyUse, merge
from awsbase.policies import same
from tests.manifest.saying import ACCOUNT, mistakes, source

HOME = Scope("123456789012", home="eu-west-1", region="eu-west-1")
AUDIT, STATE, SECRETS = "audit: {}", "state: {key: 'alias/{name}-audit'}", "secrets: {db: {key: 'alias/{name}-audit'}}"


def of(*sections: str) -> dict[str, list[Any]]:
    """Return the resources of a manifest by section."""
    return dict(resources(understand(source(ACCOUNT + "\n".join(sections)), Manifest)))


def sids(key: Key) -> list[object]:
    statements: Any = key.policy["Statement"]
    return [each["Sid"] for each in statements]


def test_two_sections_with_one_alias_share_a_key_with_both_statements() -> None:
    made = of(AUDIT, "state: {key: 'alias/{name}-notify-security'}", "notify: {security: {}}")
    keys = [each for section in made.values() for each in section if isinstance(each, Key)]

    assert [key.address for key in keys] == ["key/acme-audit", "key/acme-notify-security"]
    assert sids(keys[0]) == ["Account", "CloudTrailEncrypts", "CloudTrailLooks", "LogsEncrypt"]
    assert sids(keys[1]) == ["Account", "Publishers", "Events"]
    assert keys[1].description == "Encrypts the SNS topic acme-security; Terraform and OpenTofu state"
    assert made["state"][1].key == "key/acme-notify-security"


@pytest.mark.parametrize(
    "sections", [*permutations([AUDIT, STATE, SECRETS])], ids=lambda it: " ".join(each.partition(":")[0] for each in it)
)
def test_order_of_sections_changes_only_the_position_of_a_shared_key(sections: tuple[str, ...]) -> None:
    made = of(*sections)
    first, *rest = [each for section in made.values() for each in section]

    assert isinstance(first, Key)
    assert not any(isinstance(each, Key) for each in rest)
    assert first == of(AUDIT, STATE, SECRETS)["audit"][0]
    assert first.description == "The audit trail; Secrets in Secrets Manager; Terraform and OpenTofu state"


def test_equal_statements_are_merged_and_others_get_unique_sids() -> None:
    audit = KeyUse(scope=HOME, alias="alias/k", purpose="a", statements=(log_statement(HOME, "trail"),))
    logs = KeyUse(scope=HOME, alias="alias/k", purpose="b", statements=(log_statement(HOME, "web", "app"),))
    again = KeyUse(scope=HOME, alias="alias/k", purpose="a", statements=(log_statement(HOME, "trail"),), at=("other",))

    (key,) = merge({"logs": [logs], "audit": [audit, again]}).sections["logs"]

    assert isinstance(key, Key)
    assert sids(key) == ["Account", "LogsEncrypt", "LogsEncrypt2"]
    statements: Any = key.policy["Statement"]
    arns = "arn:aws:logs:eu-west-1:123456789012:log-group:"
    assert [each["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"] for each in statements[1:]] == [
        f"{arns}trail",
        [f"{arns}app", f"{arns}web"],
    ]


def test_order_of_log_groups_does_not_change_the_statement() -> None:
    one, other = log_statement(HOME, "web", "app"), log_statement(HOME, "app", "web")
    assert one == other
    assert same({"Statement": [one]}, {"Statement": [other]})


def test_key_with_different_settings_is_a_conflict_that_names_both_places() -> None:
    audit = KeyUse(scope=HOME, alias="alias/k", purpose="a")
    state = KeyUse(scope=HOME, alias="alias/k", purpose="b", rotation_days=90)

    (conflict,) = merge({"state": [state], "audit": [audit]}).conflicts

    assert (conflict.path, conflict.also) == (("state", "key"), ("audit", "key"))
    assert conflict.message == "the key 'alias/k' is used with other settings too"


def test_same_alias_in_two_regions_is_two_keys() -> None:
    far = KeyUse(scope=HOME.at("us-east-1"), alias="alias/k", purpose="a")
    made = merge({"audit": [KeyUse(scope=HOME, alias="alias/k", purpose="a"), far]}).sections["audit"]
    assert [each.address for each in made] == ["key/k", "key/k@us-east-1"]


def test_policies_are_attached_in_any_order_of_sections() -> None:
    reads, writes = (Policy(scope=HOME, name=name, document={"Statement": []}) for name in ("a-reads", "b-writes"))
    group, role = Group(scope=HOME, name="Ops", made_here=("policy/x",)), Role(scope=HOME, name="web", trust={})
    parts: dict[str, list[Any]] = {
        "iam": [group, role],
        "state": [writes, Attach(address=group.address, policy=writes, at=("writers", 0))],
        "secrets": [
            reads,
            *(Attach(address=each, policy=reads, at=("db", "readers", 0)) for each in (group.address, role.address)),
        ],
    }
    for names in permutations(parts):
        made = {
            each.address: each
            for section in merge({name: parts[name] for name in names}).sections.values()
            for each in section
        }
        ops, web = made["group/Ops"], made["role/web"]
        assert isinstance(ops, Group)
        assert isinstance(web, Role)
        assert ops.policies == {reads.arn, writes.arn}
        assert ops.made_here == ("policy/x", reads.address, writes.address)
        assert web.policies == {reads.arn}
        assert web.made_here == (reads.address,)


def test_policy_for_an_undefined_group_is_a_conflict() -> None:
    policy = Policy(scope=HOME, name="p", document={"Statement": []})
    (conflict,) = merge({"state": [policy, Attach(address="group/Ops", policy=policy, at=("writers", 0))]}).conflicts
    assert (conflict.path, conflict.message) == (("state", "writers", 0), "no group called 'Ops'")


def test_reader_name_of_a_group_and_a_role_gives_both_the_policy() -> None:
    trust = "trust: {services: [ec2.amazonaws.com]}"
    iam = f"iam: {{groups: {{app: {{people: false}}}}, roles: {{app: {{{trust}}}}}}}"
    made = {each.address: each for section in of("secrets: {db: {readers: [app]}}", iam).values() for each in section}
    for address in ("group/app", "role/app"):
        assert "policy/acme-secrets-app" in made[address].made_here


@pytest.mark.parametrize("section", ["audit: {key: alias/seeds}", "secrets: {db: {key: alias/seeds}}"])
def test_seed_depends_on_its_key_in_any_section(section: str) -> None:
    iam = "iam: {users: {al: {mfa: {provision: true, key: alias/seeds}}}}"
    made = {each.address: each for section in of(iam, section).values() for each in section}
    assert list(made["mfa-device/al"].needs()) == ["user/al", "key/seeds"]


def test_conflict_of_names_names_both_places() -> None:
    assert mistakes(f"{ACCOUNT}state:\n  bucket: acme-audit\naudit:\n  bucket: acme-audit\n", Manifest) == [
        "m.yaml:6: audit.bucket: state makes a bucket 'acme-audit' too (state.bucket, m.yaml:4), give one another name"
    ]
