"""Service control policies as organizations have them, for the embedded AWS."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def policy(*statements: Document) -> Document:
    """Return a service control policy of these statements."""
    return {"Version": "2012-10-17", "Statement": [{"Resource": "*", **statement} for statement in statements]}


def regions(*open_ones: str, also: str = "") -> Document:
    """Return AWS's sample that closes regions, and spares these actions too.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html
    """
    spared = """
        a4b:* acm:* aws-marketplace-management:* aws-marketplace:* aws-portal:* budgets:* ce:* chime:* cloudfront:*
        config:* cur:* directconnect:* ec2:DescribeRegions ec2:DescribeTransitGateways ec2:DescribeVpnGateways fms:*
        globalaccelerator:* health:* iam:* importexport:* kms:* mobileanalytics:* networkmanager:* organizations:*
        pricing:* route53:* route53domains:* s3:GetAccountPublic* s3:ListAllMyBuckets s3:PutAccountPublic* shield:*
        sts:* support:* trustedadvisor:* waf-regional:* waf:* wafv2:* wellarchitected:*
    """
    condition = {
        "StringNotEquals": {"aws:RequestedRegion": list(open_ones)},
        "ArnNotLike": {"aws:PrincipalARN": ["arn:aws:iam::*:role/Spared"]},
    }
    return policy({"Sid": "Regions", "Effect": "Deny", "NotAction": f"{spared} {also}".split(), "Condition": condition})


CREATED = ("s3:CreateBucket", "kms:CreateKey", "iam:CreateRole", "iam:CreatePolicy", "sns:CreateTopic")
TAGS = policy({"Effect": "Deny", "Action": [*CREATED], "Condition": {"Null": {"aws:RequestTag/business_unit": "true"}}})
# The control AWS-GR_CONFIG_CHANGE_PROHIBITED of AWS Control Tower.
CONTROL_TOWER = policy(
    {
        "Sid": "GRCONFIGENABLED",
        "Effect": "Deny",
        "Action": [
            "config:DeleteConfigurationRecorder",
            "config:DeleteDeliveryChannel",
            "config:DeleteRetentionConfiguration",
            "config:PutConfigurationRecorder",
            "config:PutDeliveryChannel",
            "config:PutRetentionConfiguration",
            "config:StopConfigurationRecorder",
        ],
        "Condition": {"ArnNotLike": {"aws:PrincipalARN": "arn:aws:iam::*:role/AWSControlTowerExecution"}},
    }
)
