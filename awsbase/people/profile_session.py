"""A session of AWS from the environment and ~/.aws, as the AWS CLI finds its credentials."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from awsbase import busy
from awsbase.aws import credentials_of, open_session
from awsbase.people import resolver

if TYPE_CHECKING:
    from botocore.session import Session


def session_of(profile: str | None) -> Session:
    """Return a session from the environment and ~/.aws, as the AWS CLI does.

    Raises UsageError when the profile does not exist, and AwsbaseError when the configuration is unusable.
    """
    # Errors of awsbase name the profile, the file and the line; those of botocore name less.
    choice = resolver.resolve(os.environ, Path.home(), profile)
    resolver.check_nested(choice.profile, choice.settings)
    busy.show(busy.CONNECTING)
    session = open_session(profile)
    credentials_of(session)
    return session
