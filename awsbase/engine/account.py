"""The account that a run works on, its caller, and the checks that precede everything else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from awsbase.aws import Aws, response_time
from awsbase.engine.refused_credentials import refused
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.records import record


class NoCredentials(AwsbaseError):
    """There are no credentials to call AWS with."""


@record
class Account:
    """An account with the clients to reach it and the ARN of the caller.

    `reached` is when AWS answered GetCallerIdentity, by AWS's clock; None when the response had no date.
    """

    aws: Aws
    wire: Wire
    id: str
    caller: str
    reached: datetime | None = None

    @property
    def user(self) -> str | None:
        """Return the name of the calling IAM user; None for a role, root or a federated identity."""
        match = re.fullmatch(r"arn:[^:]+:iam::\d+:user/(?:.*/)?([^/]+)", self.caller)
        return match[1] if match else None

    @property
    def role(self) -> str | None:
        """Return the name of the calling role; None when the caller is not a role."""
        match = re.fullmatch(r"arn:[^:]+:sts::\d+:assumed-role/([^/]+)/.+", self.caller)
        return match[1] if match else None

    @property
    def is_root(self) -> bool:
        return self.caller.endswith(":root")

    @property
    def long_term(self) -> bool:
        """Tell whether the credentials are a long-term access key: no session means no MFA code."""
        credentials = self.aws.clients.session.get_credentials()
        return credentials is not None and not credentials.token


def identify(aws: Aws, wire: Wire, meanwhile: Callable[[], None] | None = None) -> Account:
    """Return the account and caller of these credentials; what is to be done meanwhile is begun before AWS is asked.

    Raises AwsbaseError when there are no credentials, AWS refuses them, or AWS is unreachable; UsageError when the
    endpoint address is malformed.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        sts = aws.sts
        if meanwhile and (found := aws.clients.session.get_credentials()):
            # A role is assumed by a client of the same session, which makes its clients one at a time.
            found.get_frozen_credentials()
            meanwhile()
        identity = sts.get_caller_identity()
    except NoCredentialsError:
        raise NoCredentials(
            "no AWS credentials found", hint="name a profile with --profile, or set AWS_PROFILE"
        ) from None
    except ClientError as error:
        raise refused(error, aws.clients.session, aws.region, datetime.now(UTC)) from error
    except ValueError as error:
        # botocore checks the endpoint address when it creates the first client.
        raise UsageError(f"AWS cannot be reached like this: {error}", hint="check AWS_ENDPOINT_URL") from error
    except (BotoCoreError, OSError) as error:
        raise AwsbaseError(f"cannot reach AWS: {error}", hint="check the network, --region and --profile") from error
    return Account(aws, wire, identity["Account"], identity["Arn"], response_time(identity))


def check(account: Account, expected: str) -> Account:
    """Return the account if it is the one the manifest names and the caller is not root; raises Refused otherwise."""
    if account.id != expected:
        raise Refused(
            f"the manifest is for account {expected}, but these credentials are for {account.id} ({account.caller})",
            hint="choose another profile with --profile, or the manifest of this account",
        )
    if account.is_root:
        raise Refused(
            f"these are root credentials ({account.caller}), which no policy limits",
            hint="use an administrator's IAM user or role, and delete root's access key",
        )
    return account
