"""What cloudsplaining (BSD-3-Clause) finds in the curated policies.

To scan again, in an environment that has cloudsplaining too: `python -m tests.policies.findings`. It writes
`findings.json`, with its version and a digest of each document: a test fails when a document has changed since.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from awsbase.policies import TEMPLATES, curated, minified, render
from tests.policies.test_curated import VALUES

FILE = Path(__file__).with_name("findings.json")


def documents() -> dict[str, dict[str, Any]]:
    """Return the curated documents as an account gets them."""
    return {name: render(name, VALUES) for name in (*curated(), *TEMPLATES)}


def digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(minified(document).encode()).hexdigest()[:16]


def scanned(document: dict[str, Any]) -> dict[str, Any]:
    """Return what cloudsplaining finds in a document; of what changes something, the number is enough."""
    found = importlib.import_module("cloudsplaining.scan.policy_document").PolicyDocument(document)
    return {
        "digest": digest(document),
        "PrivilegeEscalation": sorted(each["type"] for each in found.allows_privilege_escalation),
        "CredentialsExposure": sorted(found.credentials_exposure),
        "DataExfiltration": sorted(found.allows_data_exfiltration_actions),
        "ResourceExposure": len(found.permissions_management_without_constraints),
        "InfrastructureModification": len(found.infrastructure_modification),
        "ServiceWildcard": sorted(found.service_wildcard),
    }


def main() -> None:
    """Scan the documents, and write what was found."""
    found = {name: scanned(document) for name, document in documents().items()}
    FILE.write_text(
        json.dumps({"cloudsplaining": version("cloudsplaining"), **found}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
