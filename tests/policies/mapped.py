"""Whom PMapper (AGPL-3.0, run as a program of its own) says a member of each shipped group can become.

To ask it again: install principalmapper into an environment of its own, and `python -m tests.policies.mapped PYTHON`
with the Python of that environment. It writes `mapped.json`, with its version and a digest of each account: a test
fails when the policies of a manifest have changed since.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.policies.graph import Account

FILE = Path(__file__).with_name("mapped.json")
RUNNER = Path(__file__).with_name("pmapper.py")
MEMBER = "member-of-"


def details(here: Account) -> dict[str, Any]:
    """Return an account as GetAccountAuthorizationDetails does, with a member of each group and no other user."""
    iam, inside = here.iam, here.inside
    return {
        "UserDetailList": [
            {
                "Arn": f"{inside}:user/{MEMBER}{name}",
                "UserId": f"{MEMBER}{name}",
                "AttachedManagedPolicies": [],
                "GroupList": [group.name],
            }
            for name, group in sorted(iam.groups.items())
        ],
        "GroupDetailList": [
            {"Arn": f"{inside}:group{group.path}{group.name}", **held("GroupPolicyList", group)}
            for _, group in sorted(iam.groups.items())
        ],
        "RoleDetailList": [
            {
                "Arn": role.arn,
                "RoleId": role.name,
                "AssumeRolePolicyDocument": role.trust,
                "InstanceProfileList": [{"Arn": role.arn.replace(":role/", ":instance-profile/")}]
                * (name in here.on_instances),
                **held("RolePolicyList", role),
            }
            for name, role in sorted(iam.roles.items())
        ],
        "Policies": [
            {
                "Arn": policy.arn,
                "PolicyName": policy.name,
                "PolicyVersionList": [{"IsDefaultVersion": True, "Document": policy.document}],
            }
            for _, policy in sorted(iam.policies.items())
        ],
    }


def held(inline: str, who: Any) -> dict[str, Any]:
    """Return the policies of a group or a role."""
    return {
        inline: [{"PolicyName": name, "PolicyDocument": each} for name, each in sorted(who.inline.items())],
        "AttachedManagedPolicies": [{"PolicyArn": arn} for arn in sorted(who.policies)],
    }


def text(here: Account) -> str:
    """Return the details of an account as JSON; what is not known before it is made is left open."""
    return json.dumps(details(here), sort_keys=True, default=lambda each: f"unknown-{type(each).__name__.lower()}")


def digest(here: Account) -> str:
    """Return a digest of a manifest's policies; AWS's own change without it, and those of a pipeline with each kind."""
    policies = here.iam.policies.items()
    own = {name: each for name, each in policies if here.inside in each.arn and "policy/acme-ci-" not in each.arn}
    kept = replace(here, iam=replace(here.iam, policies=own))
    return hashlib.sha256(text(kept).encode()).hexdigest()[:16]


def asked(python: str, accounts: Mapping[str, Account]) -> dict[str, Any]:
    """Return what PMapper finds in each account."""
    handed = json.dumps({name: json.loads(text(here)) for name, here in accounts.items()})
    run = subprocess.run([python, RUNNER], input=handed, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def write(python: str, accounts: Mapping[str, Account]) -> None:
    """Ask PMapper, and write what it found."""
    found = asked(python, accounts)
    for name, here in accounts.items():
        found[name]["digest"] = digest(here)
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def main(arguments: Iterable[str]) -> None:
    from tests.policies.shipped import MANIFESTS
    from tests.policies.test_graph import shipped

    (python,) = arguments
    write(python, {manifest.stem: shipped(manifest) for manifest in MANIFESTS if shipped(manifest).iam.groups})


if __name__ == "__main__":
    main(sys.argv[1:])
