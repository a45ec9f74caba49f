"""The embedded AWS: one account, in this process, as strict as the real one.

Each request goes one way: read service, operation and parameters; inject a planned fault; ask the rules before moto;
call moto; ask the rules after it; log the call. Rules see the API's own words; HTTP stays in `wire`, moto's state in
`moto_state`.
"""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from email.utils import formatdate
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from moto.core.model import OperationModel

from awsbase.sandbox import clients, domains, faults, wire
from awsbase.sandbox.authentication import who_signed
from awsbase.sandbox.authorization import resources
from awsbase.sandbox.authorization.decision import Document
from awsbase.sandbox.authorization.enforce import ENFORCE, OF_OTHER_ACCOUNTS
from awsbase.sandbox.authorization.organization import CONTROL, CONTROL_MEMBERS
from awsbase.sandbox.call_log import Call, writes
from awsbase.sandbox.callers import ADMINISTRATOR_KEY, ADMINISTRATOR_KEYS, Key, administrator_key
from awsbase.sandbox.common import with_common_rules
from awsbase.sandbox.faults import Faults
from awsbase.sandbox.http import Message, Reply
from awsbase.sandbox.issuers import Issuer, Issuers
from awsbase.sandbox.late_reads import LateReads
from awsbase.sandbox.moto_state import has
from awsbase.sandbox.organization_trails import OrganizationTrails
from awsbase.sandbox.rates import Rate, Rates
from awsbase.sandbox.service import AccountState, Request, Rule, Service, Services, WorldState, about
from awsbase.sandbox.services import SERVICES
from awsbase.sandbox.services.iam import mfa
from awsbase.sandbox.services.sns import Mail, Outbox, confirm
from awsbase.sandbox.snapshot import must_show, snapshot
from awsbase.sandbox.wire import Refusal, Scope


class Sandbox(AccountState):
    """Be an AWS account that nothing leaves and that starts empty.

    `services` are the services that it knows; `rules` look at a request before theirs do. With `enforce` each call
    needs a policy that allows it; `deny` are service control policies of its organization; `pages` is the greatest
    length of a page; `rates` are how often calls are taken. An account of a `world` shares its clock, and what moto
    holds, with the others.
    """

    def __init__(
        self,
        *,
        strict: bool = True,
        enforce: bool = False,
        deny: Sequence[Document] = (),
        account: str = "123456789012",
        pages: int | None = None,
        services: Sequence[Service] = SERVICES,
        rules: tuple[Rule, ...] = (),
        rates: Sequence[Rate] = (),
        world: WorldState | None = None,
    ) -> None:
        super().__init__(services, strict=strict, account=account, pages=pages, world=world)
        self.faults = Faults()
        self.late_reads = LateReads()
        self.rates = Rates(rates)
        self.service_control_policies += deny
        self.rules = world.rules if world else rules_of(self.services, rules, strict=strict, enforce=enforce)
        self._sessions: dict[str | None, Any] = {}
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._lock = RLock()

    def answer(self, message: Message) -> Reply:
        """Answer one request as AWS would; raise LostReply where the network is to fail."""
        scope = wire.scope(message)
        if scope is None:
            return wire.refuse("sts", Refusal("MissingAuthenticationToken", "the request is not signed"))
        if not wire.known(scope.service):
            return wire.refuse("sts", wire.gap(scope.service, urlsplit(message.url).path))
        try:
            operation, params, protocol = wire.read(scope.service, message)
        except Refusal as refusal:
            self.calls.append(Call(scope.service, "Unknown", scope.region, {}, refusal.code))
            return wire.refuse(scope.service, refusal)
        if protocol != wire.protocol_of(operation):
            message = wire.write(operation, params, message)

        name = f"{scope.service}:{operation.name}"
        injected = self.faults.injected(name)
        if not self.rates.take(name, scope.region, self.clock.time()):
            injected = (*injected, "throttle")
        codes = self.services.find(scope.service).codes
        if writes(str(operation.name)):
            self.in_flight.arrive(scope.service)
        with self._lock, self.moto_state.open():
            index = len(self.calls)
            self._note(scope, str(operation.name), deepcopy(params), message)
            try:
                faults.before(injected, name, codes)
                if "stale" in injected and writes(str(operation.name)):
                    self.late_reads.keep(self, scope.service)
                reply = self._late_or_now(scope, operation, params, message)
                error = wire.error_code(operation, reply)
            except Refusal as refusal:
                said = wire.reworded(refusal, scope.service, self.services.find(scope.service).words)
                reply, error = wire.refuse(scope.service, said, operation), refusal.code
            self.calls[index] = replace(self.calls[index], error=error)
            call = self.calls[index]
            if call.caller:
                for account in {id(each): each for each in (self, *self._others(call))}.values():
                    account.history.append(replace(call, reply=reply) if call.writes else call)
            faults.after(injected, name)
        return self._dated(wire.translated(operation, reply, protocol))

    def asked(self, message: Message) -> "Sandbox":
        """Return the account in which a request is made: this one, whoever signed it."""
        return self

    def _others(self, call: Call) -> Iterator[AccountState]:
        """Yield the other accounts whose event history has a call: that of a resource, and of a role that is assumed.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
        """
        if self.world is None:
            return
        yield resources.home(self, call.service, call.operation, call.params)
        role = self.world.accounts.get(resources.owner(str(call.params.get("RoleArn"))))
        if call.operation == "AssumeRole" and role and not call.error:
            yield role

    def _dated(self, reply: Reply) -> Reply:
        """Return a reply with the time that it is here."""
        others = {name: value for name, value in reply.headers.items() if name.lower() != "date"}
        return replace(reply, headers={**others, "Date": formatdate(self.clock.time(), usegmt=True)})

    def transport(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Answer a client of this process, in the name of whichever account its key is of; nothing leaves the machine.

        Raises ReadTimeoutError or ConnectionClosedError.
        """
        return clients.transport(self.world or self, request)

    def session(self, caller: str | None = None, region: str = "us-east-1") -> boto3.Session:
        """Return a session whose clients all speak to this sandbox, as its administrator or as somebody else."""
        key = self.key(caller)
        return clients.session(key, region, self.transport)

    def client(self, service: str, region: str = "us-east-1", caller: str | None = None) -> Any:
        """Return a boto3 client that speaks to this sandbox."""
        wanted = (service, region, caller or "")
        if wanted not in self._clients:
            quick = Config(retries={"mode": "standard", "total_max_attempts": 1}, proxies={})
            if caller not in self._sessions:
                self._sessions[caller] = self.session(caller)
            self._clients[wanted] = self._sessions[caller].client(service, region_name=region, config=quick)
        return self._clients[wanted]

    def key(self, caller: str | None = None) -> Key:
        """Return credentials that act as the administrator, as `root`, `user/NAME`, `role/NAME`, or a user's session.

        `session/NAME` is a session without MFA, `mfa/NAME` one with it.
        """
        if caller is None:
            return Key(administrator_key(self.account) if self.world else ADMINISTRATOR_KEY, "sandbox")
        return self.callers.issue(self.callers.called(caller))

    @property
    def deliver(self) -> Callable[[Mail], object]:
        """Return what is called with each mail that SNS sends; all of them are kept in `mails` as well."""
        return self.memory(Outbox).deliver

    @deliver.setter
    def deliver(self, deliver: Callable[[Mail], object]) -> None:
        """Set what is called with each mail that SNS sends."""
        self.memory(Outbox).deliver = deliver

    @property
    def mails(self) -> list[Mail]:
        """Return the requests for confirmation that SNS has mailed, in order."""
        return self.memory(Outbox).mails

    def confirm(self, topic: str, endpoint: str) -> None:
        """Confirm a subscription that waits, as the owner of the address does by the link in the mail."""
        confirm(self.backend("sns", topic.split(":")[3]), topic, endpoint)

    def issuer(self, url: str) -> Issuer:
        """Return the identity provider at a URL, whose published keys AWS can read from then on."""
        return self.memory(Issuers).known.setdefault(url, Issuer(url, self.clock))

    def delegate(self, domain: str, servers: Sequence[str] | None = None) -> None:
        """Let the public DNS lead a domain to name servers: those of its newest hosted zone unless others are given."""
        with self._lock, self.moto_state.open():
            domains.delegate(self, domain, servers)

    def resolve(self, name: str, type: str) -> tuple[str, ...] | None:
        """Return what the public DNS answers for a name and a type; None where its servers do not know the zone."""
        with self._lock, self.moto_state.open():
            if type == "NS" and (servers := domains.name_servers(self, name)) != ():
                return servers
            return domains.answers(self, name, type)

    def foreign_bucket(self, name: str) -> None:
        """Let another account have a bucket of this name."""
        self.call_moto("s3:CreateBucket", account="999999999999", Bucket=name)

    def organization_trail(self, name: str, region: str, *, everywhere: bool = True, logging: bool = True) -> str:
        """Let the account be a member of an organization that has this trail; return its ARN."""
        return self.memory(OrganizationTrails).add(name, region, everywhere=everywhere, logging=logging)

    def fido(self, user: str, name: str = "security-key") -> str:
        """Let a user have registered a FIDO security key; return its serial number."""
        return mfa.give_fido(self, user, name)

    def open_beside(self, account: str) -> AccountState:
        """Open another account, empty, and return it; from then on the access key of a request says whose it is."""
        return (self.world or Neighbours(self)).add(account)

    def snapshot(self) -> dict[str, Any]:
        """Return the account's state as one comparable value, by service."""
        return snapshot(self)

    def _late_or_now(self, scope: Scope, operation: OperationModel, params: dict[str, Any], message: Message) -> Reply:
        if writes(str(operation.name)) or not self.late_reads.pasts:
            return self._carry_out(scope, operation, params, message)
        read = f"{scope.region} {operation.name} {params}"
        with self.late_reads.answering(self, scope.service, read):
            return self._carry_out(scope, operation, params, message)

    def _carry_out(self, scope: Scope, operation: OperationModel, params: dict[str, Any], message: Message) -> Reply:
        name = f"{scope.service}:{operation.name}"
        if writes(str(operation.name)):
            must_show(self.services.find(scope.service), name)
        caller = who_signed(self, scope)
        self.calls[-1] = replace(self.calls[-1], caller=caller)
        home = resources.home(self, scope.service, str(operation.name), params)
        request = Request(scope.service, str(operation.name), scope.region, home.account, caller, params, home)
        rules = about(self.rules, name)
        # The log has a copy of its own; rules change what is sent on.
        as_sent = self.calls[-1].params

        response = None
        for rule in rules:
            if rule.before and (response := rule.before(request)) is not None:
                break
        if response is None:
            if request.params != as_sent:
                message = wire.write(operation, request.params, message)
            reply = home.moto_state.send(scope.service, scope.region, message) if has(scope.service) else None
            if reply is None:
                raise wire.gap(scope.service, str(operation.name))
            amending = [rule.after for rule in rules if rule.after]
            if reply.status >= 300:
                return self._reworded(reply, operation)
            if not amending:
                return reply
            response = wire.understand(operation, reply)
        for rule in rules:
            if rule.after:
                rule.after(request, response)
        return wire.answer(operation, response)

    def _reworded(self, reply: Reply, operation: OperationModel) -> Reply:
        """Return moto's refusal as moto wrote it, unless AWS words it otherwise."""
        service = str(operation.service_model.service_name)
        try:
            wire.understand(operation, reply)
        except Refusal as refusal:
            said = wire.reworded(refusal, service, self.services.find(service).words)
            return reply if said is refusal else wire.refuse(service, said, operation)
        return reply

    def _note(self, scope: Scope, operation: str, params: dict[str, Any], message: Message) -> None:
        """Log a call that has not arrived yet."""
        agent = message.header("User-Agent")
        at, key, address = self.clock(), scope.access_key, self.address
        call = Call(scope.service, operation, scope.region, params, "lost", at, key, address=address, agent=agent)
        self.calls.append(call)


def rules_of(services: Services, rules: Sequence[Rule], *, strict: bool, enforce: bool) -> tuple[Rule, ...]:
    """Return the rules that look at each request, in order: policies, the given ones, those of the services."""
    first = (CONTROL, CONTROL_MEMBERS, ENFORCE) if enforce else (CONTROL, OF_OTHER_ACCOUNTS)
    return tuple(rule for rule in (*first, *rules, *with_common_rules(services)) if strict or not rule.strict)


class Accounts(WorldState):
    """Be accounts behind one endpoint."""

    def __init__(self, services: Sequence[Service], *, strict: bool, account: str) -> None:
        super().__init__(services, strict=strict, account=account)
        self.accounts: dict[str, Sandbox] = {}

    def resolve(self, name: str, type: str) -> tuple[str, ...] | None:
        """Return what the public DNS answers for a name and a type; None where its servers do not know the zone."""
        return self.first.resolve(name, type)

    @property
    def first(self) -> Sandbox:
        """Return the account that was opened first."""
        return next(iter(self.accounts.values()))

    def opened(self, account: str, **chosen: Any) -> Sandbox:
        """Open one more account as it was chosen. Raises ValueError when there is one with this id."""
        if account in self.accounts:
            raise ValueError(f"there is an account {account} already")
        self.accounts[account] = Sandbox(account=account, strict=self.strict, world=self, **chosen)
        return self.accounts[account]

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
        account = self._owner(scope.access_key) if scope.access_key else resources.owner(wire.unsigned_role(message))
        return self.accounts.get(account, self.first)

    def _owner(self, key: str) -> str:
        """Return the account that a key is of, or nothing."""
        if key.startswith(ADMINISTRATOR_KEYS) and (account := key.removeprefix(ADMINISTRATOR_KEYS)) in self.accounts:
            return account
        if key not in self.owners and (account := self.moto_state.owner_of(key) or ""):
            self.owners[key] = account
        return self.owners.get(key, "")


class Neighbours(Accounts):
    """Be an account that was alone, and those that are created beside it."""

    def __init__(self, first: Sandbox) -> None:
        super().__init__((), strict=first.strict, account=first.account)
        self.services, self.rules = first.services, first.rules
        self.clock, self.in_flight, self.owners = first.clock, first.in_flight, first.callers.owners
        self.moto_state = first.moto_state
        self.accounts[first.account] = first
        first.world = self

    def add(self, account: str) -> Sandbox:
        """Open one more account, empty, and return it. Raises ValueError when there is one with this id."""
        return self.opened(account, pages=self.first.pages)
