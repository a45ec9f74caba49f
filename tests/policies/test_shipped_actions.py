"""Every action and condition key of a shipped policy exists: AWS's reference has it, or botocore calls it.

Both are incomplete, so the union counts. A Deny is never made smaller because a list lacks an action: what neither
knows stands in `REAL`, with where AWS names it.
"""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.policies.action_data import known, operations
from tests.policies.shipped import actions, keys, shipped

REAL: dict[str, str] = {}
# Claims of the tokens of a pipeline, which are no keys of a service.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
CLAIMS = {f"token.actions.githubusercontent.com:{claim}" for claim in ("aud", "repository_id", "sub")}


@cache
def exists(action: str) -> bool:
    """Tell whether an action is one of AWS's, or a pattern that at least one of them fits."""
    service, _, name = action.lower().partition(":")
    pattern = re.compile(re.escape(name).replace(r"\*", ".*").replace(r"\?", "."))
    return action == "*" or any(
        pattern.fullmatch(each) for source in (known()[0].get(service, ()), operations(service)) for each in source
    )


def has_key(key: str) -> bool:
    """Tell whether a service or a token has a condition key; those of `aws:` are no service's."""
    service, _, name = key.partition(":")
    names = known()[1].get(service, frozenset())
    whole = key.lower()
    return (
        service == "aws"
        or key in CLAIMS
        or (bool(name) and any(whole == each or (each[-1:] in ":/" and whole.startswith(each)) for each in names))
    )


def test_every_action_exists() -> None:
    unknown = {
        (action, where)
        for where, statement in shipped()
        for action in actions(statement)
        if not exists(action) and not (statement["Effect"] == "Deny" and action in REAL)
    }
    assert unknown == set()


def test_every_condition_key_exists() -> None:
    assert {(key, where) for where, statement in shipped() for key in keys(statement) if not has_key(key)} == set()


@pytest.mark.parametrize(
    ("action", "there"),
    [
        ("s3:GetObject", True),
        ("S3:getobject", True),
        ("s3:GetBucket*", True),
        ("logs:GetLogObject", True),
        ("signin:AuthorizeOAuth2Access", True),
        ("s3:GetObjects", False),
        ("s3:Look*", False),
        ("nowhere:*", False),
    ],
)
def test_an_action_is_known_by_either_list(action: str, there: bool) -> None:
    assert exists(action) is there
