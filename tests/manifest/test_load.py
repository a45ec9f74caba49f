"""A manifest is checked as a whole; each mistake is one line of advice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from awsbase.errors import ManifestError
from awsbase.manifest.files import Json, Text
from awsbase.manifest.load import load, understand
from awsbase.manifest.manifest import Manifest, fingerprint
from awsbase.manifest.section import Section, Several, ValidationProblem, closest
from awsbase.manifest.source import parse
from awsbase.manifest.values import BucketName, GroupName, IamPath, LogRetention, OneNameEach, UserName
from tests.manifest.saying import ACCOUNT, mistakes, source


class Person(Section):
    """A user, as a section could describe one."""

    groups: Several[str] = ()
    console: bool = False
    keys: Several[Text] = ()


class Team(Section):
    policies: Several[str] = ()


class People(Section):
    groups: dict[GroupName, Team] = Field(default_factory=dict)
    users: Annotated[dict[UserName, Person], OneNameEach] = Field(default_factory=dict)

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        for name, person in self.users.items():
            for index, group in enumerate(person.groups):
                if group not in self.groups:
                    path = ("users", name, "groups", index)
                    yield ValidationProblem(path, f"no group called {group!r}", closest(group, self.groups))


class Vault(Section):
    """A bucket and the number of days to keep its objects."""

    bucket: BucketName = "{name}-vault-{region}"
    days: LogRetention = 365
    share: float = Field(default=0.5, ge=0, le=1)
    mode: Literal["open", "closed"] = "closed"
    policy: Json | None = None
    copies: int = Field(default=1, ge=1)


class Place(Section):
    path: IamPath = "/"


class Tunnel(Section):
    mode: Literal["ssm"] = "ssm"


class Gate(Section):
    mode: Literal["ssh"]
    allow: Several[str]


class Sample(Manifest):
    people: People | None = None
    vault: Vault | None = None
    spare: Vault = Vault()
    place: Place | None = None
    door: Annotated[Tunnel | Gate, Field(discriminator="mode")] | None = None
    loose: int | str | None = None


*MOST, LAST = sorted(Sample.annotations())
KEYS = f"there are {', '.join(MOST)} and {LAST}"

GOOD = """\
version: 1
account:
  id: "123456789012"
  name: acme
  region: eu-west-1
people:
  groups: {Ops: {policies: [a, b]}}
  users: {alice: {groups: [Ops], console: true}}
"""


def sample(text: str, folder: Path = Path()) -> Sample:
    return understand(source(text, folder), Sample)


def test_manifest_becomes_frozen_sections_in_its_order() -> None:
    manifest = sample("vault: {}\n" + GOOD)
    assert [name for name, _ in manifest.sections()] == ["vault", "account", "people"]
    assert manifest.people is not None
    assert manifest.people.users["alice"] == Person(groups=("Ops",), console=True)
    assert manifest.account.partition == "aws"
    assert manifest.account.scope.arn("sns", "x").endswith(":sns:eu-west-1:123456789012:x")
    with pytest.raises(ValueError, match="frozen"):
        manifest.account.name = "other"


@pytest.mark.parametrize("empty", ["vault:", "vault: {}", "vault: ~", "vault: {bucket: , days: }"])
def test_empty_key_has_its_default(empty: str) -> None:
    manifest = sample(ACCOUNT + empty)
    assert manifest.vault == Vault(bucket="acme-vault-eu-west-1")


def test_entry_without_a_value_counts() -> None:
    manifest = sample(ACCOUNT + "people:\n  users:\n    bob:\n  groups:\n")
    assert manifest.people is not None
    assert manifest.people.users == {"bob": Person()}


def test_missing_section_is_none() -> None:
    manifest = sample(ACCOUNT)
    assert manifest.vault is None
    assert manifest.spare.bucket == "acme-vault-eu-west-1"
    assert [name for name, _ in manifest.sections()] == ["account"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: 1", [
            "m.yaml:1: version: 'version' is missing",
            "m.yaml:1: account: 'account' is missing",
            f"m.yaml:1: a: unknown key 'a', {KEYS}",
        ]),
        ("verson: 1\naccount: 3\n", [
            "m.yaml:1: verson: unknown key 'verson', did you mean 'version'?",
            "m.yaml:2: account: must be a mapping, not 3",
        ]),
        (ACCOUNT + "vault: {buckt: x}", ["m.yaml:3: vault.buckt: unknown key 'buckt', did you mean 'bucket'?"]),
        (ACCOUNT + "people: {users: {bob: {goups: [a]}}, groups: {a: {}}}", [
            "m.yaml:3: people.users.bob.goups: unknown key 'goups', did you mean 'groups'?",
        ]),
        (ACCOUNT + "vault: yes", ["m.yaml:3: vault: must be a mapping, not 'yes'"]),
        (ACCOUNT + "on: {}", [
            f"m.yaml:3: on: unknown key 'on', {KEYS}"]),
        (ACCOUNT + "vault: [a]", ["m.yaml:3: vault: must be a mapping, not a list"]),
        (ACCOUNT + "vault: {mode: clsed}", [
            "m.yaml:3: vault.mode: must be open or closed, not 'clsed', did you mean 'closed'?"]),
        (ACCOUNT + "vault: {mode: [open]}", ["m.yaml:3: vault.mode: must be open or closed, not a list"]),
        (ACCOUNT + "vault: {copies: '2'}", [
            "m.yaml:3: vault.copies: must be a whole number, not text, write 2 without quotes"]),
        (ACCOUNT + "vault: {copies: 2.0}", ["m.yaml:3: vault.copies: must be a whole number, not 2.0"]),
        (ACCOUNT + "vault: {copies: true}", ["m.yaml:3: vault.copies: must be a whole number, not true"]),
        (ACCOUNT + "vault: {copies: 0}", ["m.yaml:3: vault.copies: must be at least 1, not 0"]),
        (ACCOUNT + "vault: {share: 2}", ["m.yaml:3: vault.share: must be at most 1, not 2"]),
        (ACCOUNT + "vault: {share: 1e999}", ["m.yaml:3: vault.share: must be a finite number, not inf"]),
        (ACCOUNT + "vault: {days: 200}", [
            "m.yaml:3: vault.days: CloudWatch Logs cannot keep logs for 200 days, the next it knows is 365"]),
        (ACCOUNT + "people: {users: {bob: {console: yes}}}", [
            "m.yaml:3: people.users.bob.console: must be true or false, not 'yes', write true"]),
        (ACCOUNT + "people: {users: {bob: {console: 1}}}", [
            "m.yaml:3: people.users.bob.console: must be true or false, not 1, write true"]),
        (ACCOUNT + "people: {groups: {Ops: {}}, users: {bob: {groups: Ops}}}", [
            "m.yaml:3: people.users.bob.groups: must be a list, not 'Ops', write [Ops]"]),
        (ACCOUNT + "people: {groups: {Ops: {policies: [a, 1, true, ~]}}}", [
            'm.yaml:3: people.groups.Ops.policies[1]: '
            'must be text, and 1 without quotes is a number, quote it: "1"',
            'm.yaml:3: people.groups.Ops.policies[2]: '
            'must be text, and true without quotes is true or false, quote it: "true"',
            "m.yaml:3: people.groups.Ops.policies[3]: must be text, and nothing is given",
        ]),
        (ACCOUNT + "people: {groups: {Ops: {policies: [a, b, a]}}}", [
            "m.yaml:3: people.groups.Ops.policies: 'a' is listed twice"]),
        (ACCOUNT + "people: {users: [bob]}", ["m.yaml:3: people.users: must be a mapping, not a list"]),
        (ACCOUNT + "people: {users: {a b.c: {}}}", [
            "m.yaml:3: people.users.\"a b.c\": 'a b.c' is no user name, it is 1 to 64 letters, digits and _+=,.@-"]),
        (ACCOUNT + "people: {users: {Bob: {}, bob: {}}}", [
            "m.yaml:3: people.users: 'Bob' and 'bob' are one name to AWS, keep one of them"]),
        (ACCOUNT + "people: {users: {acme: {}, '{name}': {}}}", [
            "m.yaml:3: people.users: two keys become one name once their placeholders are filled in, "
            "keep one of them"]),
        (ACCOUNT + "people: {users: {bob: {groups: [Opps]}}, groups: {Ops: }}", [
            "m.yaml:3: people.users.bob.groups[0]: no group called 'Opps', did you mean 'Ops'?"]),
        (ACCOUNT + "door: {mode: shh}", ["m.yaml:3: door: mode must be ssm or ssh, not 'shh', did you mean 'ssh'?"]),
        (ACCOUNT + "door: {mode: ssh}", ["m.yaml:3: door.allow: 'allow' is missing"]),
        (ACCOUNT + "door: {mode: ssh, allow: x, alow: y}", [
            "m.yaml:3: door.allow: must be a list, not 'x', write [x]",
            "m.yaml:3: door.alow: unknown key 'alow', did you mean 'allow'?"]),
        (ACCOUNT + "door: {}", ["m.yaml:3: door: 'mode' is missing"]),
        (ACCOUNT + "loose: [a]", ["m.yaml:3: loose: must be a whole number, not a list"]),
        (ACCOUNT + "place: {path: teams}", [
            "m.yaml:3: place.path: 'teams' is no path, write it like /teams/ops/, or / alone"]),
        (ACCOUNT + "vault: {bucket: '{nme}-x'}", [
            "m.yaml:3: vault.bucket: no placeholder {nme}, did you mean {name}?"]),
        (ACCOUNT + "vault: {bucket: '{name}_x'}", [
            "m.yaml:3: vault.bucket: 'acme_x' (from '{name}_x') is no bucket name, "
            "it is 3 to 63 lower-case letters, digits and hyphens, a letter or digit at both ends"]),
    ],
)  # fmt: skip
def test_every_mistake_gives_advice(text: str, lines: list[str]) -> None:
    assert mistakes(text, Sample) == lines


@pytest.mark.parametrize(
    ("account", "lines"),
    [
        ("id: 123456789012, name: acme, region: eu-west-1", [
            'm.yaml:2: account.id: must be text, and 123456789012 without quotes is a number, '
            'quote it: "123456789012"']),
        ("id: 012345678901, name: acme, region: eu-west-1", [
            'm.yaml:2: account.id: YAML reads 012345678901 as another number, quote it: "012345678901"']),
        ("id: '1234-5678-9012', name: acme, region: eu-west-1", [
            "m.yaml:2: account.id: '1234-5678-9012' is no account id, write \"123456789012\""]),
        ("id: '12', name: acme, region: eu-west-1", [
            "m.yaml:2: account.id: '12' is no account id, an account id has 12 digits"]),
        ("id: '123456789012', name: acme, region: eu-west1", [
            "m.yaml:2: account.region: 'eu-west1' is no AWS region, did you mean 'eu-west-1'?"]),
        ("id: '123456789012', name: acme, region: Europe", [
            "m.yaml:2: account.region: 'Europe' is no AWS region, regions look like eu-west-1"]),
        ("id: '123456789012', name: Acme Inc, region: eu-west-1", [
            "m.yaml:2: account.name: 'Acme Inc' cannot begin the names of buckets, "
            "write 2 to 32 lower-case letters, digits and single hyphens, a letter first"]),
        ("id: '123456789012', name: acme, region: eu-west-1, alias: '123456789012'", [
            "m.yaml:2: account.alias: '123456789012' is no account alias, "
            "it is 3 to 63 lower-case letters, digits and single hyphens, not 12 digits"]),
        ("id: '123456789012', name: acme, region: eu-west-1, tags: {aws:x: y}", [
            "m.yaml:2: account.tags: the tag 'aws:x' starts with a reserved prefix, "
            "neither aws: nor awsbase: can be set"]),
        ("id: '123456789012', name: acme, region: eu-west-1, tags: {team: 'data '}", [
            "m.yaml:2: account.tags: the tag 'team' begins or ends with a blank, some services drop it, so leave it out"
        ]),
        ("id: '123456789012', name: acme, region: eu-west-1, tags: {Owner: a, owner: b}", [
            "m.yaml:2: account.tags: the tags 'Owner' and 'owner' are one to IAM, keep one spelling"]),
        ("id: '123456789012', region: eu-west-1", ["m.yaml:2: account.name: 'name' is missing"]),
        ("id: '123456789012', name: , region: eu-west-1", ["m.yaml:2: account.name: 'name' is missing"]),
        ("id: '123456789012', name: acme, regon: eu-west-1", [
            "m.yaml:2: account.regon: unknown key 'regon', did you mean 'region'?"]),
    ],
)  # fmt: skip
def test_account_section_is_checked(account: str, lines: list[str]) -> None:
    assert mistakes(f"version: 1\naccount: {{{account}}}\n", Manifest) == lines


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-east-1", "eusc-de-east-1", "us-isob-east-1", "xx-northwest-9"])
def test_well_formed_region_is_accepted(region: str) -> None:
    text = f"version: 1\naccount: {{id: '123456789012', name: acme, region: {region}}}"
    assert understand(source(text), Manifest).account.region == region


def test_all_mistakes_are_reported_at_once() -> None:
    text = """\
version: 2
account:
  id: 012345678901
  name: acme
  region: eu-wset-1
vault:
  bucket: Acme
  policy: missing.json
  bucket: again
people:
  gruops:
    Ops: {policies: [a], policies: [b]}
  users:
    alice: {groups: [Ops, Opps], console: yes}
"""
    assert mistakes(text, Sample) == [
        "m.yaml:1: version: must be 1, not 2",
        'm.yaml:3: account.id: YAML reads 012345678901 as another number, quote it: "012345678901"',
        "m.yaml:5: account.region: 'eu-wset-1' is no AWS region, did you mean 'eu-west-1'?",
        "m.yaml:7: vault.bucket: 'Acme' is no bucket name, "
        "it is 3 to 63 lower-case letters, digits and hyphens, a letter or digit at both ends",
        "m.yaml:8: vault.policy: no file missing.json",
        "m.yaml:9: vault.bucket: duplicate key 'bucket', first on line 7",
        "m.yaml:11: people.gruops: unknown key 'gruops', did you mean 'groups'?",
        "m.yaml:12: people.gruops.Ops.policies: duplicate key 'policies', first on line 12",
        "m.yaml:14: people.users.alice.console: must be true or false, not 'yes', write true",
        "m.yaml:14: people.users.alice.groups[1]: no group called 'Opps', did you mean 'Ops'?",
    ]


def test_invalid_name_is_reported_once() -> None:
    text = ACCOUNT + "people:\n  groups: {Ops: wrong}\n  users: {bob: {groups: [Ops]}}\n"
    assert mistakes(text, Sample) == ["m.yaml:4: people.groups.Ops: must be a mapping, not 'wrong'"]


@pytest.mark.parametrize(
    ("people", "lines"),
    [
        ("{users: {bob: {console: yes, groups: [Opps]}}, groups: {Ops: {}}}", [
            "m.yaml:3: people.users.bob.console: must be true or false, not 'yes', write true",
            "m.yaml:3: people.users.bob.groups[0]: no group called 'Opps', did you mean 'Ops'?"]),
        ("{users: {bob: {groups: [1, Ops, 2, Opps]}}, groups: {Ops: {}}}", [
            'm.yaml:3: people.users.bob.groups[0]: must be text, and 1 without quotes is a number, quote it: "1"',
            'm.yaml:3: people.users.bob.groups[2]: must be text, and 2 without quotes is a number, quote it: "2"',
            "m.yaml:3: people.users.bob.groups[3]: no group called 'Opps', did you mean 'Ops'?"]),
        ("{users: {bob: {groups: [Opps, Opps]}}, groups: {Ops: {}}}", [
            "m.yaml:3: people.users.bob.groups: 'Opps' is listed twice",
            "m.yaml:3: people.users.bob.groups[0]: no group called 'Opps', did you mean 'Ops'?"]),
        ("{users: {bob: {groups: Ops}, eve: {groups: [Opps]}}, groups: {Ops: {}}}", [
            "m.yaml:3: people.users.bob.groups: must be a list, not 'Ops', write [Ops]",
            "m.yaml:3: people.users.eve.groups[0]: no group called 'Opps', did you mean 'Ops'?"]),
        ("{users: {b b: {groups: [Opps]}}, groups: {Ops: {}}}", [
            "m.yaml:3: people.users.\"b b\": 'b b' is no user name, it is 1 to 64 letters, digits and _+=,.@-",
            "m.yaml:3: people.users.\"b b\".groups[0]: no group called 'Opps', did you mean 'Ops'?"]),
        ("{users: {bob: {groups: [O ps, Ops, Opps]}}, groups: {O ps: {}, Ops: 3}}", [
            "m.yaml:3: people.groups.\"O ps\": 'O ps' is no group name, it is 1 to 128 letters, digits and _+=,.@-",
            "m.yaml:3: people.groups.Ops: must be a mapping, not 3",
            "m.yaml:3: people.users.bob.groups[2]: no group called 'Opps', did you mean 'Ops'?"]),
        ("{users: {bob: {groups: [Ops, Dev]}}, groups: [Ops]}", [
            "m.yaml:3: people.groups: must be a mapping, not a list",
            "m.yaml:3: people.users.bob.groups[1]: no group called 'Dev'"]),
        ("{users: {bob: {groups: [Ops]}}, groups: Ops}", ["m.yaml:3: people.groups: must be a mapping, not 'Ops'"]),
        ("{users: {bob: {groups: [x]}, Bob: {groups: [Opps]}, eve: {groups: [Opps]}}, groups: {x: , Ops: }}", [
            "m.yaml:3: people.users: 'bob' and 'Bob' are one name to AWS, keep one of them"]),
    ],
    ids=["value", "items", "twice", "list", "name", "names", "collection", "unknown names", "twins"],
)  # fmt: skip
def test_mistake_hides_no_other_mistake(people: str, lines: list[str]) -> None:
    assert mistakes(f"{ACCOUNT}people: {people}", Sample) == lines


def test_mistake_in_one_section_hides_no_mistake_in_another() -> None:
    text = """\
version: 1
account: {id: "1234", name: acme, region: cn-nroth-1}
notify:
  sec: 3
  billing: {email: [nope]}
alarms: {billing: {amounts: [-1], currency: CNY, notify: secc}}
state: {bucket: BAD_, writers: [Ops, Nobody]}
iam:
  policies:
    deploy: {}
    build: {file: nope.json}
  groups:
    Ops: {people: no, policies: [deplyo, 1, deploy, build]}
  users:
    alice: {console: yes, groups: [Opps, acme-people]}
    bob: {mfa: {provision: no}, state: gone}
  roles:
    app: {policies: [deplyo]}
    web: {trust: {services: [ec2]}, boundary: deplyo}
    job: {trust: {services: [ec2], statements: [{Effect: Allow}]}}
"""
    assert mistakes(text, Manifest) == [
        "m.yaml:2: account.id: '1234' is no account id, an account id has 12 digits",
        "m.yaml:2: account.region: 'cn-nroth-1' is no AWS region, did you mean 'cn-north-1'?",
        "m.yaml:4: notify.sec: must be a mapping, not 3",
        "m.yaml:5: notify.billing.email[0]: 'nope' is no e-mail address, write it like ops@acme.example",
        "m.yaml:6: alarms.billing.amounts[0]: -1 is no amount that can be exceeded, write one greater than 0",
        "m.yaml:6: alarms.billing.notify: no channel called 'secc' in notify, did you mean 'sec'?",
        "m.yaml:7: state.bucket: 'BAD_' is no bucket name, "
        "it is 3 to 63 lower-case letters, digits and hyphens, a letter or digit at both ends",
        "m.yaml:7: state.writers[1]: no group called 'Nobody', name a group of iam.groups",
        "m.yaml:10: iam.policies.deploy: has no document, write one of file and statements",
        "m.yaml:11: iam.policies.build.file: no file nope.json",
        'm.yaml:13: iam.groups.Ops.policies[1]: must be text, and 1 without quotes is a number, quote it: "1"',
        "m.yaml:13: iam.groups.Ops.people: must be true or false, not 'no', write false",
        "m.yaml:13: iam.groups.Ops.policies[0]: no policy called 'deplyo' in iam.policies, did you mean 'deploy'?",
        "m.yaml:15: iam.users.alice.console: must be true or false, not 'yes', write true",
        "m.yaml:15: iam.users.alice.groups[0]: no group called 'Opps', did you mean 'Ops'?",
        "m.yaml:16: iam.users.bob.mfa.provision: must be true, not 'no'",
        "m.yaml:16: iam.users.bob.state: must be present or absent, not 'gone'",
        "m.yaml:18: iam.roles.app.policies[0]: no policy called 'deplyo' in iam.policies, did you mean 'deploy'?",
        "m.yaml:18: iam.roles.app.trust: 'trust' is missing: nobody may assume this role, "
        "name services, accounts or statements, or a preset",
        "m.yaml:19: iam.roles.web.trust.services[0]: 'ec2' is no service, write it like ec2.amazonaws.com",
        "m.yaml:19: iam.roles.web.boundary: no policy called 'deplyo' in iam.policies, did you mean 'deploy'?",
        "m.yaml:20: iam.roles.job.trust.services[0]: 'ec2' is no service, write it like ec2.amazonaws.com",
        "m.yaml:20: iam.roles.job.trust.statements[0]: there is neither Action nor NotAction, "
        "add Action, such as s3:GetObject",
    ]


def test_invalid_account_name_is_reported_once() -> None:
    account = 'version: 1\naccount: {id: "123456789012", name: Acme Inc, region: eu-west-1}\n'
    text = account + "state: {writers: [Opps]}\niam: {groups: {Ops: }}\n"
    assert mistakes(text, Manifest) == [
        "m.yaml:2: account.name: 'Acme Inc' cannot begin the names of buckets, "
        "write 2 to 32 lower-case letters, digits and single hyphens, a letter first",
        "m.yaml:3: state.writers[0]: no group called 'Opps', did you mean 'Ops'?",
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "deploy.json").write_text('{"a": 1}')
    (tmp_path / "broken.json").write_text('{\n  "a": 1,\n}')
    (tmp_path / "twice.json").write_text('{"a": 1, "a": 2}')
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "nan.json").write_text('{"a": NaN}')
    (tmp_path / "deep.json").write_text('{"a": ' + "[" * 100_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "long").write_text("x" * 1_100_000)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("policies/depoy.json", "no file policies/depoy.json, did you mean 'policies/deploy.json'?"),
        ("polices/deploy.json", "no file polices/deploy.json, there is no folder polices/ beside the manifest"),
        ("policies", "policies is a directory"),
        ("broken.json", "broken.json is not JSON: line 3: Expecting property name enclosed in double quotes"),
        ("twice.json", "twice.json: the key 'a' stands twice in one object"),
        ("list.json", "list.json holds a list, not a JSON object"),
        ("nan.json", "nan.json: NaN is not JSON"),
        ("deep.json", "deep.json is nested too deeply"),
        ("binary", "binary is not UTF-8 text"),
        ("long", "long is larger than 1024 KiB"),
        ("/etc/hosts", "/etc/hosts is an absolute path, write it relative to the manifest's folder"),
        ("broken.json/x", "broken.json/x cannot be read: Not a directory"),
        ("[a]", "must be the name of a file, not a list"),
        ("12", "must be the name of a file, not 12"),
    ],
)
def test_missing_or_invalid_file_is_a_mistake(folder: Path, name: str, message: str) -> None:
    assert mistakes(f"{ACCOUNT}vault: {{policy: {name}}}", Sample, folder) == [f"m.yaml:3: vault.policy: {message}"]


def test_files_are_relative_to_the_manifest(folder: Path) -> None:
    manifest = sample(ACCOUNT + "vault: {policy: policies/deploy.json}", folder)
    assert manifest.vault is not None
    assert manifest.vault.policy is not None
    assert (manifest.vault.policy.name, manifest.vault.policy.value) == ("policies/deploy.json", {"a": 1})


def test_fingerprint_follows_meaning_and_files(folder: Path) -> None:
    def printed(rest: str) -> str:
        return fingerprint(sample(ACCOUNT + rest, folder))

    base = printed("vault: {policy: policies/deploy.json, copies: 2}")
    assert base == printed("vault:\n  # the same\n  copies: 2\n  policy: 'policies/deploy.json'\n")
    assert base != printed("vault: {policy: policies/deploy.json, copies: 3}")
    (folder / "policies" / "deploy.json").write_text('{"a": 2}')
    assert base != printed("vault: {policy: policies/deploy.json, copies: 2}")


def test_load_names_the_file_in_its_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(ACCOUNT)
    assert load(path).account.name == "acme"
    path.write_text("version: 1\n")
    with pytest.raises(ManifestError) as caught:
        load(path)
    assert str(caught.value) == f"{path}:1: account: 'account' is missing"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_pydantic_is_imported_for_manifests_only() -> None:
    code = "import sys, awsbase, awsbase.errors; assert not {'pydantic', 'yaml', 'boto3'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


WORDS = st.sampled_from(
    """version:·1 account: people: vault: users: id:·012345678901 { } [ -· &a· *a ?· <<:· !!x· ' " :· ⏎ ⏎·· ⇥ # | ---
    groups:·[ bob ~ 1e9 {name} ,""".replace("⇥", "\t").split(" ")
).map(lambda word: word.replace("·", " ").replace("⏎", "\n"))


def manifest_or_mistakes(content: bytes) -> None:
    """Load the content; fail on every error but a ManifestError."""
    try:
        understood = understand(parse(content, file="m.yaml", folder=Path()), Sample)
    except ManifestError as error:
        found = error.mistakes
    else:
        assert fingerprint(understood)
        return
    assert found
    assert all(mistake.line >= 1 and mistake.message for mistake in found)


@settings(max_examples=150, deadline=None)
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_give_a_manifest_or_mistakes(content: bytes) -> None:
    manifest_or_mistakes(content)


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS).map("".join))
def test_any_almost_yaml_gives_a_manifest_or_mistakes(text: str) -> None:
    manifest_or_mistakes((ACCOUNT + text).encode())


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["version", "account", "people", "vault", "users", "groups", "bob", "bucket", "days", "policy"])


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, st.dictionaries(NAMES, st.dictionaries(NAMES, PLAIN) | PLAIN) | PLAIN))
def test_any_values_give_a_manifest_or_mistakes(value: object) -> None:
    manifest_or_mistakes(json.dumps(value).encode())
