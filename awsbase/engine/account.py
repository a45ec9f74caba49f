"""The account that a run works on, who works on it, and the refusals that come before anything else."""

from __future__ import annotations

import re
from datetime import datetime

from awsbase.aws import Aws, response_time
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.records import record


@record
class Account:
    """An account with the clients to reach it and the ARN of the caller.

    `reached` is when AWS told who that is, by its own clock; None when the answer had no date.
    """

    aws: Aws
    wire: Wire
    id: str
    caller: str
    reached: datetime | None = None

    @property
    def user(self) -> str | None:
        """The name of the IAM user who calls, or None when it is a role, root or a federated identity."""
        match = re.fullmatch(r"arn:[^:]+:iam::\d+:user/(?:.*/)?([^/]+)", self.caller)
        return match[1] if match else None

    @property
    def role(self) -> str | None:
        """The name of the role whose session calls, or None when it is no role."""
        match = re.fullmatch(r"arn:[^:]+:sts::\d+:assumed-role/([^/]+)/.+", self.caller)
        return match[1] if match else None

    @property
    def is_root(self) -> bool:
        return self.caller.endswith(":root")

    @property
    def long_term(self) -> bool:
        """Whether the credentials are a user's own access key: without a session there was no MFA code either."""
        credentials = self.aws.clients.session.get_credentials()
        return credentials is not None and not credentials.token


def identify(aws: Aws, wire: Wire) -> Account:
    """Ask AWS whose credentials these are; raises AwsbaseError with advice when there are none or they are refused."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        identity = aws.sts.get_caller_identity()
    except NoCredentialsError:
        raise AwsbaseError(
            "no AWS credentials found",
            hint="name a profile with --profile, set AWS_PROFILE, or try it first with --sandbox",
        ) from None
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        message = error.response.get("Error", {}).get("Message", "")
        raise AwsbaseError(
            f"AWS refuses these credentials: {code}: {message}",
            hint="an expired session is renewed with `awsbase mfa refresh`",
        ) from error
    except ValueError as error:
        # Making the first client is what finds a broken address.
        raise UsageError(f"AWS cannot be reached like this: {error}", hint="check AWS_ENDPOINT_URL") from error
    except (BotoCoreError, OSError) as error:
        raise AwsbaseError(f"cannot reach AWS: {error}", hint="check the network, --region and --profile") from error
    return Account(aws, wire, identity["Account"], identity["Arn"], response_time(identity))


def check(account: Account, wanted: str) -> Account:
    """Return the account if it is the one the manifest names and the caller is not root; raises Refused otherwise."""
    if account.id != wanted:
        raise Refused(
            f"the manifest is for account {wanted}, but these credentials are for {account.id} ({account.caller})",
            hint="choose another profile with --profile, or the manifest of this account",
        )
    if account.is_root:
        raise Refused(
            f"these are root credentials ({account.caller}), and nothing limits or tells apart what root does",
            hint="use an administrator's IAM user or role, and delete root's access key",
        )
    return account
