"""For every environment and any AWS files, awsbase uses the profile, credentials and region that botocore uses."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, MissingDependencyException
from botocore.session import Session

from awsbase.engine.scope import partition
from awsbase.errors import AwsbaseError
from awsbase.people import resolver, store

DRAWN = 200
NAMES = ("default", "work", "role", "chain", "two words")
METHODS = {
    "environment": "env",
    "role": "assume-role",
    "web identity": "assume-role-with-web-identity",
    "sso": "sso",
    "process": "custom-process",
    "login": "login",
    "nothing": None,
}
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
SSO = "sso_start_url = https://x\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = R\n"
PROCESS = """credential_process = printf '{"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "s"}'\n"""


def keys(name: str) -> str:
    return f"aws_access_key_id = AKIA{name}\naws_secret_access_key = s\n"


def settings(draw: Random, name: str, file: str) -> str:
    """Draw the settings of one profile in one file."""
    source = draw.choice(NAMES)
    kinds = [
        "",
        "",
        f"region = {draw.choice(['eu-west-1', 'us-east-2', ''])}\n",
        keys(f"{name}{file}"),
        keys(f"{name}{file}"),
        keys(f"{name}{file}") + "aws_session_token = t\n",
        f"aws_access_key_id = AKIA{name}{file}\n",
        "aws_secret_access_key = s\n",
        f"{ROLE}source_profile = {source}\n",
        f"{ROLE}source_profile = {source}\n",
        f"{ROLE}source_profile = gone\n",
        f"{ROLE}credential_source = Environment\n",
        f"{ROLE}credential_source = Environment\nsource_profile = {source}\n",
        ROLE,
        f"{ROLE}web_identity_token_file = /token\n",
        SSO,
        PROCESS,
        "login_session = arn:aws:iam::123456789012:user/a\n",
    ]
    return "".join(dict.fromkeys(draw.choice(kinds) for _ in range(draw.choice([1, 1, 2]))))


def file_of(draw: Random, file: str) -> str:
    text = ""
    for name in NAMES:
        if draw.random() < 0.6:
            quoted = f'"{name}"' if " " in name else name
            header = name if file == "credentials" or name == "default" else f"profile {quoted}"
            # Now and then a header that belongs into the other file.
            header = draw.choice([header] * 9 + [name])
            options = {line.partition(" ")[0]: line for line in settings(draw, name[0], file[:3]).splitlines()}
            text += f"[{header}]\n" + "".join(f"{line}\n" for line in options.values())
    return text


def environment(draw: Random, home: Path) -> dict[str, str]:
    """Draw the variables that AWS tools read."""
    environ = {"HOME": str(home), "OURS": "aws", "AWS_EC2_METADATA_DISABLED": "true"}
    draws: dict[str, tuple[str | None, ...]] = {
        "AWS_PROFILE": (None, None, "", "work", "role", "chain", "two words", "default", "gone"),
        "AWS_DEFAULT_PROFILE": (None, None, None, "", "work", "default", "gone"),
        "AWS_ACCESS_KEY_ID": (None, None, None, None, "", "AKIAENV", "AKIAENV"),
        "AWS_SECRET_ACCESS_KEY": (None, "", "s", "s", "s"),
        "AWS_SESSION_TOKEN": (None, None, "", "t"),
        "AWS_DEFAULT_REGION": (None, None, "ap-south-1"),
        "AWS_WEB_IDENTITY_TOKEN_FILE": (None,) * 6 + ("", "/token"),
        "AWS_CONFIG_FILE": (None,) * 4 + ("$HOME/.aws/config", "~/.aws/config", "~/.${OURS}/config", "", "/dev/null"),
        "AWS_SHARED_CREDENTIALS_FILE": (None,) * 4 + ("$HOME/.$OURS/credentials", "~/.aws/credentials", "$GONE/x", ""),
    }
    for name, values in draws.items():
        value = draw.choice(values)
        if value is not None:
            environ[name] = value
    return environ | {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/W"}


def answer_of_botocore(profile: str | None) -> tuple[Any, ...] | None:
    """Return profile, origins, key and region as botocore finds them; None when it refuses."""
    try:
        session = boto3.Session(profile_name=profile)
        private: Any = session
        private._session.get_scoped_config()
        found: Any = session.get_credentials()
    except MissingDependencyException:
        return ("login",)
    except BotoCoreError:
        return None
    origins: list[str | None] = []
    while found is not None and found.method == "assume-role":
        origins.append(found.method)
        found = found._refresh_using.__self__._source_credentials
    origins.append(found.method if found else None)
    key = found.access_key if found and "Deferred" not in type(found).__name__ else None
    return session.profile_name, origins, key, session.region_name or None


def answer_of_awsbase(environ: dict[str, str], home: Path, profile: str | None) -> tuple[Any, ...] | None:
    try:
        choice = resolver.resolve(environ, home, profile)
        name, origin, found = choice.profile, choice.origin, choice.keys
        origins: list[str | None] = []
        while origin == "role":
            origins.append("assume-role")
            name, origin = resolver.source_of_role(choice.profiles, name)
            found = choice.profiles.keys(name) if origin == "keys" else None
            if origin == "environment":
                found = resolver.environment_keys(environ)
    except AwsbaseError:
        return None
    if origin == "login":
        return ("login",)
    if (origin in ("keys", "environment") and not found) or (origins and origin == "nothing"):
        return None
    if origin == "keys":
        stored = store.ID in choice.profiles.credentials.get(name, {})
        origins.append("shared-credentials-file" if stored else "config-file")
    else:
        origins.append(METHODS[origin])
    key = "AKIAPROCESS" if origin == "process" else found.key_id if found else None
    return choice.profile, origins, key, choice.region


def test_awsbase_uses_what_botocore_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, draw: Random) -> None:
    folder = tmp_path / ".aws"
    folder.mkdir()
    for _ in range(DRAWN):
        written = {name: file_of(draw, name) for name in ("credentials", "config")}
        for name, text in written.items():
            (folder / name).write_text(text)
        environ = environment(draw, tmp_path)
        profile = draw.choice([None, None, None, *NAMES])
        with monkeypatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            expected = answer_of_botocore(profile)
        assert answer_of_awsbase(environ, tmp_path, profile) == expected, (environ, profile, written)


@pytest.mark.parametrize(
    ("environ", "settings", "expected"),
    [
        ({"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-1"}, {"region": "eu-west-3"}, "eu-west-2"),
        # Botocore would use no region at all.
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, {"region": "eu-west-3"}, "eu-west-3"),
        ({"AWS_REGION": "eu-west-2"}, {"mfa_serial": "arn:aws-eusc:iam::1:mfa/a"}, "eusc-de-east-1"),
        ({"AWS_REGION": "eu-west-2"}, {"mfa_serial": "arn:aws-cn:iam::1:mfa/a", "region": "cn-north-1"}, "cn-north-1"),
        ({"AWS_REGION": "eu-west-2"}, {"role_arn": "arn:aws-iso-f:iam::1:role/a"}, "us-isof-south-1"),
        ({}, {"mfa_serial": "arn:aws:iam::1:mfa/a"}, None),
        ({}, {"mfa_serial": "12345678"}, None),
    ],
)
def test_no_key_is_sent_to_another_partition(
    environ: dict[str, str], settings: dict[str, str], expected: str | None
) -> None:
    assert resolver.region_of(environ, settings) == expected
    assert resolver.region_of(environ, settings, "us-gov-west-1") == "us-gov-west-1"


def test_every_partition_of_botocore_has_a_region() -> None:
    session: Any = Session()
    assert sorted(resolver.REGIONS) == sorted(session.get_available_partitions())
    assert [partition(region) for region in resolver.REGIONS.values()] == list(resolver.REGIONS)
    for region, name in ((region, name) for name, region in resolver.REGIONS.items()):
        assert session.get_partition_for_region(region) == name
