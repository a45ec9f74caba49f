"""Policies, groups, users and roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from awsbase.userdata import login, login_fault
from tests.manifest.generated.texts import (
    COMMENT,
    IAM_NAME,
    KEY,
    LATIN,
    LIKE_AN_ARN,
    LONG_IAM_NAME,
    PATH,
    POLICY_PATH,
    TAGS,
    YES_OR_NO,
    Home,
    Strategy,
    by_name,
    one_to_iam,
    part,
    several,
)

STATEMENT = part(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": several(st.sampled_from(["s3:GetObject", "ec2:Describe*", "iam:GetUser", "*"]), 1),
        "Resource": st.sampled_from(["*", ["arn:*:s3:::acme-site/*", "*"]]),
    },
    Condition=st.just({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/${aws:PrincipalTag/team}"}}),
)
STATEMENTS = st.lists(STATEMENT, min_size=1, max_size=2)
CURATED = ["administrator", "power-user", "protect-audit", "read-only", "require-mfa", "self-service"]
OWN_POLICY = part({"statements": STATEMENTS}, description=LATIN, path=POLICY_PATH) | part(
    {"file": st.just("policies/deploy.json")}, description=LATIN, path=POLICY_PATH
)
PASSWORDS = part(
    minimum_length=st.integers(6, 128),
    reuse_prevention=st.integers(0, 24),
    lowercase=YES_OR_NO,
    uppercase=YES_OR_NO,
    numbers=YES_OR_NO,
    symbols=YES_OR_NO,
    max_age_days=st.integers(0, 1095),
    hard_expiry=YES_OR_NO,
    users_may_change=YES_OR_NO,
)


@st.composite
def iam(draw: st.DrawFn, home: Home) -> dict[str, Any]:
    """Draw users, groups, roles and their policies."""
    free, long = (names.filter(lambda name: not home.makes(name)) for names in (IAM_NAME, LONG_IAM_NAME))
    policies = draw(by_name(long, OWN_POLICY, 2))
    managed = [f"arn:{home.partition}:iam::aws:policy/SecurityAudit", "aws:ReadOnlyAccess", "aws:job-function/Billing"]
    grant = st.sampled_from([*managed, *(f"awsbase:{name}" for name in CURATED), *policies])
    groups = draw(by_name(long, part(policies=several(grant), path=PATH, people=YES_OR_NO)))
    users = draw(by_name(free, user(home, groups)))
    remove_conflicts(users)
    # A policy for secret readers has their name, so no group and role have names that differ only in case.
    roles = draw(
        by_name(
            free.filter(lambda name: name.lower() not in {each.lower() for each in groups}), role(home, grant, users), 2
        )
    )
    return {
        **draw(part(password_policy=PASSWORDS)),
        "policies": policies,
        "groups": groups,
        "users": users,
        "roles": roles,
    }


@st.composite
def user(draw: st.DrawFn, home: Home, groups: Mapping[str, Any]) -> dict[str, Any]:
    """Draw a user in groups of the manifest, or an absent user."""
    if draw(st.integers(0, 9)) == 9:
        return {"state": "absent"}
    tags = TAGS.filter(lambda tags: not one_to_iam({**home.tags, **tags}))
    names = [*groups, f"{home.name}-people"]
    drawn: dict[str, Any] = draw(
        part(
            groups=several(st.sampled_from(names)),
            console=YES_OR_NO,
            mfa=st.sampled_from(["required", "optional"])
            | part({"provision": st.just(True)}, seed_to=st.just("secret:{name}/{user}/seed")),
            tags=tags,
            ssh_keys=several(keys(), most=2),
            path=PATH,
            state=st.just("present"),
        )
    )
    joined = drawn.get("groups")
    # Machine users have no console password.
    if joined and not any(groups.get(name, {}).get("people", True) for name in joined):
        drawn.pop("console", None)
    return drawn


@st.composite
def keys(draw: st.DrawFn) -> str:
    """Draw a public key, several with a comment between them, or a file."""
    several_keys = st.lists(KEY | COMMENT.map("# {}".format), max_size=1)
    return draw(st.just("keys/alice.pub") | st.builds(lambda key, more: "\n".join([*more, key]), KEY, several_keys))


def remove_conflicts(users: Mapping[str, dict[str, Any]]) -> None:
    """Remove settings that a user's name makes invalid: a login in use, a secret that looks like an ARN."""
    logins: set[str] = set()
    for name, one in users.items():
        if one.get("ssh_keys") and (login_fault(name) or login(name) in logins):
            del one["ssh_keys"]
        if one.get("ssh_keys"):
            logins.add(login(name))
        if isinstance(one.get("mfa"), dict) and ("," in name or LIKE_AN_ARN.search(name)):
            del one["mfa"]


def role(home: Home, grant: Strategy, users: Mapping[str, dict[str, Any]]) -> Strategy:
    """Draw a role for services, accounts, or users of the manifest."""
    here = [
        home.arn("iam", f"user{one.get('path', '/')}{name}", region=False)
        for name, one in users.items()
        # A path with a star would match several users.
        if one.get("state") != "absent" and "*" not in one.get("path", "/")
    ]
    assumed = st.sampled_from(here or [home.arn("iam", "root", region=False)]).map(
        lambda arn: {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
    )
    web = st.just(
        {
            "Effect": "Allow",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
        }
    )
    trust = part(
        services=several(st.sampled_from(["ec2.amazonaws.com", "lambda.amazonaws.com"])),
        accounts=several(st.sampled_from(["{id}", "210987654321"])),
        mfa=YES_OR_NO,
        statements=several(assumed | web, most=2),
    ).filter(lambda trust: any(trust.get(key) for key in ("services", "accounts", "statements")))
    return part(
        {"trust": trust},
        policies=several(grant),
        inline=st.dictionaries(LONG_IAM_NAME, STATEMENTS, max_size=2),
        description=LATIN,
        max_session=st.integers(3600, 43200),
        boundary=grant,
        path=PATH,
        tags=TAGS.filter(lambda tags: not one_to_iam({**home.tags, **tags})),
    )


def readers(home: Home, iam: Mapping[str, Any]) -> Sequence[str]:
    """Return the groups and roles that can be readers of secrets: their policies have their names."""
    longest = 128 - len(f"{home.name}-secrets-")
    return [
        name
        for kind in ("groups", "roles")
        for name, one in iam.get(kind, {}).items()
        if len(name) <= longest and "awsbase:read-only" not in [*one.get("policies", ()), one.get("boundary")]
    ]
