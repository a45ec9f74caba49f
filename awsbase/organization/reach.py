"""How an account is reached: by a profile, or by roles that are assumed one from another, beginning with a profile."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from awsbase.aws import Aws, of_botocore, open_session
from awsbase.engine.account import Account, identify
from awsbase.engine.clock import SystemClock
from awsbase.engine.refusals import DENIED
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError
from awsbase.organization.load import Member, Organization
from awsbase.records import record

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from botocore.session import Session

    from awsbase.aws import AnySession

# A session that was assumed by a role lasts an hour at most, whatever the role itself allows.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
SECONDS = 3600
# What is left of a session that others are assumed from.
SPARE = timedelta(minutes=10)
NOT_IN_NAMES = re.compile(r"[^\w+=,.@-]", re.ASCII)

Keys = Mapping[str, Any]
"""The `Credentials` that STS answers with."""
OfProfile = Callable[[str | None], "AnySession"]
"""Returns the session of a profile, or that of the environment."""
OfKeys = Callable[["AnySession", Keys], "AnySession"]
"""Returns a session with other keys, which reaches AWS as the first one does."""


class Unreachable(AwsbaseError):
    """An account of the organization file cannot be reached, or another one is reached instead."""


@record
class Route:
    """The way to an account as plain data: a profile (None is the environment), and the roles from there on.

    `run` is what the last role's session tells AWS as its SourceIdentity, if the roles allow it.
    """

    name: str
    id: str
    region: str
    profile: str | None = None
    roles: tuple[str, ...] = ()
    run: str | None = None

    @property
    def words(self) -> str:
        """Say how the account is reached."""
        first = f"profile {self.profile}" if self.profile else "the environment"
        return " → ".join([first, *(arn.partition(":role/")[2] + f" in {arn.split(':')[4]}" for arn in self.roles)])


def route(organization: Organization, member: Member) -> Route:
    """Return the way to an account of the file."""
    steps, at = [member], member
    while at.way.via:
        at = organization.members[at.way.via]
        steps.append(at)
    roles = tuple(arn_of(each) for each in reversed(steps) if each.way.role)
    return Route(member.name, member.entry.id, member.manifest.account.region, at.way.profile, roles)


def arn_of(member: Member) -> str:
    """Return the ARN of the role that is assumed in an account."""
    role = member.way.role or ""
    if role.startswith("arn:"):
        return role
    return f"arn:{member.manifest.account.partition}:iam::{member.entry.id}:role/{role}"


class Sessions:
    """Opens sessions of accounts. What several of them begin with is opened once, and anew before it ends."""

    def __init__(
        self, of_profile: OfProfile, of_keys: OfKeys | None = None, now: Callable[[], datetime] | None = None
    ) -> None:
        self._of_profile = of_profile
        self._of_keys = of_keys or with_keys
        self._now = now or SystemClock().now
        self._first: dict[str | None, Account] = {}
        self._between: dict[tuple[str | None, tuple[str, ...]], tuple[AnySession, datetime]] = {}

    def to(self, route: Route) -> AnySession:
        """Return a session of an account; raises Unreachable."""
        session: AnySession = self.first(route).aws.clients.session
        if not route.roles:
            return session
        for count in range(1, len(route.roles)):
            key = (route.profile, route.roles[:count])
            if key not in self._between or self._between[key][1] - self._now() < SPARE:
                self._between[key] = self._assume(route, session, route.roles[count - 1])
            session = self._between[key][0]
        return self._assume(route, session, route.roles[-1], run=route.run)[0]

    def first(self, route: Route) -> Account:
        """Return the account of the profile that the way to an account begins with; raises Unreachable."""
        if route.profile not in self._first:
            try:
                session = self._of_profile(route.profile)
                self._first[route.profile] = identify(Aws(session, route.region), Wire())
            except AwsbaseError as error:
                raise Unreachable(f"{route.name} cannot be reached: {error.message}", hint=error.hint) from error
        return self._first[route.profile]

    def _assume(
        self, route: Route, session: AnySession, arn: str, run: str | None = None
    ) -> tuple[AnySession, datetime]:
        from botocore.exceptions import BotoCoreError, ClientError

        caller = self.first(route).caller
        name = NOT_IN_NAMES.sub("-", caller.rpartition("/")[2])[:64].ljust(2, "-")
        asked = {"RoleArn": arn, "RoleSessionName": name, "DurationSeconds": SECONDS}
        if run:
            asked["SourceIdentity"] = run
        sts: Any = Aws(session, route.region).sts
        try:
            keys = sts.assume_role(**asked)["Credentials"]
        except ClientError as error:
            raise unreachable(route, arn, caller, error) from error
        except (BotoCoreError, OSError) as error:
            raise Unreachable(f"{route.name} cannot be reached: {error}", hint="check the network") from error
        return self._of_keys(session, keys), keys["Expiration"]


def check(route: Route, account: Account) -> Account:
    """Return the account that was reached if it is the route's; raises Unreachable for any other."""
    if account.id != route.id:
        raise Unreachable(
            f"these credentials reach {account.id}, and accounts.{route.name} says {route.id} ({account.caller})",
            hint="correct the id, or name another profile or role for it",
        )
    return account


def unreachable(route: Route, arn: str, caller: str, error: ClientError) -> Unreachable:
    """Return the error for a role that AWS does not give.

    AWS answers AccessDenied for a role that is not there, one that trusts others, and one that the caller may not
    assume. So nobody can find out which roles an account has.
    """
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code in DENIED:
        account = arn.split(":")[4]
        return Unreachable(
            f"{route.name} does not let {caller} in: {arn} is not there, does not trust you, or you may not assume it",
            hint=f"ask an administrator of account {account} to let the role trust you; where it wants MFA, name a "
            "profile whose session has it",
        )
    return Unreachable(f"{route.name} cannot be reached: {code}: {message}", hint=f"it is reached by {route.words}")


def with_keys(base: AnySession, keys: Keys) -> Session:
    """Return a session with other keys, and with the settings of the first one's profile for all else."""
    first = of_botocore(base)
    made = open_session(
        first.profile,
        (keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]),
        first.get_config_variable("region"),
    )
    # botocore's models are the same in every account: a session of its own would read them all again.
    made.register_component("data_loader", first.get_component("data_loader"))
    return made
