"""The iam section: its resources, and one line for each mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awsbase.engine.resource import Resource
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.account_alias import AccountAlias
from awsbase.ensure.password_policy import PasswordPolicy
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.policies import problems, size
from tests.manifest.saying import ACCOUNT, mistakes, source
from tests.policies.evaluate import AccessRequest, allowed

CHINA = ACCOUNT.replace("eu-west-1", "cn-north-1")
OURS = "arn:aws:iam::123456789012:policy"
GATE = {f"{OURS}/awsbase-require-mfa", f"{OURS}/awsbase-self-service"}
ALLOW = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


def resources_of(text: str, account: str = ACCOUNT, folder: Path = Path()) -> dict[str, Any]:
    """Return the resources of a manifest by address."""
    manifest = understand(source(account + text, folder), Manifest)
    found: list[Resource] = [resource for part in resources(manifest).values() for resource in part]
    assert len({resource.address for resource in found}) == len(found)
    made = {resource.address for resource in found}
    assert [need for resource in found for need in resource.needs() if need not in made] == []
    return {resource.address: resource for resource in found}


def wrong(text: str, folder: Path = Path()) -> list[str]:
    """Return the mistakes of an iam section without the file; lines count from the section."""
    found = mistakes(ACCOUNT + text, Manifest, folder)
    return [line.removeprefix("m.yaml:").partition(": ")[2] for line in found]


def test_empty_iam_section_is_a_password_policy_only() -> None:
    assert [type(resource) for resource in resources_of("iam:\n").values()] == [PasswordPolicy]


def test_alias_of_the_account_is_a_resource() -> None:
    found = resources_of("", ACCOUNT.replace("}", ", alias: '{name}-prod'}"))
    assert [resource.alias for resource in found.values() if isinstance(resource, AccountAlias)] == ["acme-prod"]


def test_only_groups_of_people_get_require_mfa() -> None:
    found = resources_of("""
iam:
  policies: {deploy: {statements: [{Effect: Allow, Action: "s3:*", Resource: "*"}], path: /ci/}}
  groups:
    Developers: {policies: ["awsbase:read-only", deploy, "aws:job-function/Billing"]}
    Robots: {policies: [deploy], people: false}
    Guests:
""")
    developers, robots, guests = (found[f"group/{name}"] for name in ("Developers", "Robots", "Guests"))
    assert developers.policies == GATE | {
        f"{OURS}/awsbase-read-only",
        f"{OURS}/ci/deploy",
        "arn:aws:iam::aws:policy/job-function/Billing",
    }
    assert sorted(developers.needs()) == [
        "policy/awsbase-read-only",
        "policy/awsbase-require-mfa",
        "policy/awsbase-self-service",
        "policy/deploy",
    ]
    assert robots.policies == {f"{OURS}/ci/deploy"}
    assert guests.policies == GATE
    assert [group.exact for group in (developers, robots, guests)] == [True, True, False]


FORTY = "{" + ", ".join(f"t{number}: x" for number in range(40)) + "}"
SIX = "{" + ", ".join(f"o{number}: x" for number in range(6)) + "}"


@pytest.mark.parametrize("owner", ["users.alice", "roles.ci"])
@pytest.mark.parametrize(
    ("account", "own", "lines"),
    [
        ("{owner: ops}", "{owner: alice}", []),
        ("{Owner: ops}", "{owner: alice}", [
            ".owner: the tag 'owner' and the account's 'Owner' are one to IAM, write Owner"]),
        (FORTY, "{t1: other}", []),
        (FORTY, SIX, [
            ": 46 tags, those of the account included, are too many, "
            "AWS takes 50 on a resource, 45 of them from here"]),
    ],
    ids=["another value", "another spelling", "as many as before", "too many together"],
)  # fmt: skip
def test_own_tags_and_account_tags_must_fit_together(owner: str, account: str, own: str, lines: list[str]) -> None:
    trust = "trust: {services: [ec2.amazonaws.com]}, " if "roles" in owner else ""
    part, _, name = owner.partition(".")
    section = f"iam: {{{part}: {{{name}: {{{trust}tags: {own}}}}}}}\n"
    found = mistakes(ACCOUNT.replace("}", f", tags: {account}}}") + section, Manifest)
    assert [line.partition(f"iam.{owner}.tags")[2] for line in found] == lines


def test_only_used_curated_policies_are_created() -> None:
    curated = [
        name for name in resources_of("iam: {groups: {Ops: {policies: ['awsbase:power-user']}}}") if "awsbase-" in name
    ]
    assert curated == ["policy/awsbase-power-user", "policy/awsbase-require-mfa", "policy/awsbase-self-service"]
    robots = "iam: {groups: {Robots: {people: false, policies: []}}}"
    assert [name for name in resources_of(robots) if "awsbase-" in name] == []


def test_curated_policy_has_a_description() -> None:
    found = resources_of("iam: {groups: {Ops: {policies: []}}}")["policy/awsbase-require-mfa"]
    assert found.description.startswith("Refuses everything without MFA")


@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1", "us-gov-west-1"])
def test_curated_policies_are_valid_in_every_partition(region: str) -> None:
    names = ("administrator", "power-user", "protect-audit", "read-only")
    listed = ", ".join(f"'awsbase:{name}'" for name in names)
    found = resources_of(f"iam: {{groups: {{Ops: {{policies: [{listed}]}}}}}}", ACCOUNT.replace("eu-west-1", region))
    policies = [resource for resource in found.values() if isinstance(resource, Policy)]
    assert len(policies) == 6
    for policy in policies:
        assert problems(policy.document, "identity") == []
        assert size(policy.document) <= 6144


def test_curated_policies_protect_the_resources_of_the_sections() -> None:
    text = "iam: {groups: {Ops: {policies: ['awsbase:power-user']}}}\n"
    by_default = str(resources_of(text)["policy/awsbase-power-user"].document)
    assert "acme-state" in by_default
    assert "acme-audit" in by_default
    named = str(
        resources_of(text + "state: {bucket: '{name}-tf'}\naudit: {trail: watch}\n")["policy/awsbase-power-user"]
    )
    assert "acme-tf" in named
    assert "trail/watch" in named


def test_state_writers_get_the_state_policy() -> None:
    found = resources_of("state: {writers: [Ops]}\niam: {groups: {Ops: {policies: []}, Others: {policies: []}}}")
    assert f"{OURS}/acme-state-writer" in found["group/Ops"].policies
    assert "policy/acme-state-writer" in found["group/Ops"].needs()
    assert found["group/Others"].policies == GATE


ASSUMES = """
iam:
  groups: {Power: {policies: ["awsbase:power-user"]}, Others: {policies: []}}
  roles:
    deploy: {trust: {groups: [Power]}, policies: []}
    look: {trust: {groups: [Power], mfa: false}, path: /team/, policies: []}
    app: {trust: {services: [ec2.amazonaws.com]}, policies: []}
"""


def test_members_of_a_group_may_assume_the_roles_that_name_it() -> None:
    found = resources_of(ASSUMES)
    policy = found["policy/acme-roles-Power"]
    roles = ["arn:aws:iam::123456789012:role/deploy", "arn:aws:iam::123456789012:role/team/look"]
    assert [statement["Resource"] for statement in policy.document["Statement"]] == [roles]
    assert policy.arn in found["group/Power"].policies
    assert policy.arn not in found["group/Others"].policies
    asked = [each["Condition"] for each in found["role/deploy"].trust["Statement"]]
    assert asked == [{"Bool": {"aws:MultiFactorAuthPresent": "true"}}]
    assert [each["Principal"] for each in found["role/look"].trust["Statement"]] == [
        {"AWS": ["arn:aws:iam::123456789012:root"]}
    ]

    made = [each for each in found.values() if isinstance(each, Policy)]
    power = [each.document for each in made if each.arn in found["group/Power"].policies]
    mfa = {"aws:MultiFactorAuthPresent": "true", "aws:username": "pat"}
    for role, expected in ((roles[0], True), ("arn:aws:iam::123456789012:role/app", False)):
        assert allowed(power, AccessRequest("sts:AssumeRole", role, mfa)) is expected


@pytest.mark.parametrize(
    ("groups", "role", "problem"),
    [
        (
            "{Power: {}}",
            "{groups: [Powr]}",
            "trust.groups[0]: no group called 'Powr', did you mean 'Power'?",
        ),
        (f"{{{'P' * 120}: {{}}}}", f"{{groups: [{'P' * 120}]}}", "is too long for a policy that is called after it"),
        ("{Power: {}}", "{mfa: true}", "nobody may assume this role, name services, accounts or statements"),
        (
            "{Power: {}}",
            "{services: [ec2.amazonaws.com], organization: o-acme123456}",
            "organization limits accounts and groups, and there are none",
        ),
        ("{Power: {}}", "{accounts: ['{id}'], organization: acme}", "is no id of an organization"),
        (
            "{Power: {assumes: ['arn:aws-cn:iam::210987654321:role/r']}}",
            "{accounts: ['{id}']}",
            "assumes[0]: arn:aws-cn:iam::210987654321:role/r is in another partition of AWS",
        ),
        ("{Power: {assumes: [Admin]}}", "{accounts: ['{id}']}", "'Admin' is no ARN of a role"),
        (f"{{{'P' * 120}: {{assumes: ['arn:aws:iam::210987654321:role/r']}}}}", "{accounts: ['{id}']}", "is too long"),
    ],
    ids=[
        "mistyped",
        "too long",
        "nobody",
        "limits nobody",
        "no id",
        "other partition",
        "no ARN",
        "too long for a policy",
    ],
)
def test_mistake_in_the_groups_of_a_trust_gives_advice(groups: str, role: str, problem: str) -> None:
    (line,) = wrong(f"iam: {{groups: {groups}, roles: {{r: {{trust: {role}, policies: []}}}}}}")
    assert problem in line


def test_members_of_a_group_may_assume_roles_of_other_accounts() -> None:
    there = [f"arn:aws:iam::{number:012}:role/acme-Read" for number in range(300)]
    found = resources_of(f"iam: {{groups: {{Power: {{policies: [], assumes: {there}}}}}}}")
    assumes = [each for name, each in found.items() if name.startswith("policy/acme-roles-Power")]
    assert [each.name for each in assumes] == ["acme-roles-Power", "acme-roles-Power-2", "acme-roles-Power-3"]
    assert [arn for each in assumes for arn in each.document["Statement"][0]["Resource"]] == there
    # Each is as full as IAM lets it be.
    assert all(6_144 - len(there[0]) - 3 < size(each.document) <= 6_144 for each in assumes[:-1])
    assert {each.arn for each in assumes} == found["group/Power"].policies - GATE


def test_role_trusts_accounts_of_an_organization_only() -> None:
    text = "iam: {roles: {r: {policies: [], trust: {accounts: ['210987654321'], organization: o-acme123456}}}}"
    (statement,) = resources_of(text)["role/r"].trust["Statement"]
    assert statement["Condition"] == {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "StringEquals": {"aws:PrincipalOrgID": "o-acme123456"},
    }


def test_people_without_a_group_join_the_people_group() -> None:
    found = resources_of("""
iam:
  groups: {Ops: {policies: []}, Robots: {policies: [], people: false}}
  users:
    alice: {groups: [Ops], console: true}
    bob:
    carol: {groups: []}
    dave: {groups: [Robots, Ops], mfa: optional}
    robot: {groups: [Robots]}
    eve: {state: absent}
""")
    users = {name: found[f"user/{name}"] for name in ("alice", "bob", "carol", "dave", "robot")}
    assert {name: sorted(user.groups) for name, user in users.items()} == {
        "alice": ["Ops"],
        "bob": ["acme-people"],
        "carol": ["acme-people"],
        "dave": ["Ops", "Robots"],
        "robot": ["Robots"],
    }
    assert {name: user.exact for name, user in users.items()} == {
        "alice": True,
        "bob": False,
        "carol": True,
        "dave": True,
        "robot": True,
    }
    assert [name for name, user in users.items() if user.mfa] == ["alice", "bob", "carol"]
    assert [name for name, user in users.items() if user.console] == ["alice"]
    assert found["group/acme-people"].policies == GATE
    assert list(users["alice"].needs()) == ["group/Ops"]
    assert isinstance(found["user/eve"], AbsentUser)


def test_people_group_is_created_only_with_members() -> None:
    assert "group/acme-people" not in resources_of("iam: {groups: {Ops: {}}, users: {alice: {groups: [Ops]}}}")
    assert "group/acme-people" not in resources_of("iam: {users: {eve: {state: absent}}}")
    own = resources_of("iam: {groups: {'{name}-people': {policies: ['aws:ReadOnlyAccess']}}, users: {bob: }}")
    assert own["group/acme-people"].policies == GATE | {"arn:aws:iam::aws:policy/ReadOnlyAccess"}


def test_role_trusts_services_accounts_and_statements() -> None:
    found = resources_of("""
iam:
  policies: {deploy: {statements: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}}
  users: {alice: }
  roles:
    ci:
      trust:
        services: [ec2.amazonaws.com]
        accounts: ["{id}", "210987654321"]
        statements:
          - Effect: Allow
            Principal: {AWS: ["arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:role/x/other"]}
            Action: sts:AssumeRole
      policies: [deploy]
      inline: {logs: [{Effect: Allow, Action: "logs:*", Resource: "*"}]}
      boundary: aws:PowerUserAccess
      max_session: 7200
    other: {trust: {accounts: ["{id}"], mfa: false}, path: /x/}
""")
    ci, other = found["role/ci"], found["role/other"]
    assert ci.trust["Statement"][:2] == [
        {"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}, "Action": "sts:AssumeRole"},
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam::123456789012:root", "arn:aws:iam::210987654321:root"]},
            "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        },
    ]
    assert list(ci.needs()) == ["policy/deploy", "user/alice", "role/other"]
    assert (ci.policies, ci.boundary, ci.exact) == (
        {f"{OURS}/deploy"},
        "arn:aws:iam::aws:policy/PowerUserAccess",
        True,
    )
    assert list(ci.inline) == ["logs"]
    assert "Condition" not in other.trust["Statement"][0]
    assert (other.arn, other.exact) == ("arn:aws:iam::123456789012:role/x/other", False)
    assert [type(found[name]) for name in ("role/ci", "user/alice")] == [Role, User]


@pytest.mark.parametrize(
    ("text", "managed"),
    [
        ("iam:", True),
        ("iam: {password_policy: }", True),
        ("iam: {password_policy: {minimum_length: 20}, groups: {Ops: }}", True),
        ("iam: {groups: {Ops: }}", False),
    ],
    ids=["empty section", "best practice", "with others", "not named"],
)
def test_password_policy_is_managed_unless_the_section_is_about_others(text: str, managed: bool) -> None:
    assert ("password-policy/account" in resources_of(text)) is managed


def test_arns_of_iam_have_the_partition_of_the_account() -> None:
    found = resources_of(
        "iam: {groups: {Ops: {policies: ['aws:ReadOnlyAccess']}}, roles: {ci: {trust: {accounts: ['{id}']}}}}", CHINA
    )
    assert "arn:aws:" not in str([vars(resource) for resource in found.values()])
    assert "arn:aws-cn:iam::aws:policy/ReadOnlyAccess" in found["group/Ops"].policies


def test_policy_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "deploy.json").write_text(ALLOW)
    found = resources_of("iam: {policies: {deploy: {file: deploy.json, description: Puts it out}}}", folder=tmp_path)
    assert found["policy/deploy"].document["Statement"][0]["Action"] == "s3:*"
    assert found["policy/deploy"].description == "Puts it out"


# These would make the lines below too long.
SPELT = {
    "ALLOW": "{Effect: Allow, Action: 's3:*', Resource: '*'}",
    "NINE": ", ".join(f"'aws:Policy{number}'" for number in range(9)),
    "ELEVEN": ", ".join(f"Group{number}" for number in range(11)),
}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "groups: {Ops: {policies: [deplyo]}}, policies: {deploy: {statements: [ALLOW]}}",
            ["iam.groups.Ops.policies[0]: no policy called 'deplyo' in iam.policies, did you mean 'deploy'?"],
        ),
        (
            "groups: {Ops: {policies: [ReadOnlyAccess]}}",
            [
                "iam.groups.Ops.policies[0]: no policy called 'ReadOnlyAccess' in iam.policies, "
                "AWS's own are written aws:ReadOnlyAccess"
            ],
        ),
        (
            "groups: {Ops: {policies: ['awsbase:poweruser']}}",
            ["iam.groups.Ops.policies[0]: awsbase ships no policy 'poweruser', did you mean 'awsbase:power-user'?"],
        ),
        (
            "groups: {Ops: {policies: ['aws:Billing']}}",
            ["iam.groups.Ops.policies[0]: AWS has no policy 'Billing', did you mean 'aws:job-function/Billing'?"],
        ),
        (
            "groups: {Ops: {policies: ['arn:aws-cn:iam::aws:policy/ReadOnlyAccess']}}",
            [
                "iam.groups.Ops.policies[0]: arn:aws-cn:iam::aws:policy/ReadOnlyAccess is in another partition of AWS, "
                "here it is arn:aws:iam::aws:policy/ReadOnlyAccess"
            ],
        ),
        (
            "groups: {Ops: {policies: [NINE]}}",
            [
                "iam.groups.Ops.policies: 11 policies, those that awsbase attaches included, and IAM takes 10 on a "
                "group, put several into one of iam.policies"
            ],
        ),
        (
            "groups: {Ops: {}, ops: {}}",
            ["iam.groups: 'Ops' and 'ops' are one name to AWS, keep one of them"],
        ),
        (
            "groups: {Acme-People: {}}, users: {alice: {}}",
            ["iam.groups.Acme-People: 'acme-people' and 'Acme-People' are one name to AWS, write acme-people"],
        ),
        (
            "groups: {Ops: {}}, users: {alice: {groups: [Opps]}}",
            ["iam.users.alice.groups[0]: no group called 'Opps', did you mean 'Ops'?"],
        ),
        (
            "groups: {ELEVEN}, users: {alice: {groups: [ELEVEN]}}",
            ["iam.users.alice.groups: 11 groups, and IAM puts a user into 10 at most, join some of them"],
        ),
        (
            "groups: {Robots: {people: false}}, users: {robot: {groups: [Robots], console: true}}",
            ["iam.users.robot.console: a machine does not sign in to the console, put the user into a group of people"],
        ),
        (
            "users: {bob: {state: absent, console: true}}",
            ["iam.users.bob.console: an absent user has none of this, leave it out"],
        ),
        (
            "users: {bob: {state: gone}}",
            ["iam.users.bob.state: must be present or absent, not 'gone'"],
        ),
        (
            "policies: {deploy: {}}",
            ["iam.policies.deploy: has no document, write one of file and statements"],
        ),
        (
            "policies: {awsbase-read-only: {statements: [ALLOW]}}",
            [
                "iam.policies.awsbase-read-only: awsbase makes a policy of this name itself, call it otherwise",
            ],
        ),
        (
            "policies: {deploy: {statements: [ALLOW, {Effect: Allow, Action: s3, Resource: '*'}]}}",
            [
                "iam.policies.deploy.statements[1]: Action 's3' is not of the form service:Operation, "
                "such as s3:GetObject"
            ],
        ),
        (
            "policies: {deploy: {statements: [ALLOW], description: 'α and β'}}",
            ["iam.policies.deploy.description: IAM does not take the characters α β, write it in Latin letters"],
        ),
        (
            "policies: {deploy: {statements: [ALLOW], path: '/a|b/'}}",
            [
                "iam.policies.deploy.path: '/a|b/' is no path of a policy, it is / alone, or words of letters, digits "
                "and .,+@=_- between /"
            ],
        ),
        (
            "roles: {ci: {trust: {}}}",
            ["iam.roles.ci.trust: nobody may assume this role, name services, accounts or statements"],
        ),
        (
            "roles: {ci: {trust: {services: [ec2]}}}",
            ["iam.roles.ci.trust.services[0]: 'ec2' is no service, write it like ec2.amazonaws.com"],
        ),
        (
            "roles: {ci: {trust: {accounts: ['{id}'], statements: [{Effect: Allow, Action: 'sts:AssumeRole'}]}}}",
            [
                "iam.roles.ci.trust.statements[0]: there is neither Principal nor NotPrincipal, add Principal, "
                'such as {"Service": "ec2.amazonaws.com"}'
            ],
        ),
        (
            "roles: {ci: {trust: {statements: [{Effect: Allow, Action: 'sts:AssumeRole', "
            "Principal: {AWS: 'arn:aws:iam::123456789012:role/ci'}}]}}}",
            ["iam.roles.ci.trust: a role cannot trust itself before it is there, test aws:PrincipalArn with ArnLike"],
        ),
        (
            "users: {al: {path: /x/}}, roles: {ci: {trust: {statements: [{Effect: Allow, Action: 'sts:AssumeRole', "
            "Principal: {AWS: ['arn:aws:iam::123456789012:user/x/al', 'arn:aws:iam::123456789012:user/al']}}]}}}",
            [
                "iam.roles.ci.trust.statements[0]: nobody is called arn:aws:iam::123456789012:user/al, with the path "
                "it is arn:aws:iam::123456789012:user/x/al"
            ],
        ),
        (
            "users: {al: {}}, roles: {ci: {trust: {statements: [{Effect: Allow, Action: 'sts:AssumeRole', "
            "Principal: {AWS: 'arn:aws:iam::123456789012:user/x/al'}}]}}}",
            [],
        ),
        (
            "roles: {ci: {trust: {accounts: ['{id}']}, inline: {logs: [{Effect: Allow, Action: 'logs:*'}]}}}",
            ['iam.roles.ci.inline.logs[0]: there is neither Resource nor NotResource, add Resource, an ARN or "*"'],
        ),
        (
            "roles: {ci: {trust: {accounts: ['{id}']}, max_session: 60}}",
            ["iam.roles.ci.max_session: must be at least 3600, not 60"],
        ),
        (
            "password_policy: {minimum_length: 4}",
            ["iam.password_policy.minimum_length: must be at least 6, not 4"],
        ),
    ],
)
def test_each_mistake_in_iam_is_one_line(text: str, lines: list[str]) -> None:
    for short, spelt in SPELT.items():
        text = text.replace(short, spelt)
    assert wrong(f"iam: {{{text}}}") == lines


@pytest.mark.parametrize(
    ("resource", "wrong_part"),
    [
        ("arn:aws-us-gov:s3:::b/*", 'IAM: Partition "aws-us-gov" is not valid'),
        ("arn:aws:s3:eu-west-1::b", "cannot contain region information, write arn:aws:s3:::b"),
        ("arn:aws:iam:eu-west-1:123456789012:role/x", "write arn:aws:iam::123456789012:role/x"),
        ("arn:aws:s3:::b", ""),
    ],
)
def test_arns_of_own_policies_are_those_of_the_account(resource: str, wrong_part: str) -> None:
    statements = f"[{{Effect: Allow, Action: 's3:*', Resource: '{resource}'}}]"
    own, inline = f"policies: {{p: {{statements: {statements}}}}}", f"inline: {{p: {statements}}}"
    role = f"roles: {{r: {{trust: {{services: [ec2.amazonaws.com]}}, {inline}}}}}"
    for text in (own, role):
        lines = wrong(f"iam:\n  {text}\n")
        assert [wrong_part in line for line in lines] == ([True] if wrong_part else [])


def test_inline_policies_of_a_role_count_together() -> None:
    many = ", ".join(f"'arn:aws:s3:::acme-{number:05}'" for number in range(200))
    inline = ", ".join(f"p{n}: [{{Effect: Allow, Action: 's3:*', Resource: [{many}]}}]" for n in range(3))
    role = f"roles: {{r: {{trust: {{services: [ec2.amazonaws.com]}}, inline: {{{inline}}}}}}}"
    (line,) = wrong(f"iam:\n  {role}\n")
    assert "AWS takes 10240 in a role" in line


def test_mistakes_in_a_policy_file_have_the_line_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "deploy.json").write_text(ALLOW.replace('"Action"', '"Actoin"'))
    found = mistakes(ACCOUNT + "iam:\n  policies:\n    deploy:\n      file: deploy.json\n", Manifest, tmp_path)
    assert [line.partition(": ")[0] for line in found] == ["m.yaml:6"]
    assert "did you mean Action?" in found[0]
