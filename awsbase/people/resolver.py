"""Which files, profile, credentials and region the AWS tools use in an environment.

The answers are those of botocore, found without importing it; `tests/people/test_resolver.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from awsbase.engine.scope import partition
from awsbase.errors import UsageError
from awsbase.people import files, variables
from awsbase.people.files import Files
from awsbase.people.secret import Secret
from awsbase.people.store import ID, OLD_TOKEN, SECRET, TOKEN
from awsbase.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Origin = Literal["environment", "role", "web identity", "sso", "keys", "login", "process", "machine", "nothing"]

# Botocore reads the older name of a token first.
TOKENS = (OLD_TOKEN, TOKEN)
SECRETS = (SECRET, *TOKENS)
# The AWS CLI and most SDKs read the first one, botocore the second.
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
KEY_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
WEB_IDENTITY_VARIABLES = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN")
# One region of each partition, where its STS answers.
REGIONS = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
}
# Settings whose value is a block of indented lines.
BLOCKS = ("s3",)

Sections = Mapping[str, Mapping[str, str]]


@record
class Keys:
    """Long-term keys of an IAM user; with a token, the keys of a session."""

    key_id: str
    secret_key: Secret
    token: Secret | None = None

    @property
    def long_term(self) -> bool:
        """Whether these are a user's own: the key of a session has a token, and another prefix."""
        return not self.token and not self.key_id.startswith("ASIA")


@record
class Profiles:
    """The profiles of both AWS files."""

    credentials: Sections
    config: Sections

    @property
    def names(self) -> list[str]:
        """The names of all profiles, sorted."""
        return sorted({*self.credentials, *self.config})

    def settings(self, name: str) -> dict[str, str]:
        """Return everything that the files say of a profile; the credentials file comes first."""
        return {**self.config.get(name, {}), **self.credentials.get(name, {})}

    def keys(self, name: str) -> Keys | None:
        """Return the keys of a profile: those of the credentials file, or else those of the config file."""
        both = (self.credentials.get(name, {}), self.config.get(name, {}))
        own = next((options for options in both if ID in options), {})
        return keys_of(own)


@record
class Choice:
    """What the AWS tools use: the profile, what named it, where its credentials come from, and the keys if known."""

    files: Files
    profiles: Profiles
    profile: str
    named_by: str
    """`--profile`, the variable that names it, or nothing for `default`."""
    origin: Origin
    keys: Keys | None = None
    region: str | None = None

    @property
    def settings(self) -> dict[str, str]:
        """The profile's settings, without its keys."""
        return without_secrets(self.profiles.settings(self.profile))


def without_secrets(options: Mapping[str, str]) -> dict[str, str]:
    """Return the options of a profile without its keys."""
    return {key: value for key, value in options.items() if key not in (ID, *SECRETS)}


def resolve(environ: Mapping[str, str], home: Path, profile: str | None = None, region: str | None = None) -> Choice:
    """Return what botocore uses in this environment for a command with `--profile` and `--region`.

    Raises UsageError when botocore uses nothing: the profile does not exist, or half a key is in the environment.
    """
    where = files.find(environ, home)
    return choose(where, environ, profile, region)


def choose(where: Files, environ: Mapping[str, str], profile: str | None = None, region: str | None = None) -> Choice:
    """Return what botocore uses, as `resolve` does, with files that are known already; raises UsageError alike."""
    profiles = read(where)
    name, named_by = profile_name(environ, profile)
    keys = None if profile else environment_keys(environ)
    # Botocore refuses an unknown profile even if the environment has keys; `default` need not exist.
    if named_by and name not in profiles.names:
        raise unknown_profile(name, where, profiles, named_by)
    origin: Origin = "environment" if keys else origin_of(profiles, name, {} if profile else environ)
    if origin == "keys":
        keys = profiles.keys(name)
    return Choice(where, profiles, name, named_by, origin, keys, region_of(environ, profiles.settings(name), region))


def read(where: Files) -> Profiles:
    """Return the profiles of both files; raises FileError when a file cannot be read."""
    return Profiles(files.read_credentials(where), files.read_config(where))


def profile_name(environ: Mapping[str, str], profile: str | None) -> tuple[str, str]:
    """Return the name of the profile, and the option or variable that names it; raises UsageError for an empty name."""
    name, source = variables.profile_of(environ) if profile is None else (profile, "--profile")
    if not name:
        hint = "name a profile" if source.startswith("-") else f"unset {source}"
        raise UsageError(f"{source} is empty, and no profile has an empty name", hint=hint)
    return name, source


def environment_keys(environ: Mapping[str, str]) -> Keys | None:
    """Return the keys of the environment, or None; raises UsageError when the secret key is missing."""
    key_id, secret, *_ = (environ.get(variable, "") for variable in KEY_VARIABLES)
    if not key_id:
        return None
    if not secret:
        raise UsageError(
            "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY",
            hint="set both, or `unset AWS_ACCESS_KEY_ID` to use a profile",
        )
    token = environ.get("AWS_SECURITY_TOKEN") or environ.get("AWS_SESSION_TOKEN")
    return Keys(key_id, Secret(secret), Secret(token) if token else None)


def origin_of(profiles: Profiles, name: str, environ: Mapping[str, str], *, source: bool = False) -> Origin:
    """Return where a profile's credentials come from; `source` asks for what a role is assumed with."""
    settings = profiles.settings(name)
    if not source and is_role(settings):
        return "role"
    if environ.get(WEB_IDENTITY_VARIABLES[0], settings.get("web_identity_token_file")):
        return "web identity"
    if not {"sso_role_name", "sso_account_id"}.isdisjoint(settings):
        return "sso"
    if ID in profiles.credentials.get(name, {}):
        return "keys"
    if "login_session" in settings:
        return "login"
    if "credential_process" in settings:
        return "process"
    if ID in profiles.config.get(name, {}):
        return "keys"
    return "sso" if not {"sso_session", "sso_start_url"}.isdisjoint(settings) else "nothing"


def is_role(settings: Mapping[str, str]) -> bool:
    """Tell whether a profile is a role that is assumed with the credentials of another profile."""
    return "role_arn" in settings and "web_identity_token_file" not in settings


def source_of_role(profiles: Profiles, name: str) -> tuple[str, Origin]:
    """Return the profile that a role is assumed with, and the origin of its credentials: `role` in a chain of roles.

    Raises UsageError when botocore refuses the profile, such as for roles that are assumed with each other.
    """
    settings = profiles.settings(name)
    source, machine = settings.get("source_profile"), settings.get("credential_source")
    if source is not None and machine is not None:
        raise UsageError(f"profile {name} has both source_profile and credential_source", hint="delete one of them")
    if machine is not None:
        return name, "environment" if machine == "Environment" else "machine"
    visited = [name]
    while source is not None:
        if source not in profiles.names:
            raise UsageError(f"profile {visited[-1]} has source_profile {source}, which does not exist")
        settings = profiles.settings(source)
        # Botocore assumes a role with the keys of a profile that has both keys and a role, even with those of its own.
        has_keys = ID in settings or SECRET in settings
        if source in visited and not (has_keys and source == visited[-1]):
            raise UsageError(
                f"these roles are assumed with each other, in a circle: {' → '.join([*visited, source])}",
                hint="the source_profile of one of them must be the profile with your access key",
            )
        if has_keys or not is_role(settings) or "credential_source" in settings:
            first = profiles.settings(name)["source_profile"]
            chained = len(visited) > 1 or (is_role(settings) and not has_keys)
            return first, "role" if chained else origin_of(profiles, first, {}, source=True)
        visited.append(source)
        source = settings.get("source_profile")
    raise UsageError(
        f"profile {visited[-1]} has role_arn and neither source_profile nor credential_source",
        hint=f"add `source_profile = NAME` to profile {visited[-1]}: the profile with your access key",
    )


def keys_of(options: Mapping[str, str]) -> Keys | None:
    """Return the keys in the options of one file; None when half of them is missing."""
    if not options.get(ID) or not options.get(SECRET):
        return None
    token = next((options[name] for name in TOKENS if name in options), "")
    return Keys(options[ID], Secret(options[SECRET]), Secret(token) if token else None)


def region_of(environ: Mapping[str, str], settings: Mapping[str, str], region: str | None = None) -> str | None:
    """Return the region: the named one, that of the environment, or that of the profile.

    A profile whose device or role is in another partition gets a region of that partition.
    """
    home = partition_of(settings)
    given = (region, *(environ.get(variable) for variable in REGION_VARIABLES), settings.get("region"))
    for each in filter(None, given):
        if each == region or home is None or partition(each) == home:
            return each
    return REGIONS[home] if home not in (None, "aws") else None


def partition_of(settings: Mapping[str, str]) -> str | None:
    """Return the partition of a profile's device or role, or None."""
    for key in ("mfa_serial", "role_arn"):
        found = settings.get(key, "").split(":")
        if found[0] == "arn" and found[1:2] and found[1] in REGIONS:
            return found[1]
    return None


def check_nested(profile: str, settings: Mapping[str, str]) -> None:
    """Check the settings that are blocks of indented lines; raises UsageError for one that botocore cannot use."""
    for name in BLOCKS:
        if not settings.get(name, "\n").startswith("\n"):
            raise UsageError(
                f"profile {profile} has {name} without indented lines below it, which no AWS tool can read",
                hint=f"in ~/.aws/config, write `{name} =` on a line of its own and indent its settings below it, "
                "or delete it",
            )


def winning_variables(environ: Mapping[str, str]) -> list[str]:
    """Return the variables that win over a profile named by AWS_PROFILE, in the order to unset them."""
    groups = [group for group in (KEY_VARIABLES, WEB_IDENTITY_VARIABLES) if environ.get(group[0])]
    return [name for group in (*groups, variables.PROFILES[:1]) for name in group if name in environ]


def unknown_profile(name: str, where: Files, profiles: Profiles, named_by: str = "") -> UsageError:
    """Return the error for a profile that does not exist, with the nearest name, or the header that is wrong."""
    by = f", which {named_by} names" if named_by.startswith("AWS") else ""
    message = f"no profile called {name} in the AWS files{by}"
    if name in files.other_headers(where):
        return UsageError(message, hint=f"in {where.config}, write its header as [{files.header_of(name)}]")
    if files.header_of(name) in profiles.credentials:
        return UsageError(message, hint=f"in {where.credentials}, write its header as [{name}]")
    from difflib import get_close_matches

    near = get_close_matches(name, profiles.names, n=len(profiles.names) or 1)
    names = [*near, *(other for other in profiles.names if other not in near)]
    if not names:
        hint = "there are none: `aws configure` creates one from an access key"
    elif len(names) == 1:
        hint = f"did you mean {names[0]}?" if near else f"there is {names[0]}"
    else:
        hint = (f"did you mean {near[0]}? " if near else "") + f"there are {', '.join(names)}"
    return UsageError(message, hint=hint)
