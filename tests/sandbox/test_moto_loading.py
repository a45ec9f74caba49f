"""What moto makes late is the same as if made at once, and an account sees nothing of another's."""

from __future__ import annotations

import gc
from weakref import ref

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_types_of_instance_are_offered_with_their_kind_of_place() -> None:
    ec2 = Sandbox().client("ec2", "eu-west-1")
    found = ec2.describe_instance_type_offerings(Filters=[{"Name": "instance-type", "Values": ["t3.micro"]}])
    assert found["InstanceTypeOfferings"] == [
        {"InstanceType": "t3.micro", "LocationType": "region", "Location": "eu-west-1"}
    ]
    zone = {"Name": "location", "Values": ["eu-west-1b"]}
    found = ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=[zone])
    assert {offered["LocationType"] for offered in found["InstanceTypeOfferings"]} == {"availability-zone"}


def test_a_key_signs_with_one_pair_for_all_its_life() -> None:
    kms = Sandbox().client("kms")
    key = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["KeyId"]
    public = kms.get_public_key(KeyId=key)["PublicKey"]
    how = {"KeyId": key, "Message": b"some", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
    signature = kms.sign(**how)["Signature"]
    assert kms.verify(**how, Signature=signature)["SignatureValid"]
    assert kms.get_public_key(KeyId=key)["PublicKey"] == public
    other = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["KeyId"]
    assert kms.get_public_key(KeyId=other)["PublicKey"] != public


def test_nothing_keeps_the_networks_of_an_account_that_nobody_uses_any_more() -> None:
    sandbox = Sandbox()
    ec2 = sandbox.client("ec2", "eu-west-1")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/28")["Subnet"]["SubnetId"]
    ec2.create_network_interface(SubnetId=subnet)
    held = ref(sandbox.backend("ec2", "eu-west-1"))
    del sandbox, ec2
    Sandbox().client("ec2", "eu-west-1").describe_vpcs()  # takes the place of the other one in moto
    gc.collect()
    assert held() is None


def test_an_account_counts_its_own_attachments_of_awss_policies() -> None:
    mine, others = Sandbox(), Sandbox()
    for sandbox in (mine, others):
        sandbox.client("iam").create_group(GroupName="ops")
    mine.client("iam").attach_group_policy(GroupName="ops", PolicyArn=ADMINISTRATOR)
    assert attachments(mine) == 1
    assert attachments(others) == 0
    mine.client("iam").detach_group_policy(GroupName="ops", PolicyArn=ADMINISTRATOR)
    assert attachments(mine) == 0
    assert refused(others.client("iam").detach_group_policy, GroupName="ops", PolicyArn=ADMINISTRATOR) == "NoSuchEntity"


def attachments(sandbox: Sandbox) -> int:
    """Return how often an account says that it has attached the policy."""
    count: int = sandbox.client("iam").get_policy(PolicyArn=ADMINISTRATOR)["Policy"]["AttachmentCount"]
    return count
