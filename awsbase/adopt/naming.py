"""What an account is called: by the manifest that has made something in it, by its alias, or by its id."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from awsbase.engine.facts import Facts
from awsbase.engine.refusals import is_refusal
from awsbase.engine.scope import Scope
from awsbase.facts import tags
from awsbase.facts.ownership import of_iam

LONGEST = 32


def name_of(facts: Facts, scope: Scope) -> str:
    """Return the name for a manifest of an account that nobody has named."""
    made = Counter(each[tags.CREATED_BY] for each in tagged(facts, scope) if tags.CREATED_BY in each)
    if made:
        return made.most_common(1)[0][0]
    return from_alias(alias(facts)) or f"account-{scope.account}"


def tagged(facts: Facts, scope: Scope) -> Iterator[Mapping[str, str]]:
    """Yield the tags of what awsbase has made or adopted, as far as they may be read."""
    yield from facts.read(tags.indexed, scope.home).values()
    yield from (has for _, has in of_iam(facts, scope))


def alias(facts: Facts) -> str:
    """Return the alias of the account; empty where there is none, or where it may not be read."""
    from botocore.exceptions import ClientError

    from awsbase.ensure.account_alias import account_alias

    try:
        return facts.read(account_alias) or ""
    except ClientError as error:
        if not is_refusal(error):
            raise
        return ""


def from_alias(text: str) -> str:
    """Return an alias as the name of an account; empty if nothing of it can be one."""
    words = re.sub(r"-+", "-", re.sub(r"[^a-z0-9]", "-", text.lower())).strip("-")
    name = words[:LONGEST].strip("-")
    return name if re.fullmatch(r"[a-z][a-z0-9-]+", name) else ""
