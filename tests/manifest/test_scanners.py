"""A scanner knows each control by the text of its filter, and counts it only when an alarm watches its metric.

What Prowler 5 looks for at commit 3e000faa of https://github.com/prowler-cloud/prowler (Apache-2.0), in the checks of
`prowler/providers/aws/services/cloudwatch`: a source where it asks for one, and events that each must stand whole in
one filter. Its way of comparing is that of `lib/metric_filters.py` there: a regular expression over the whole pattern.
"""

from __future__ import annotations

import re

import pytest

from awsbase.manifest.security_alarms import published

EVENT, SOURCE = r"(?=.*\$\.eventName\s*=\s*.?{}\b)", r"(?=.*\$\.eventSource\s*=\s*.?{})"
# By control: the service that the filter must name, if any, and the events that it must name.
LOOKED_FOR = {
    "iam-changes": (
        None,
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy CreatePolicy "
        "DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy "
        "DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
    ),
    "trail-changes": (None, "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
    "key-loss": ("kms", "DisableKey ScheduleKeyDeletion"),
    "bucket-policies": (
        "s3",
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy "
        "DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
    ),
    "config-changes": (
        "config",
        "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
    ),
    "security-groups": (
        None,
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
        "RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup",
    ),
    "network-acls": (
        None,
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry "
        "ReplaceNetworkAclAssociation",
    ),
    "gateways": (
        None,
        "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway "
        "DeleteInternetGateway DetachInternetGateway",
    ),
    "route-tables": (
        "ec2",
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute "
        "DisassociateRouteTable",
    ),
    "vpcs": (
        None,
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection "
        "DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc "
        "DisableVpcClassicLink EnableVpcClassicLink",
    ),
    "organization": (
        "organizations",
        "AcceptHandshake AttachPolicy CancelHandshake CreateAccount CreateOrganization CreateOrganizationalUnit "
        "CreatePolicy DeclineHandshake DeleteOrganization DeleteOrganizationalUnit DeletePolicy EnableAllFeatures "
        "EnablePolicyType InviteAccountToOrganization LeaveOrganization DetachPolicy DisablePolicyType MoveAccount "
        "RemoveAccountFromOrganization UpdateOrganizationalUnit UpdatePolicy",
    ),
}
# The four that it looks for in other words.
IN_OTHER_WORDS = {
    "unauthorized-calls": r"\$\.errorCode\s*=\s*.?\*UnauthorizedOperation.+\$\.errorCode\s*=\s*.?AccessDenied\*.?",
    "console-without-mfa": EVENT.format("ConsoleLogin") + r"(?=.*\$\.additionalEventData\.MFAUsed\s*!=\s*.?Yes)",
    "root-use": r"\$\.userIdentity\.type\s*=\s*.?Root.+\$\.userIdentity\.invokedBy NOT EXISTS.+"
    r"\$\.eventType\s*!=\s*.?AwsServiceEvent.?",
    "console-failures": EVENT.format("ConsoleLogin") + r"(?=.*\$\.errorMessage\s*=\s*.?Failed\ authentication)",
}


def expression(service: str | None, events: str) -> str:
    """Build what the scanner searches for."""
    source = SOURCE.format(re.escape(f"{service}.amazonaws.com")) if service else ""
    return source + "".join(EVENT.format(event) for event in events.split())


SEARCHES = {**{name: expression(*each) for name, each in LOOKED_FOR.items()}, **IN_OTHER_WORDS}


@pytest.mark.parametrize("control", SEARCHES)
def test_scanner_knows_the_control_by_its_first_filter_alone(control: str) -> None:
    known = [
        name for name, each in published().items() if re.search(SEARCHES[control], each.patterns[0], flags=re.DOTALL)
    ]
    assert known == [control]


def test_every_control_of_cis_is_looked_for() -> None:
    assert {name for name, each in published().items() if each.cis} == SEARCHES.keys()
    assert sorted(each.cis for each in published().values() if each.cis) == sorted(f"4.{n}" for n in range(1, 16))
