"""A session of boto3 from the environment and ~/.aws, as the AWS CLI finds its credentials."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from awsbase import busy
from awsbase.aws import credentials_of
from awsbase.errors import AwsbaseError
from awsbase.people import resolver

if TYPE_CHECKING:
    import boto3


def session_of(profile: str | None) -> boto3.Session:
    """Return a session from the environment and ~/.aws, as the AWS CLI does.

    Raises UsageError when the profile does not exist, and AwsbaseError when the configuration is unusable.
    """
    # Errors of awsbase name the profile, the file and the line; those of boto3 name less.
    choice = resolver.resolve(os.environ, Path.home(), profile)
    resolver.check_nested(choice.profile, choice.settings)
    busy.show(busy.CONNECTING)
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        session = boto3.Session(profile_name=profile)
    except BotoCoreError as error:
        raise AwsbaseError(
            f"the AWS configuration cannot be used: {error}", hint="look at ~/.aws/config and ~/.aws/credentials"
        ) from error
    credentials_of(session)
    return session
