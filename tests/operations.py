"""Write which operations of AWS awsbase calls, from its source: `python -m tests.operations`."""

from __future__ import annotations

import json
from typing import Any

from awsbase.cut_models import OPERATIONS
from awsbase.models import whole_models
from tests.test_botocore_names import named

# What botocore calls by itself: for credentials, and to find out where a bucket is.
BY_BOTOCORE = {
    "s3": {"head_bucket"},
    "signin": {"create_oauth2_token"},
    "sso": {"get_role_credentials"},
    "sso-oidc": {"create_token"},
    "sts": {"assume_role", "assume_role_with_web_identity"},
}


def operations() -> dict[str, Any]:
    """Return the methods that awsbase calls of each service, and the prefix of the service's endpoints."""
    methods: dict[str, set[str]] = {service: set(names) for service, names in BY_BOTOCORE.items()}
    for service, kind, name in named():
        if kind != "waiter":
            methods.setdefault(service, set()).add(name)
    return {
        service: {"prefix": prefix(service), "methods": sorted(names)} for service, names in sorted(methods.items())
    }


def prefix(service: str) -> str:
    """Return what the endpoints of a service begin with."""
    found: str = whole_models().load_service_model(service, "service-2")["metadata"]["endpointPrefix"]
    return found


if __name__ == "__main__":
    OPERATIONS.write_text(json.dumps(operations(), indent=1) + "\n")
