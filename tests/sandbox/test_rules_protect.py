"""The sandbox's account-wide switches answer and refuse as AWS's do."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(pages=2)


@pytest.fixture
def ec2(sandbox: Sandbox) -> Any:
    return sandbox.client("ec2", "eu-west-1")


@pytest.mark.parametrize(
    ("service", "method", "params", "code"),
    [
        ("ec2", "enable_snapshot_block_public_access", {"State": "block-everything"}, "InvalidParameterValue"),
        ("ec2", "enable_snapshot_block_public_access", {"State": "unblocked"}, "InvalidParameterValue"),
        (
            "ec2",
            "enable_image_block_public_access",
            {"ImageBlockPublicAccessState": "block-all-sharing"},
            "InvalidParameterValue",
        ),
        ("ec2", "modify_instance_metadata_defaults", {"HttpTokens": "always"}, "InvalidParameterValue"),
        ("ec2", "modify_instance_metadata_defaults", {"HttpPutResponseHopLimit": 65}, "InvalidParameterValue"),
        ("ec2", "modify_ebs_default_kms_key_id", {"KmsKeyId": "alias/nobodys"}, "InvalidKmsKey.NotFound"),
        ("accessanalyzer", "create_analyzer", {"analyzerName": "1st", "type": "ACCOUNT"}, "ValidationException"),
        ("accessanalyzer", "create_analyzer", {"analyzerName": "a", "type": "WORLD"}, "ValidationException"),
        ("accessanalyzer", "create_analyzer", {"analyzerName": "a" * 256, "type": "ACCOUNT"}, "ValidationException"),
        ("accessanalyzer", "create_analyzer", {"analyzerName": "a", "type": "ORGANIZATION"}, "ValidationException"),
        ("accessanalyzer", "delete_analyzer", {"analyzerName": "nobodys"}, "ResourceNotFoundException"),
        ("accessanalyzer", "tag_resource", {"resourceArn": "arn:x", "tags": {}}, "ResourceNotFoundException"),
        ("account", "get_alternate_contact", {"AlternateContactType": "SECURITY"}, "ResourceNotFoundException"),
        ("account", "get_alternate_contact", {"AlternateContactType": "LEGAL"}, "ValidationException"),
        ("iam", "list_organizations_features", {}, "OrganizationNotFoundException"),
    ],
)
def test_what_aws_refuses_is_refused(
    sandbox: Sandbox, service: str, method: str, params: dict[str, Any], code: str
) -> None:
    assert refused(getattr(sandbox.client(service, "eu-west-1"), method), **params) == code


def test_what_was_chosen_holds_in_its_region_alone(sandbox: Sandbox, ec2: Any) -> None:
    untouched = sandbox.snapshot()
    ec2.enable_ebs_encryption_by_default()
    ec2.enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")
    ec2.enable_snapshot_block_public_access(State="block-new-sharing")
    elsewhere = sandbox.client("ec2", "us-east-1")
    assert not elsewhere.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    assert elsewhere.get_image_block_public_access_state()["ImageBlockPublicAccessState"] == "unblocked"
    assert elsewhere.get_snapshot_block_public_access_state()["State"] == "unblocked"
    assert ec2.get_ebs_encryption_by_default() | {"ResponseMetadata": None} == {
        "EbsEncryptionByDefault": True,
        "SseType": "sse-ebs",
        "ResponseMetadata": None,
    }

    assert sandbox.snapshot() != untouched
    ec2.disable_ebs_encryption_by_default()
    ec2.disable_image_block_public_access()
    ec2.disable_snapshot_block_public_access()
    assert sandbox.snapshot() == untouched


def test_metadata_defaults_change_one_by_one_and_go_back_to_no_preference(ec2: Any) -> None:
    def told() -> dict[str, Any]:
        held: dict[str, Any] = ec2.get_instance_metadata_defaults()["AccountLevel"]
        return held

    assert told() == {"ManagedBy": "account"}
    ec2.modify_instance_metadata_defaults(HttpTokens="required")
    ec2.modify_instance_metadata_defaults(HttpPutResponseHopLimit=2)
    assert told() == {"HttpTokens": "required", "HttpPutResponseHopLimit": 2, "ManagedBy": "account"}
    ec2.modify_instance_metadata_defaults(HttpTokens="no-preference", HttpPutResponseHopLimit=-1)
    assert told() == {"ManagedBy": "account"}


def test_volumes_take_a_key_of_their_region_that_works(sandbox: Sandbox, ec2: Any) -> None:
    kms = sandbox.client("kms", "eu-west-1")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    far = sandbox.client("kms", "us-east-1").create_key()["KeyMetadata"]["Arn"]
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == key
    assert refused(ec2.modify_ebs_default_kms_key_id, KmsKeyId=far) == "InvalidKmsKey.NotFound"
    kms.disable_key(KeyId=key)
    assert refused(ec2.modify_ebs_default_kms_key_id, KmsKeyId=key) == "InvalidKmsKey.InvalidState"
    ec2.reset_ebs_default_kms_key_id()
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"


def test_there_is_one_analyzer_of_a_type_in_a_region(sandbox: Sandbox) -> None:
    analyzer = sandbox.client("accessanalyzer", "eu-west-1")
    made = analyzer.create_analyzer(analyzerName="ours", type="ACCOUNT", clientToken="t", tags={"a": "b"})
    assert made["arn"] == "arn:aws:access-analyzer:eu-west-1:123456789012:analyzer/ours"
    again = analyzer.create_analyzer(analyzerName="ours", type="ACCOUNT", clientToken="t", tags={"a": "b"})
    assert again["arn"] == made["arn"]
    assert refused(analyzer.create_analyzer, analyzerName="ours", type="ACCOUNT") == "ConflictException"
    assert refused(analyzer.create_analyzer, analyzerName="x", type="ACCOUNT") == "ServiceQuotaExceededException"
    analyzer.create_analyzer(analyzerName="unused", type="ACCOUNT_UNUSED_ACCESS")
    (listed,) = analyzer.list_analyzers(type="ACCOUNT")["analyzers"]
    assert (listed["name"], listed["status"], listed["tags"]) == ("ours", "ACTIVE", {"a": "b"})
    assert sandbox.client("accessanalyzer", "us-east-1").list_analyzers()["analyzers"] == []


def test_regions_that_are_off_are_listed_only_when_all_are_asked_for_and_answer_nothing(sandbox: Sandbox) -> None:
    home = sandbox.client("ec2", "eu-west-1")
    on = {region["RegionName"]: region["OptInStatus"] for region in home.describe_regions()["Regions"]}
    everything = {
        region["RegionName"]: region["OptInStatus"] for region in home.describe_regions(AllRegions=True)["Regions"]
    }
    assert len(on) == 17
    assert set(on.values()) == {"opt-in-not-required"}
    assert everything["af-south-1"] == "not-opted-in"
    assert refused(sandbox.client("ec2", "af-south-1").describe_vpcs) == "AuthFailure"
    away = sandbox.client("accessanalyzer", "af-south-1")
    assert refused(away.list_analyzers) == "UnrecognizedClientException"

    sandbox.opted_in.add("af-south-1")
    everything = {
        region["RegionName"]: region["OptInStatus"] for region in home.describe_regions(AllRegions=True)["Regions"]
    }
    assert everything["af-south-1"] == "opted-in"
    assert refused(sandbox.client("ec2", "af-south-1").describe_vpcs) is None


def test_members_of_a_default_group_reach_one_another_until_somebody_says_otherwise(ec2: Any) -> None:
    named = [{"Name": "group-name", "Values": ["default"]}]
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    (rule,) = group["IpPermissions"]
    assert rule["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    assert group["IpPermissions"] == []


def test_bills_are_shown_to_iam_only_once_root_allows_it(sandbox: Sandbox) -> None:
    ask = {"AccountId": "123456789012"}
    assert refused(sandbox.client("budgets").describe_budgets, **ask) is None
    sandbox.bills_shown = False
    assert refused(sandbox.client("budgets").describe_budgets, **ask) == "AccessDeniedException"
    assert refused(sandbox.client("budgets", caller="root").describe_budgets, **ask) is None


@pytest.mark.parametrize(
    ("hardware", "serials"),
    [(False, ["arn:aws:iam::123456789012:mfa/root-account-mfa-device"]), (True, [])],
    ids=["app", "hardware"],
)
def test_only_an_app_of_root_is_in_the_list_of_devices(sandbox: Sandbox, hardware: bool, serials: list[str]) -> None:
    sandbox.root_mfa, sandbox.root_hardware = True, hardware
    iam = sandbox.client("iam")
    assert [device["SerialNumber"] for device in iam.list_virtual_mfa_devices()["VirtualMFADevices"]] == serials
    assert iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"] == []
    assert iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1
