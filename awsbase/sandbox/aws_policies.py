"""The 1,500 policies that AWS itself has made: all accounts share them, until one of them attaches a policy."""

import json
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

# Whose a policy is that no account has attached.
AWS = "aws"


class SharedPolicy(AWSManagedPolicy):  # type: ignore[misc]
    """Be a policy of AWS's own; an account that attaches it gets a copy, which counts its attachments."""

    @cached_property
    def arn(self) -> str:
        """Return the policy's ARN: moto asks each of them for it at most calls."""
        return f"arn:{self.partition}:iam::aws:policy{self.path}{self.name}"

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def attach_to(self, principal: Any) -> None:
        """Attach the principal's account's own copy."""
        if self.account_id != AWS:
            super().attach_to(principal)
            return
        iam = iam_backends[principal.account_id][self.partition]
        # Not copy.copy: it would add the policy to moto's dashboard.
        own = object.__new__(SharedPolicy)
        own.__dict__.update(self.__dict__, account_id=principal.account_id)
        iam.managed_policies[self.arn] = own
        iam.aws_managed_policies[iam.aws_managed_policies.index(self)] = own
        own.attach_to(principal)


@cache
def aws_policies(partition: str) -> Mapping[str, SharedPolicy]:
    """Return AWS's own policies by ARN, parsed once a process for each partition."""
    policies = (
        SharedPolicy.from_data(name, AWS, partition, policy)
        for name, policy in json.loads(aws_managed_policies_data).items()
    )
    return {policy.arn: policy for policy in policies}
