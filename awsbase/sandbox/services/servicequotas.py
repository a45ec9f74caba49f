"""Service Quotas: how many of something an account takes, as far as awsbase asks."""

from typing import Any

from awsbase.sandbox.authorization.permissions import own, table
from awsbase.sandbox.service import Codes, Request, Rule, Service
from awsbase.sandbox.wire import Refusal

# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
DEFAULTS = {
    ("vpc", "L-F678F1CE"): ("VPCs per Region", 5),
    ("vpc", "L-A4707A72"): ("Internet gateways per Region", 5),
    ("vpc", "L-E79EC296"): ("VPC security groups per Region", 2500),
    ("vpc", "L-0EA8095F"): ("Inbound or outbound rules per security group", 60),
    ("vpc", "L-2AFB9258"): ("Security groups per network interface", 5),
    ("vpc", "L-407747CB"): ("Subnets per VPC", 200),
    ("vpc", "L-589F43AA"): ("Route tables per VPC", 200),
    ("vpc", "L-1B52E74A"): ("Gateway VPC endpoints per Region", 20),
    ("ec2", "L-0263D0A3"): ("EC2-VPC Elastic IPs", 5),
}


def quota(request: Request) -> dict[str, Any]:
    """Answer with AWS's usual quota; raises Refusal with NoSuchResourceException for any other.

    https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
    """
    service, code = request.params["ServiceCode"], request.params["QuotaCode"]
    if (service, code) not in DEFAULTS:
        raise Refusal("NoSuchResourceException", "The request failed because the specified service does not exist.")
    name, value = DEFAULTS[service, code]
    held = {"ServiceCode": service, "QuotaCode": code, "QuotaName": name, "Value": float(value), "Adjustable": True}
    return {"Quota": held}


SERVICE = Service(
    "service-quotas",
    rules=(Rule("service-quotas:GetServiceQuota", before=quota, strict=False),),
    calls=table({"GetServiceQuota": [own()]}),
    codes=Codes(invalid="IllegalArgumentException"),
    prefix="servicequotas",
)
