"""Several accounts of AWS behind one endpoint; the access key of a request says in which of them it is made.

The accounts have one clock, and moto keeps what they hold side by side, by account id. Each has its own calls, faults
and what its rules remember.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from awsbase.sandbox import clients
from awsbase.sandbox.account import Accounts, Sandbox, rules_of
from awsbase.sandbox.authorization.decision import Document
from awsbase.sandbox.call_log import Call
from awsbase.sandbox.callers import Key
from awsbase.sandbox.organization import begin
from awsbase.sandbox.rates import Rate
from awsbase.sandbox.service import Rule, Service
from awsbase.sandbox.services import SERVICES
from awsbase.sandbox.services.sns import Mail


class World(Accounts):
    """Be several accounts that nothing leaves and that start empty.

    `accounts` are their ids, or their names in an organization by id. With `management` that account has an
    organization from the start, whose members are the others; without it there is none until CreateOrganization.
    `deny` are service control policies, which do not bind the management account. The other arguments are those of
    each account.
    """

    def __init__(
        self,
        accounts: Sequence[str] | Mapping[str, str],
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
        super().__init__(services, strict=strict, account=next(iter(accounts)))
        self.management, self.deny, self.pages, self.rates = management, tuple(deny), pages, tuple(rates)
        self.rules = rules_of(self.services, rules, strict=strict, enforce=enforce)
        self._deliver: Callable[[Mail], object] | None = None
        for account in accounts:
            self.add(account)
        if management:
            names = accounts if isinstance(accounts, Mapping) else {id: f"account-{id}" for id in accounts}
            begin(self.moto_state, management, {id: name for id, name in names.items() if id != management})

    def add(self, account: str) -> Sandbox:
        """Open one more account, empty, and return it. Raises ValueError when there is one with this id."""
        deny = self.deny if account != self.management else ()
        opened = self.opened(account, deny=deny, pages=self.pages, rates=self.rates)
        if self._deliver:
            opened.deliver = self._deliver
        return opened

    @property
    def account(self) -> str:
        """Return the id of the account that was opened first."""
        return self.first.account

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
