"""ECR and the data protection of log groups in the sandbox: what moto alone lets through, and AWS does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

REGION = "eu-west-1"
ABSENT = "arn:aws:iam::123456789012:role/absent"
EMAIL = "arn:aws:dataprotection::aws:data-identifier/EmailAddress"
AUDIT: dict[str, Any] = {"DataIdentifier": [EMAIL], "Operation": {"Audit": {"FindingsDestination": {}}}}
MASK: dict[str, Any] = {"DataIdentifier": [EMAIL], "Operation": {"Deidentify": {"MaskConfig": {}}}}


def rule(priority: int, status: str) -> dict[str, Any]:
    selection = {"tagStatus": status, "countType": "imageCountMoreThan", "countNumber": 9}
    return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}


def lifecycle(*rules: Mapping[str, Any]) -> dict[str, Any]:
    return {"repositoryName": "api", "lifecyclePolicyText": json.dumps({"rules": list(rules)})}


def scans(*frequencies: str) -> dict[str, Any]:
    filters = [{"filter": "*", "filterType": "WILDCARD"}]
    rules = [{"scanFrequency": each, "repositoryFilters": filters} for each in frequencies]
    return {"scanType": "BASIC", "rules": rules}


def policy(principal: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "ecr:BatchGetImage"}
    return {
        "repositoryName": "api",
        "policyText": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("put_lifecycle_policy", lifecycle(rule(1, "untagged"), rule(1, "any")), "InvalidParameterException"),
        ("put_lifecycle_policy", lifecycle(rule(1, "any"), rule(2, "untagged")), "InvalidParameterException"),
        ("put_lifecycle_policy", lifecycle(rule(1, "untagged"), rule(2, "untagged")), "InvalidParameterException"),
        ("put_registry_scanning_configuration", scans("SCAN_ON_PUSH", "SCAN_ON_PUSH"), "InvalidParameterException"),
        ("put_registry_scanning_configuration", scans("CONTINUOUS_SCAN"), "InvalidParameterException"),
        ("set_repository_policy", policy(ABSENT), "InvalidParameterException"),
    ],
)
def test_mistakes_about_repositories_that_moto_lets_through(method: str, params: dict[str, Any], code: str) -> None:
    for strict in (False, True):
        ecr = Sandbox(strict=strict).client("ecr", REGION)
        ecr.create_repository(repositoryName="api")
        assert refused(getattr(ecr, method), **params) == (code if strict else None)


def test_what_ecr_takes_is_taken() -> None:
    ecr = Sandbox().client("ecr", REGION)
    ecr.create_repository(repositoryName="api")
    ecr.put_lifecycle_policy(**lifecycle(rule(2, "any"), rule(1, "untagged")))
    ecr.put_registry_scanning_configuration(**scans("SCAN_ON_PUSH"))
    ecr.set_repository_policy(**policy("arn:aws:iam::210987654321:root"))
    assert refused(ecr.set_repository_policy, repositoryName="api", policyText="no policy") is not None


def masks(*statements: Mapping[str, Any], **more: Any) -> str:
    return json.dumps({"Name": "masks", "Version": "2021-06-01", "Statement": list(statements), **more})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (masks(AUDIT, MASK), None),
        (masks(MASK), "InvalidParameterException"),
        (masks(AUDIT, {**MASK, "DataIdentifier": [f"{EMAIL}s"]}), "InvalidParameterException"),
        (masks(*({**each, "DataIdentifier": ["EmailAddress"]} for each in (AUDIT, MASK))), "InvalidParameterException"),
        (masks(AUDIT, MASK, Version="2012-10-17"), "InvalidParameterException"),
        (masks(AUDIT, MASK, Description="x" * 30720), "LimitExceededException"),
        ("{", "InvalidParameterException"),
    ],
    ids=["in a pair", "no audit", "other data", "no ARN", "other version", "too long", "no JSON"],
)
def test_masks_come_with_an_audit_of_the_same_data(text: str, code: str | None) -> None:
    logs = Sandbox().client("logs", REGION)
    logs.create_log_group(logGroupName="app")
    assert refused(logs.put_data_protection_policy, logGroupIdentifier="app", policyDocument=text) == code
    found = logs.get_data_protection_policy(logGroupIdentifier="app")
    assert found.get("policyDocument") == (None if code else text)
    (group,) = logs.describe_log_groups()["logGroups"]
    assert group.get("dataProtectionStatus") == (None if code else "ACTIVATED")


@pytest.mark.parametrize(
    ("told", "code"), [("app", "InvalidParameterException"), ("none", "InvalidParameterException")]
)
def test_findings_go_to_another_log_group_that_is_there(told: str, code: str) -> None:
    logs = Sandbox().client("logs", REGION)
    for name in ("app", "findings"):
        logs.create_log_group(logGroupName=name)

    def text(group: str) -> str:
        audit = {"Audit": {"FindingsDestination": {"CloudWatchLogs": {"LogGroup": group}}}}
        return masks({**AUDIT, "Operation": audit}, MASK)

    put = logs.put_data_protection_policy
    assert refused(put, logGroupIdentifier="app", policyDocument=text(told)) == code
    assert refused(put, logGroupIdentifier="app", policyDocument=text("findings")) is None


def test_what_is_masked_by_nothing_cannot_be_unmasked() -> None:
    logs = Sandbox().client("logs", REGION)
    logs.create_log_group(logGroupName="app")
    absent = refused(logs.get_data_protection_policy, logGroupIdentifier="absent")
    assert (refused(logs.delete_data_protection_policy, logGroupIdentifier="app"), absent) == (
        "ResourceNotFoundException",
        "ResourceNotFoundException",
    )


@pytest.mark.parametrize(
    ("log_class", "method", "params", "code"),
    [
        ("DELIVERY", "put_retention_policy", {"logGroupName": "app", "retentionInDays": 7},
         "InvalidParameterException"),
        ("ESSENTIALS", "put_metric_filter", {
            "logGroupName": "app", "filterName": "all", "filterPattern": "",
            "metricTransformations": [{"metricName": "all", "metricNamespace": "App", "metricValue": "1"}],
        }, "InvalidOperationException"),
    ],
)  # fmt: skip
def test_classes_of_log_groups_that_moto_forgets(
    log_class: str, method: str, params: dict[str, Any], code: str
) -> None:
    for strict in (False, True):
        logs = Sandbox(strict=strict).client("logs", REGION)
        logs.create_log_group(logGroupName="app", logGroupClass=log_class)
        assert refused(getattr(logs, method), **params) == (code if strict else None)


def test_essentials_mask_nothing() -> None:
    logs = Sandbox().client("logs", REGION)
    logs.create_log_group(logGroupName="app", logGroupClass="ESSENTIALS")
    text = masks(AUDIT, MASK)
    put = logs.put_data_protection_policy
    assert refused(put, logGroupIdentifier="app", policyDocument=text) == "InvalidParameterException"


def test_a_log_group_can_be_protected_from_its_first_day() -> None:
    logs = Sandbox().client("logs", REGION)
    logs.create_log_group(logGroupName="app", deletionProtectionEnabled=True)
    assert refused(logs.delete_log_group, logGroupName="app") == "ValidationException"
