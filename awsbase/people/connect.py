"""The way to AWS with a person's long-term keys."""

from __future__ import annotations

from collections.abc import Sequence

import boto3
from botocore.exceptions import BotoCoreError

from awsbase.aws import Attach, Aws, credentials_of
from awsbase.engine.wire import refuse_resends
from awsbase.errors import AwsbaseError, Refused
from awsbase.people.profiles import Keys, Source
from awsbase.people.secret import Secret

LACKS = {
    "session": (
        "holds the keys of a session, and a session gets no other one",
        "name the profile of your long-term access key with --profile",
    ),
    "sso": (
        "signs in with SSO: its sessions have MFA already where the sign-in asks for it",
        "run `aws sso login`, or name the profile of an IAM user's access key with --profile",
    ),
    "itself": (
        "gets its credentials from awsbase itself",
        "name the profile of your long-term access key, there and here",
    ),
    "nothing": (
        "holds no access key",
        "write your access key into it with `aws configure`, or name another profile with --profile",
    ),
}


def connect(source: Source, region: str, attach: Sequence[Attach] = ()) -> Aws:
    """Open the way to AWS with a profile's long-term keys; a call that carries a code is never sent again."""
    if source.keys is None and source.lack != "process":
        problem, hint = LACKS[source.lack]
        raise Refused(f"profile {source.keys_of} {problem}", hint=hint)
    try:
        keys = source.keys or _from_process(source)
        token = keys.token.reveal() if keys.token else None
        session = boto3.Session(keys.key_id, keys.secret_key.reveal(), token, profile_name=source.keys_of)
        aws = Aws(session, region, attach=[refuse_resends, *attach])
        aws.sts  # noqa: B018, making the first client is what finds a broken endpoint
    except (BotoCoreError, ValueError) as error:
        raise AwsbaseError(f"profile {source.profile} cannot be used: {error}", hint="look at ~/.aws/config") from None
    return aws


def _from_process(source: Source) -> Keys:
    credentials = credentials_of(boto3.Session(profile_name=source.keys_of))
    if credentials is None or credentials.token:
        problem, hint = LACKS["session"]
        raise Refused(f"the credential_process of profile {source.keys_of} {problem}", hint=hint)
    return Keys(credentials.access_key, Secret(credentials.secret_key))
