"""Good manifests of all sorts: names with every character that AWS takes, words in every script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from hypothesis import strategies as st

NAME = st.text("ABCXYZabcxyz0189_+=,.@-", min_size=1, max_size=40)
LOWER = st.from_regex(r"[a-z][a-z0-9]{1,7}(-[a-z0-9]{1,5}){0,2}", fullmatch=True)
LETTERS = st.characters(categories=["Lu", "Ll", "Lo", "Nd"])
LABEL = st.text(LETTERS | st.sampled_from(" _.:/=+-@"), min_size=1, max_size=30).map(str.strip).filter(bool)
# S3 keeps what begins so for itself, and buckets are called after the account.
ACCOUNT = LOWER.filter(lambda name: not f"{name}-".startswith(("sthree-", "amzn-s3-demo-")))
EMAIL = st.from_regex(r"[a-z0-9._+-]{1,20}@[a-z0-9]{1,10}(\.[a-z]{2,6}){1,2}", fullmatch=True)
PATH = st.lists(st.from_regex(r"[!-.0-~]{1,10}", fullmatch=True).filter(lambda word: "{" not in word), max_size=3).map(
    lambda words: "/" + "".join(f"{word}/" for word in words)
)
TAGS = st.dictionaries(
    LABEL.filter(lambda key: not key.lower().startswith(("aws:", "awsbase:"))), LABEL, max_size=4
).filter(lambda tags: not one_to_iam(tags))
STATEMENT = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.lists(st.sampled_from(["s3:GetObject", "ec2:Describe*", "iam:GetUser"]), min_size=1, unique=True),
        "Resource": st.just("*"),
    }
)


class Quoted(yaml.SafeDumper):
    """Writes all text in quotes: 1e3 and 08 mean one thing to YAML 1.1, which PyYAML writes, and another to 1.2."""


Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def written(manifest: Mapping[str, Any]) -> str:
    """Write a manifest as YAML."""
    return yaml.dump(dict(manifest), Dumper=Quoted, sort_keys=False, allow_unicode=True)


def one_to_iam(keys: Mapping[str, str]) -> bool:
    """Tell whether IAM takes two of these keys for one."""
    return len({key.lower() for key in keys}) < len(keys)


@st.composite
def iam(draw: st.DrawFn, account: str, shared: Mapping[str, str]) -> dict[str, Any]:
    """Draw the iam section of an account of this name, whose tags are on everything."""
    # What awsbase makes itself is called so.
    free = NAME.filter(lambda name: not name.lower().startswith(("awsbase-", f"{account}-")))
    tags = TAGS.filter(lambda tags: not one_to_iam({**shared, **tags}))

    def by_name(values: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[dict[str, Any]]:
        """Draw a mapping whose names stay different when case does not count, as with IAM."""
        one_each = st.lists(free, max_size=most, unique_by=str.lower)
        return one_each.flatmap(lambda names: st.fixed_dictionaries(dict.fromkeys(names, values)))

    policies = draw(by_name(st.fixed_dictionaries({"statements": st.lists(STATEMENT, min_size=1, max_size=2)}), 2))
    grants = st.lists(st.sampled_from(["aws:ReadOnlyAccess", "awsbase:power-user", *policies]), max_size=2, unique=True)
    groups = draw(
        by_name(st.fixed_dictionaries({"policies": grants}, optional={"path": PATH, "people": st.booleans()}))
    )

    def sensible(user: dict[str, Any]) -> bool:
        """Tell whether this is a person, or at least does not sign in to the console."""
        joined = [groups[name] for name in user["groups"]]
        return not user.get("console") or not joined or any(group.get("people", True) for group in joined)

    member = st.lists(st.sampled_from(sorted(groups)), max_size=2, unique=True) if groups else st.just([])
    user = {"console": st.booleans(), "tags": tags, "mfa": st.sampled_from(["required", "optional"])}
    users = draw(by_name(st.fixed_dictionaries({"groups": member}, optional=user).filter(sensible)))
    role = {"trust": st.just({"services": ["ec2.amazonaws.com"]}), "policies": grants}
    roles = draw(
        by_name(st.fixed_dictionaries(role, optional={"tags": tags, "max_session": st.integers(3600, 43200)}), 2)
    )
    return {"policies": policies, "groups": groups, "users": users, "roles": roles}


@st.composite
def manifests(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a manifest that validates, and that the sandbox can make so."""
    name, tags = draw(ACCOUNT), draw(TAGS)
    channel = st.fixed_dictionaries({}, optional={"email": st.lists(EMAIL, max_size=2, unique_by=str.lower)})
    contact = st.fixed_dictionaries({"name": LABEL, "title": LABEL, "email": EMAIL, "phone": st.just("+1 555 0100")})
    optional: dict[str, st.SearchStrategy[Any]] = {
        "contacts": st.fixed_dictionaries({}, optional={"security": contact, "billing": contact}),
        "notify": st.dictionaries(LOWER.filter(lambda name: name not in ("security", "billing")), channel, max_size=2),
        "state": st.fixed_dictionaries({}, optional={"old_versions_days": st.integers(1, 3650)}),
        "audit": st.fixed_dictionaries({}, optional={"retention_days": st.sampled_from([1, 30, 365, 3653])}),
        "iam": iam(name, tags),
    }
    region = draw(st.sampled_from(["eu-west-1", "us-east-1"]))
    return {
        "version": 1,
        "account": {"id": "123456789012", "name": name, "region": region, "tags": tags},
        **draw(st.fixed_dictionaries({}, optional=optional)),
    }
