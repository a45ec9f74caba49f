"""Connections to AWS with a person's long-term keys."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError

from awsbase.aws import Attach, Aws, credentials_of, open_session
from awsbase.engine.wire import refuse_resends
from awsbase.errors import AwsbaseError, Refused
from awsbase.people import resolver
from awsbase.people.profiles import ENVIRONMENT, Source
from awsbase.people.resolver import Keys
from awsbase.people.secret import Secret

ANOTHER = "name the profile of an IAM user's access key with --profile"
NO_KEYS_ADVICE = {
    "session": (
        "holds the keys of a session, and AWS gives no session for those",
        "name the profile of your long-term access key with --profile",
    ),
    "half": (
        "holds half of what AWS asks for: a key id without its secret key, or a session's key without its token",
        "store your access key in it with `aws configure`, or name another profile with --profile",
    ),
    "sso": (
        "signs in with SSO: its sessions have MFA if the sign-in asks for it",
        f"run `aws sso login --profile {{profile}}` and use that profile as it is, or {ANOTHER}",
    ),
    "login": (
        "signs in with `aws login`: its sessions have MFA if the sign-in asks for it",
        f"run `aws login --profile {{profile}}` and use that profile as it is, or {ANOTHER}",
    ),
    "web identity": (
        "gets its role from a token file (web_identity_token_file), and no code is needed for that",
        ANOTHER,
    ),
    "machine": (
        "takes its credentials from this machine or container (credential_source), which have no MFA",
        ANOTHER,
    ),
    "environment": (
        "takes its credentials from the environment (credential_source), which has none",
        f"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or {ANOTHER}",
    ),
    "itself": (
        "gets its credentials from awsbase itself",
        "name the profile of your long-term access key in both places",
    ),
    "nothing": (
        "holds no access key",
        "store your access key in it with `aws configure`, or name another profile with --profile",
    ),
}


def connect(source: Source, region: str, attach: Sequence[Attach] = ()) -> Aws:
    """Return a connection with a profile's long-term keys; calls with an MFA code are never sent twice.

    Raises Refused when the profile has no long-term keys, and AwsbaseError when its configuration is unusable.
    """
    if source.keys is None and source.why_no_keys != "process":
        problem, hint = NO_KEYS_ADVICE[source.why_no_keys]
        if source.profile == ENVIRONMENT:
            hint = "`unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY` to use a profile, or set AWS_SESSION_TOKEN too"
            raise Refused(f"the environment {problem}", hint=hint)
        name = source.keys_profile or source.profile
        raise Refused(f"profile {name} {problem}", hint=hint.format(profile=shlex.quote(name)))
    resolver.check_nested(source.profile, source.config)
    try:
        keys = source.keys or _from_process(source)
        token = keys.token.reveal() if keys.token else None
        session = open_session(source.keys_profile, (keys.key_id, keys.secret_key.reveal(), token))
        aws = Aws(session, region, attach=[refuse_resends, *attach])
        aws.sts  # noqa: B018, creating the first client finds an invalid endpoint
    except (BotoCoreError, ValueError) as error:
        raise AwsbaseError(f"profile {source.profile} cannot be used: {error}", hint="look at ~/.aws/config") from None
    return aws


def _from_process(source: Source) -> Keys:
    credentials = credentials_of(open_session(source.keys_profile))
    if credentials is None or credentials.token:
        problem, hint = NO_KEYS_ADVICE["session"]
        raise Refused(f"the credential_process of profile {source.keys_profile} {problem}", hint=hint)
    return Keys(credentials.access_key, Secret(credentials.secret_key))
