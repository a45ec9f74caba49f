"""A state of Terraform is read without its secrets, and what a manifest manages now is told in Terraform's words."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.adopt.terraform import HandOver, Instance, State, UnreadableState, hand_over, named, read_state
from awsbase.adopt.terraform.handover import kept
from awsbase.adopt.terraform.state import module_names, parsed
from awsbase.adopt.terraform.types import types_of
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure.account_alias import AccountAlias
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.existing_vpc import ExistingVpc
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.log_group import LogGroup
from awsbase.ensure.role import Role
from awsbase.ensure.secret import Secret
from awsbase.ensure.security_group import SecurityGroup
from awsbase.ensure.subscription import Subscription
from awsbase.ensure.topic import Topic
from awsbase.ensure.user import User
from awsbase.facts.bucket_cors import Cors
from awsbase.facts.bucket_replication import Replication
from awsbase.manifest.base import Base
from awsbase.samples.iam import trusting
from tests.contract.sample import HOME

HERE = Path(__file__).parent / "terraform"
SECRETS = ("correct-horse-battery", "hook-token-of-acme", "token-of-acme", "AKIA")
HOOK = "https://hooks.acme.example/in?token=hook-token-of-acme"
MANAGED: list[Resource] = [
    Bucket(scope=HOME, name="acme-state"),
    Role(
        scope=HOME,
        name="deploy",
        trust=trusting("ec2.amazonaws.com"),
        policies=frozenset({"arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        exact=False,
    ),
    Group(scope=HOME, name="ops"),
    User(scope=HOME, name="alice@acme.example", groups=frozenset({"ops"})),
    User(scope=HOME, name="bob", groups=frozenset({"ops"})),
    AccountAlias(scope=HOME, alias="acme"),
    Key(scope=HOME, name="acme-state", policy=key_policy(HOME)),
    Topic(scope=HOME, name="acme-security", policy={}),
    Subscription(scope=HOME, topic="acme-security", protocol="https", endpoint=HOOK),
    LogGroup(scope=HOME, name="/acme/0", retention=30),
    Secret(scope=HOME, name="database", key=None),
    ExistingVpc(scope=HOME),
    SecurityGroup(scope=HOME, name="web", vpc=ExistingVpc(scope=HOME).address),
]


def ids(state: State) -> dict[str, Any]:
    """Return what a plan of these resources knows of ids."""
    of = {each.address: each.attributes for each in state.instances}
    return {
        "existing-vpc/default": {"id": of["aws_vpc.main"]["id"]},
        "security-group/web": of["aws_security_group.web"]["id"],
        "key/acme-state": of["aws_kms_key.main"]["arn"],
    }


@pytest.fixture(params=["state.json", "shown.json"])
def state(request: pytest.FixtureRequest) -> State:
    """A state that Terraform wrote, and the same as `terraform show -json` tells it."""
    return read_state(HERE / request.param)


@pytest.fixture
def handed(state: State) -> HandOver:
    return hand_over(state, MANAGED, HOME, ids(state))


def test_each_managed_instance_is_read_with_its_address(state: State) -> None:
    found = [each.address for each in state.instances]
    assert len(found) == len(set(found)) == 34
    assert 'aws_vpc_security_group_ingress_rule.web["from the \\"office\\" $${x}"]' in found
    assert 'module.store["acme-state"].aws_s3_bucket_versioning.this[0]' in found
    assert not [each for each in found if "aws_caller_identity" in each]
    assert state.program == "terraform"


def test_no_secret_of_a_state_is_shown(state: State, handed: HandOver) -> None:
    told = [repr(state), repr(handed), json.dumps(handed.document()), handed.blocks(), *handed.commands()]
    assert [secret for secret in SECRETS for text in told if secret in text] == []
    kept = repr([each.attributes for each in state.instances])
    assert [secret for secret in ("correct-horse-battery", '"token-of-acme"') if secret in kept] == []


def test_what_the_manifest_manages_is_forgotten_by_a_command_each(handed: HandOver) -> None:
    assert handed.commands() == [
        "terraform state rm 'aws_cloudwatch_log_group.each[0]'",
        "terraform state rm aws_iam_account_alias.this",
        """terraform state rm 'aws_iam_group.each["ops"]'""",
        "terraform state rm aws_iam_role.deploy",
        "terraform state rm aws_iam_role_policy_attachment.deploy",
        "terraform state rm aws_iam_user.each",
        "terraform state rm aws_iam_user_group_membership.each",
        """terraform state rm 'aws_kms_alias.main["acme-state"]'""",
        "terraform state rm aws_kms_key.main",
        "terraform state rm aws_secretsmanager_secret.database",
        "terraform state rm aws_security_group.web",
        "terraform state rm aws_sns_topic.security",
        "terraform state rm aws_sns_topic_subscription.security",
        "terraform state rm aws_vpc_security_group_ingress_rule.web",
        """terraform state rm 'module.store["acme-state"].aws_s3_bucket.this'""",
        """terraform state rm 'module.store["acme-state"].aws_s3_bucket_public_access_block.this'""",
        """terraform state rm 'module.store["acme-state"].aws_s3_bucket_versioning.this'""",
    ]


def test_a_block_names_whole_resources_only(handed: HandOver) -> None:
    blocks = handed.blocks()
    assert blocks.startswith(
        "removed {\n  from = aws_iam_account_alias.this\n\n  lifecycle {\n    destroy = false\n  }\n}\n\nremoved {\n"
    )
    lines = blocks.splitlines()
    assert [line.split()[-1] for line in lines if line.startswith("  from")] == [
        "aws_iam_account_alias.this",
        "aws_iam_role.deploy",
        "aws_iam_role_policy_attachment.deploy",
        "aws_iam_user.each",
        "aws_iam_user_group_membership.each",
        "aws_kms_key.main",
        "aws_secretsmanager_secret.database",
        "aws_security_group.web",
        "aws_sns_topic.security",
        "aws_sns_topic_subscription.security",
        "aws_vpc_security_group_ingress_rule.web",
    ]
    assert [line.partition(":")[0] for line in lines if line.startswith("#")] == [
        "# aws_cloudwatch_log_group.each",
        "# aws_iam_group.each",
        "# aws_kms_alias.main",
        "# module.store.aws_s3_bucket.this",
        "# module.store.aws_s3_bucket_public_access_block.this",
        "# module.store.aws_s3_bucket_versioning.this",
    ]


def test_what_the_manifest_does_not_manage_of_its_things_stays_with_the_reason(handed: HandOver) -> None:
    assert {each.instance.address: (each.address, each.why) for each in handed.left} == {
        "aws_iam_access_key.bob": ("user/bob", "the manifest says groups of a user, and nothing of a user's own"),
        "aws_iam_policy_attachment.read": ("group/ops", "it is also about something that the manifest does not manage"),
        "aws_iam_role_policy.deploy": (
            "role/deploy",
            "it is not among the inline there, and the manifest keeps what it does not list",
        ),
        "aws_secretsmanager_secret_version.database": ("secret/database", "the manifest never holds a value"),
        'module.store["acme-state"].aws_s3_bucket_cors_configuration.this': (
            "bucket/acme-state",
            "the manifest says nothing of it",
        ),
    }
    assert len(handed.handed) + len(handed.left) + handed.others == len(handed.state.instances)
    assert handed.elsewhere == 0


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("cors", {"cors": Cors(("*",), ("GET",))}),
        ("object_lock", {"lock_days": 30}),
        ("replication", {"replication": Replication("role/copier", "arn", HOME.account, "copies")}),
    ],
)
def test_a_setting_of_a_bucket_is_handed_over_where_the_manifest_says_it(setting: str, said: dict[str, Any]) -> None:
    of = f"aws_s3_bucket_{setting}_configuration"
    (type,) = types_of(of)
    instance = Instance(of, "this")
    assert kept(instance, type, Bucket(scope=HOME, name="acme-uploads", **said)) == ""
    assert kept(instance, type, Bucket(scope=HOME, name="acme-uploads")) == "the manifest says nothing of it"


def test_a_network_that_is_only_looked_at_stays(handed: HandOver) -> None:
    assert "aws_vpc.main" not in json.dumps(handed.document())


def test_a_state_of_another_account_hands_nothing_over(state: State) -> None:
    other = Scope("210987654321", home="eu-west-1", region="eu-west-1", name="acme")
    found = hand_over(state, [Bucket(scope=other, name="acme-state"), Group(scope=other, name="ops")], other, {})
    # The names of buckets are unique among all accounts.
    buckets = {each.address for each in state.instances if each.type.startswith("aws_s3_bucket")}
    told: tuple[Any, ...] = (*found.handed, *found.left)
    assert {each.instance.address for each in told} < buckets
    assert found.elsewhere == len(state.instances) - len(buckets)


def test_a_thing_of_another_region_is_another_thing() -> None:
    arn = "arn:aws:sns:{}:123456789012:alerts"
    topics = tuple(
        Instance("aws_sns_topic", region.replace("-", "_"), attributes={"name": "alerts", "arn": arn.format(region)})
        for region in ("eu-west-1", "us-east-1")
    )
    managed = Topic(scope=HOME.at("us-east-1"), name="alerts", policy={})
    assert hand_over(State("f", topics), [managed], HOME, {}).commands() == [
        "terraform state rm aws_sns_topic.us_east_1"
    ]


def test_a_provider_alias_tells_where_things_without_an_arn_are() -> None:
    aliased = 'provider["registry.opentofu.org/hashicorp/aws"].other'
    instances = (
        Instance("aws_iam_role", "a", provider=aliased, attributes={"name": "a", "arn": "arn:aws:iam::2:role/a"}),
        Instance("aws_iam_account_alias", "b", provider=aliased, attributes={"account_alias": "acme"}),
    )
    assert hand_over(State("f", instances), MANAGED, HOME, {}).elsewhere == 2
    raw = {"version": 4, "resources": [{"mode": "managed", "type": "t", "name": "n", "provider": aliased}]}
    raw["resources"][0]["instances"] = [{}]  # type: ignore[index]
    assert parsed(json.dumps(raw).encode(), "f").program == "tofu"


@pytest.mark.parametrize(
    "key",
    [
        "plain",
        "it's",
        'a "b"',
        "${x}",
        "%{x}",
        "$x",
        "a\nb",
        "tab\t",
        "back\\slash",
        "é",
        "\u200b",
        "; rm -rf ~",
        "$(id)",
    ],
)
def test_keys_are_quoted_for_hcl_and_for_a_shell(key: str) -> None:
    topic = {"name": "acme-security", "arn": f"arn:aws:sns:{HOME.region}:{HOME.account}:acme-security"}
    both = (Instance("aws_sns_topic", "a", "", key, attributes=topic), Instance("aws_sns_topic", "a", "", "other"))
    (command,) = hand_over(State("f", both), MANAGED, HOME, {}).commands()
    words = shlex.split(command)
    assert words[:3] == ["terraform", "state", "rm"]
    (address,) = words[3:]
    assert address.isprintable()
    inside = address.removeprefix('aws_sns_topic.a["').removesuffix('"]')
    assert json.loads(f'"{inside}"').replace("$${", "${").replace("%%{", "%{") == key


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", []),
        ("module.a", ["a"]),
        ("module.a-b_c.module.d", ["a-b_c", "d"]),
        ('module.a["x.module.y[0]"].module.b[0]', ["a", "b"]),
        ('module.a["q\\"]"].module.b', ["a", "b"]),
        ("module.a[x]", None),
        ("elsewhere", None),
    ],
)
def test_modules_are_named_without_their_keys(path: str, expected: list[str] | None) -> None:
    assert module_names(path) == expected


def written(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("raw", "says", "do"),
    [
        (b"", "is empty", "terraform state pull > state.json"),
        (b"PK\x03\x04plan", "is a saved plan", "give the state"),
        (b'{"version": 4,\n "password": "hunter2', "is no JSON: line 2, column 14", "terraform state pull"),
        (b"\xff\xfe\xfa", "is no text", "terraform state pull"),
        (b"[" * 100_000, "is nested too deeply", "terraform state pull"),
        (written([1]), "is JSON, but no state", "terraform state pull"),
        (written({"a": 1}), "is JSON, but no state", "terraform state pull"),
        (written({"version": 4, "encrypted_data": "x"}), "is encrypted by OpenTofu", "tofu state pull > state.json"),
        (written({"version": 3, "backend": {"type": "s3"}}), "says where the state is", "in the folder"),
        (written({"version": 3, "modules": []}), "version 3", "a newer Terraform upgrades it"),
        (written({"version": 5, "resources": []}), "version 5", "terraform show -json > state.json"),
        (written({"format_version": "1.2", "planned_values": {}}), "is a plan", "without the plan's name"),
        (written({"version": 4, "resources": "x"}), "is damaged", "terraform state pull"),
        (written({"version": 4, "resources": [{"mode": "managed"}]}), "is damaged", "terraform state pull"),
        (written({"format_version": "1.0", "values": 3}), "is damaged", "terraform state pull"),
    ],
)
def test_what_is_no_state_is_told_with_what_to_do(raw: bytes, says: str, do: str) -> None:
    with pytest.raises(UnreadableState) as refused:
        parsed(raw, "acme.json")
    assert refused.value.message.startswith(f"acme.json {says}") or says in refused.value.message
    assert do in (refused.value.hint or "")
    assert "hunter2" not in f"{refused.value}{refused.value.hint}{refused.value.__cause__}"


def test_a_file_that_cannot_be_read_or_is_too_large_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableState, match=r"none\.json: No such file"):
        read_state(tmp_path / "none.json")
    with pytest.raises(UnreadableState, match="Is a directory"):
        read_state(tmp_path)
    with pytest.raises(UnreadableState, match="is larger than 0 MB"):
        read_state(HERE / "state.json", most=1000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_state_may_be_in_the_encoding_that_a_shell_writes(encoding: str) -> None:
    text = (HERE / "state.json").read_text(encoding="utf-8")
    assert len(parsed(text.encode(encoding), "f").instances) == 34


@pytest.mark.parametrize("empty", [{"version": 4, "resources": []}, {"format_version": "1.0"}])
def test_a_state_without_resources_hands_nothing_over(empty: object) -> None:
    assert hand_over(parsed(written(empty), "f"), MANAGED, HOME, {}).document()["commands"] == []


def test_what_terraform_is_about_to_replace_is_no_instance() -> None:
    raw = json.loads((HERE / "state.json").read_text())
    for resource in raw["resources"]:
        for each in resource["instances"]:
            each["deposed"] = "00000001"
    assert parsed(written(raw), "f").instances == ()


def test_a_draft_says_which_resource_of_terraform_a_thing_was(state: State) -> None:
    def draft(seen: Seen, section: Draft) -> None:
        section.put("roles", "deploy", value={}, of="role/deploy")
        section.put("roles", "other", value={}, of="role/other")
        section.put("groups", "ops", value={}, remark="ours", of="group/ops")

    section = Draft("iam")
    named(draft, state)(Seen(Base("acme", HOME, {}), None, ()), section)  # type: ignore[arg-type]
    assert section.remarks == {
        ("roles", "deploy"): ["was aws_iam_role.deploy"],
        ("groups", "ops"): ["ours", 'was aws_iam_group.each["ops"]'],
    }
