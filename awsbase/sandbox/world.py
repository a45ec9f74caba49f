"""Several accounts of AWS behind one endpoint; the access key of a request says in which of them it is made.

The accounts have one clock, and moto keeps what they hold side by side, by account id. Each has its own calls, faults
and what its rules remember.
"""

from collections.abc import Callable, Sequence
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from awsbase.sandbox import clients, wire
from awsbase.sandbox.account import Sandbox, rules_of
from awsbase.sandbox.authorization.decision import Document
from awsbase.sandbox.authorization.resources import owner
from awsbase.sandbox.call_log import Call
from awsbase.sandbox.callers import ADMINISTRATOR_KEYS, Key
from awsbase.sandbox.http import Message, Reply
from awsbase.sandbox.organization import begin
from awsbase.sandbox.rates import Rate
from awsbase.sandbox.service import Rule, Service, WorldState
from awsbase.sandbox.services import SERVICES
from awsbase.sandbox.services.sns import Mail


class World(WorldState):
    """Be several accounts that nothing leaves and that start empty.

    `accounts` are their ids. With `management` that account has an organization from the start, whose members are the
    others; without it there is none until CreateOrganization. `deny` are service control policies, which do not bind
    the management account. The other arguments are those of each account.
    """

    def __init__(
        self,
        accounts: Sequence[str],
        *,
        management: str | None = None,
        deny: Sequence[Document] = (),
        strict: bool = True,
        enforce: bool = False,
        pages: int | None = None,
        services: Sequence[Service] = SERVICES,
        rules: tuple[Rule, ...] = (),
        rates: Sequence[Rate] = (),
    ) -> None:
        super().__init__(services, strict=strict, account=accounts[0])
        self.management, self.deny, self.pages, self.rates = management, tuple(deny), pages, tuple(rates)
        self.rules = rules_of(self.services, rules, strict=strict, enforce=enforce)
        self.accounts: dict[str, Sandbox] = {}
        self._deliver: Callable[[Mail], object] | None = None
        for account in accounts:
            self.add(account)
        if management:
            begin(self.moto_state, management, [account for account in accounts if account != management])

    @classmethod
    def around(cls, first: Sandbox) -> "World":
        """Return a world that begins with an account which was alone until now: others are created beside it."""
        world = object.__new__(cls)
        WorldState.__init__(world, (), strict=first.strict, account=first.account)
        world.services, world.rules, world.pages, world.rates = first.services, first.rules, first.pages, ()
        world.clock, world.in_flight, world.owners = first.clock, first.in_flight, first.callers.owners
        world.moto_state, world.accounts, world._deliver = first.moto_state, {first.account: first}, None
        first.world = world
        return world

    def add(self, account: str) -> Sandbox:
        """Open one more account, empty, and return it. Raises ValueError when there is one with this id."""
        if account in self.accounts:
            raise ValueError(f"there is an account {account} already")
        deny = self.deny if account != self.management else ()
        opened = Sandbox(account=account, strict=self.strict, deny=deny, pages=self.pages, rates=self.rates, world=self)
        if self._deliver:
            opened.deliver = self._deliver
        self.accounts[account] = opened
        return opened

    @property
    def first(self) -> Sandbox:
        """Return the account that was opened first."""
        return next(iter(self.accounts.values()))

    @property
    def account(self) -> str:
        """Return the id of the account that was opened first."""
        return self.first.account

    def answer(self, message: Message) -> Reply:
        """Answer one request in the account of its key; raise LostReply where the network is to fail."""
        return self.asked(message).answer(message)

    def asked(self, message: Message) -> Sandbox:
        """Return the account in which a request is made: that of its key, or of the role that a token is for.

        A request of nobody is for the first account.
        """
        scope = wire.scope(message)
        if scope is None:
            return self.first
        account = self._owner(scope.access_key) if scope.access_key else owner(wire.unsigned_role(message))
        return self.accounts.get(account, self.first)

    def transport(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Answer a client of this process, as its botocore `before-send` handler; nothing leaves the machine.

        Raises ReadTimeoutError or ConnectionClosedError.
        """
        return clients.transport(self, request)

    def session(
        self, account: str | None = None, caller: str | None = None, region: str = "us-east-1"
    ) -> boto3.Session:
        """Return a session of an account, as its administrator or as somebody else in it."""
        return self.accounts[account or self.account].session(caller, region)

    def key(self, account: str | None = None, caller: str | None = None) -> Key:
        """Return credentials of an account that act as its administrator or as somebody else in it."""
        return self.accounts[account or self.account].key(caller)

    @property
    def calls(self) -> list[Call]:
        """Return the calls that all accounts received, in order."""
        calls = [call for account in self.accounts.values() for call in account.calls]
        return sorted(calls, key=lambda call: call.at.timestamp() if call.at else 0.0)

    def forget_calls(self) -> None:
        """Forget the calls so far."""
        for account in self.accounts.values():
            account.forget_calls()

    @property
    def deliver(self) -> Callable[[Mail], object] | None:
        """Return what is called with each mail that SNS sends in any account."""
        return self._deliver

    @deliver.setter
    def deliver(self, deliver: Callable[[Mail], object]) -> None:
        """Set what is called with each mail that SNS sends in any account."""
        self._deliver = deliver
        for account in self.accounts.values():
            account.deliver = deliver

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Return the state of all accounts as one comparable value, by account id."""
        return {id: account.snapshot() for id, account in self.accounts.items()}

    def _owner(self, key: str) -> str:
        """Return the account that a key is of, or nothing."""
        if key.startswith(ADMINISTRATOR_KEYS) and (account := key.removeprefix(ADMINISTRATOR_KEYS)) in self.accounts:
            return account
        if key not in self.owners and (account := self.moto_state.owner_of(key) or ""):
            self.owners[key] = account
        return self.owners.get(key, "")
