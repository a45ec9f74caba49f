"""Who is calling: the account's root, an IAM user, a session, or the sandbox's administrator."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from secrets import token_hex
from typing import Literal

ADMINISTRATOR_KEY = "AKIASANDBOXADMIN0000"
ADMINISTRATOR = "sandbox-administrator"
ADMINISTRATOR_KEYS = "AKIASBX0"


def administrator_key(account: str) -> str:
    """Return the access key of an account's administrator, which bears the account's id."""
    return ADMINISTRATOR_KEYS + account


@dataclass(frozen=True)
class Caller:
    """Be somebody to AWS."""

    kind: Literal["root", "user", "role"]
    name: str
    account: str
    partition: str = "aws"
    path: str = "/"
    session: str = ""
    mfa: bool = False
    temporary: bool = False
    issued: datetime | None = None
    expires: datetime | None = None
    session_policies: tuple[str, ...] = ()
    source_identity: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    """The tags of the session itself."""
    transitive: frozenset[str] = frozenset()
    """The keys of those tags, in lower case, that a session which this one begins inherits."""

    @property
    def arn(self) -> str:
        """Return the ARN that GetCallerIdentity returns."""
        if self.kind == "root":
            return f"arn:{self.partition}:iam::{self.account}:root"
        if self.kind == "user":
            return f"arn:{self.partition}:iam::{self.account}:user{self.path}{self.name}"
        return f"arn:{self.partition}:sts::{self.account}:assumed-role/{self.name}/{self.session}"

    @property
    def principal(self) -> str:
        """Return the ARN that a policy names this caller by."""
        return self.arn if self.kind != "role" else f"arn:{self.partition}:iam::{self.account}:role/{self.name}"


@dataclass(frozen=True)
class Key:
    """Credentials that the sandbox has handed out."""

    id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass
class Callers:
    """Know whose key is whose."""

    account: str
    keys: dict[str, Caller] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    """The tokens that belong to the keys of sessions."""
    issued: set[str] = field(default_factory=set)
    """Long-term keys that were once created; one that is gone is nobody's any more."""
    owners: dict[str, str] = field(default_factory=dict, repr=False)
    """The account of each key that was handed out; the accounts of a world share it."""

    def administrator(self) -> Caller:
        """Return who the sandbox's own key stands for, and what looks like no key of AWS at all."""
        return Caller("role", ADMINISTRATOR, self.account, session="you", temporary=True)

    def issue(self, caller: Caller) -> Key:
        """Hand out credentials that act as the caller."""
        prefix = "ASIA" if caller.temporary else "AKIA"
        key = prefix + token_hex(8).upper()
        self.keys[key] = caller
        self.owners[key] = self.account
        if not caller.temporary:
            return Key(key, token_hex(20))
        self.tokens[key] = token_hex(32)
        return Key(key, token_hex(20), self.tokens[key])

    def called(self, who: str) -> Caller:
        """Return the caller that a short name stands for: root, or a user, their session (with `mfa`), or a role.

        Raises ValueError.
        """
        kind, _, name = who.partition("/")
        if kind == "root":
            return Caller("root", "root", self.account)
        if kind == "user" and name:
            return Caller("user", name, self.account)
        if kind == "session" and name:
            return replace(Caller("user", name, self.account), temporary=True)
        if kind == "mfa" and name:
            return replace(Caller("user", name, self.account), temporary=True, mfa=True)
        if kind == "role" and name:
            return Caller("role", name, self.account, session="session", temporary=True)
        raise ValueError(f"no caller is called {who!r}: say root, user/NAME, session/NAME, mfa/NAME or role/NAME")
