"""Say which names of client methods, paginators and waiters a botocore does not have.

It runs by itself, with the Python of any environment that has botocore: names come on stdin as a JSON list of
[service, kind, name], and those that are missing go to stdout in the same form.
"""

import json
import sys
from contextlib import suppress

from botocore import xform_name
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.session import get_session


def names(service: str) -> set[tuple[str, str]]:
    """Return the kind and name of all that a client of a service has."""
    session = get_session()
    try:
        model = session.get_service_model(service)
    except UnknownServiceError:
        return set()
    operations = {operation: xform_name(operation) for operation in model.operation_names}
    found = {("method", name) for name in operations.values()}
    with suppress(DataNotFoundError):
        pages = session.get_component("data_loader").load_service_model(service, "paginators-1")
        found |= {("paginator", operations[name]) for name in pages["pagination"]}
    with suppress(DataNotFoundError):
        found |= {("waiter", xform_name(name)) for name in session.get_waiter_model(service).waiter_names}
    return found


def missing(wanted: list[list[str]]) -> list[list[str]]:
    """Return those of the wanted names that this botocore does not have."""
    have = {service: names(service) for service in {service for service, _, _ in wanted}}
    return [[service, kind, name] for service, kind, name in wanted if (kind, name) not in have[service]]


if __name__ == "__main__":
    json.dump(missing(json.load(sys.stdin)), sys.stdout)
