"""AWS's own managed policies: the read of all of IAM leaves their documents out."""

from __future__ import annotations

from awsbase.engine.facts import Facts
from awsbase.engine.permissions import Allow, allow
from awsbase.engine.refusals import is_refusal
from awsbase.engine.scope import Scope
from awsbase.policies.document import Document, parsed


def is_of_aws(arn: str) -> bool:
    """Tell whether a policy is AWS's own."""
    return arn.partition(":iam::")[2].startswith("aws:policy/")


def aws_policy(facts: Facts, arn: str) -> Document | None:
    """Return what one of AWS's policies says now; None when it is not there, or may not be read."""
    from botocore.exceptions import ClientError

    try:
        version = facts.aws.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = facts.aws.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity" and not is_refusal(error):
            raise
        return None
    return parsed(found["Document"])


def reading_aws_policies(scope: Scope) -> Allow:
    """Allow reading AWS's policies, which decides whether one that is taken away denied something."""
    return allow("iam", "GetPolicy", "GetPolicyVersion", on=(f"arn:{scope.partition}:iam::aws:policy/*",))
