"""Each finding of cloudsplaining in a curated policy has a row that answers it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policies.findings import FILE, digest, documents

FOUND: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
ALL = "it administers: this is what it is for"
BUILDS = "it builds everything; state, trail, alarms, keys and secrets that awsbase made are denied"
TAKES_OVER = "whoever builds can change what runs with a role; SECURITY.md says to keep such roles weak"
EPHEMERAL = "credentials of one service, for what the same person builds there"
OWN = "a session of one's own, which allows no more than the caller"
PARAMETERS = "parameters of the systems that it builds; secrets belong into Secrets Manager"
METADATA = "it reads a policy that grants access to billing views, and changes nothing"
PRICES = "prices are public"
# By policy, kind of finding, and what was found; * answers all of a kind.
ROWS = {
    ("administrator", "PrivilegeEscalation", "*"): ALL,
    ("administrator", "CredentialsExposure", "*"): ALL,
    ("administrator", "DataExfiltration", "*"): ALL,
    ("administrator", "ResourceExposure", "*"): ALL,
    ("administrator", "InfrastructureModification", "*"): ALL,
    ("administrator", "ServiceWildcard", "*"): ALL,
    ("power-user", "PrivilegeEscalation", "AccessExistingBedrockCodeInterpreterSession"): TAKES_OVER,
    ("power-user", "PrivilegeEscalation", "CreatePresignedSageMakerNotebookUrl"): TAKES_OVER,
    ("power-user", "PrivilegeEscalation", "EC2InstanceConnectSendSSHPublicKey"): TAKES_OVER,
    ("power-user", "PrivilegeEscalation", "ECSExecuteCommandOnRunningTask"): TAKES_OVER,
    ("power-user", "PrivilegeEscalation", "EditExistingLambdaFunctionWithRole"): TAKES_OVER,
    ("power-user", "PrivilegeEscalation", "ExecuteCloudFormationChangeSet"): TAKES_OVER,
    ("power-user", "PrivilegeEscalation", "ModifyEC2InstanceUserDataThenRestart"): TAKES_OVER,
    ("power-user", "PrivilegeEscalation", "ModifyExistingEC2LaunchTemplate"): TAKES_OVER,
    ("power-user", "PrivilegeEscalation", "UpdateAndInvokeLambdaFunction"): TAKES_OVER,
    ("power-user", "PrivilegeEscalation", "UpdateExistingGlueDevEndpoint"): TAKES_OVER,
    ("power-user", "PrivilegeEscalation", "UpdateLambdaFunctionAndAddPermission"): TAKES_OVER,
    ("power-user", "PrivilegeEscalation", "UpdateSageMakerNotebookLifecycleConfig"): TAKES_OVER,
    ("power-user", "CredentialsExposure", "sts:GetFederationToken"): OWN,
    ("power-user", "CredentialsExposure", "sts:GetSessionToken"): OWN,
    ("power-user", "CredentialsExposure", "*"): EPHEMERAL,
    ("power-user", "DataExfiltration", "ssm:GetParameter"): PARAMETERS,
    ("power-user", "DataExfiltration", "ssm:GetParameters"): PARAMETERS,
    ("power-user", "DataExfiltration", "ssm:GetParametersByPath"): PARAMETERS,
    ("power-user", "ResourceExposure", "*"): BUILDS,
    ("power-user", "InfrastructureModification", "*"): BUILDS,
    ("read-only", "ResourceExposure", "*"): METADATA,
    ("read-only", "InfrastructureModification", "*"): METADATA,
    ("read-only", "ServiceWildcard", "pricing"): PRICES,
}


def findings() -> list[tuple[str, str, str]]:
    """Return each finding: the policy, the kind, and what; a number stands for all of its kind."""
    return [
        (policy, kind, what)
        for policy, kinds in FOUND.items()
        if isinstance(kinds, dict)
        for kind, found in kinds.items()
        if kind != "digest" and found
        for what in (found if isinstance(found, list) else ["*"])
    ]


def test_every_finding_has_a_row_and_every_row_a_finding() -> None:
    found = findings()
    unanswered = [each for each in found if each not in ROWS and (*each[:2], "*") not in ROWS]
    assert unanswered == []
    kinds = {each[:2] for each in found}
    assert [row for row in ROWS if row not in found and not (row[2] == "*" and row[:2] in kinds)] == []


@pytest.mark.parametrize("name", documents())
def test_document_is_the_one_that_was_scanned(name: str) -> None:
    assert FOUND[name]["digest"] == digest(documents()[name]), "scan it again: python -m tests.policies.findings"


@pytest.mark.parametrize("kind", ["PrivilegeEscalation", "CredentialsExposure", "DataExfiltration"])
def test_only_those_who_build_are_found_to_be_able_to_escalate(kind: str) -> None:
    assert {policy for policy, found, _ in findings() if found == kind} == {"administrator", "power-user"}
