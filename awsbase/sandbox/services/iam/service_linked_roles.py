"""Roles that belong to a service: IAM names them by its own spelling, where moto writes small, and has each once."""

import json
from typing import Any

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

NAMES = {"config.amazonaws.com": "AWSServiceRoleForConfig"}


def create(request: Request) -> dict[str, Any] | None:
    """Make the role of a service, unless it is there; of services whose spelling is not known, leave it to moto.

    Raises Refusal with InvalidInput.

    Recorded: LocalStack, test_service_role_already_exists and test_service_role_lifecycle_custom_suffix_not_allowed.
    """
    iam, service = request.backend("iam", "aws"), request.params["AWSServiceName"]
    if service in NAMES and request.params.get("CustomSuffix"):
        raise Refusal("InvalidInput", f"Custom suffix is not allowed for {service}")
    path = f"/aws-service-role/{service}/"
    if taken := next((role.name for role in iam.roles.values() if role.path == path), None):
        message = f"Service role name {taken} has been taken in this account, please try a different suffix."
        raise Refusal("InvalidInput", message)
    if service not in NAMES:
        return None
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    role = iam.create_role(NAMES[service], json.dumps(trust), path, None, "", [], "3600", linked_service=service)
    return {
        "Role": {
            "Path": path,
            "RoleName": role.name,
            "RoleId": role.id,
            "Arn": role.arn,
            "CreateDate": role.create_date,
            "AssumeRolePolicyDocument": json.dumps(trust),
        }
    }


RULES = (Rule("iam:CreateServiceLinkedRole", before=create, strict=False),)
