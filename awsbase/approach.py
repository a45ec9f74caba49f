"""The way to an account: who the caller is, and what is connected to and read meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING

from awsbase.aws import Attach, Aws
from awsbase.engine.account import Account, check, identify
from awsbase.engine.clock import Clock
from awsbase.engine.early_reads import EarlyReads
from awsbase.engine.facts import Read, ReadCache
from awsbase.engine.rate_limit import RateLimiter
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError
from awsbase.records import record

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from awsbase.aws import AnySession
    from awsbase.engine.resource import Resource
    from awsbase.manifest.loaded import LoadedManifest


@record
class Target:
    """The account to work on, its clock, and what is read from it already."""

    account: Account
    clock: Clock
    early: EarlyReads | None = None

    def cache(self) -> ReadCache:
        """Return a cache for the first execution, with what is read already."""
        return self.early.taken() if self.early else ReadCache()

    def connect(self, calls: Mapping[tuple[str, str], int]) -> None:
        """Begin to connect for so many calls to services in regions; calls tell what goes wrong.

        The region of a service without regions is empty.
        """
        if self.early:
            aws = self.account.aws
            for (service, region), count in calls.items():
                with suppress(Exception):
                    self.early.connect(getattr(aws.at(region) if region else aws, service), count)


def account_of(session: AnySession, region: str, clock: Clock, attach: Sequence[Attach] = ()) -> Account:
    """Return the account and the caller of a session, as AWS reports them, with what guards and counts each call."""
    wire = Wire()
    return identify(Aws(session, region, attach=[wire.attach, RateLimiter(clock).attach, *attach]), wire)


class Approach:
    """The way to the account of a manifest, which can be begun before the manifest is checked."""

    def __init__(self, session: AnySession, region: str, clock: Clock, attach: Sequence[Attach] = ()) -> None:
        self._clock, self._early, self._wire = clock, EarlyReads(), Wire()
        limiter = RateLimiter(clock)
        self._aws = Aws(session, region, attach=[self._early.attach, self._wire.attach, limiter.attach, *attach])
        self._expected: Future[tuple[str, Sequence[Read]]] = Future()
        self._answer: Future[Account | None] = Future()

    def begin(self) -> None:
        """Connect to STS in a thread. It asks who the caller is once `expect` names an account."""
        # Nobody waits for it where the manifest has mistakes.
        threading.Thread(target=self._ask, args=(self._aws.sts,), name="ask", daemon=True).start()

    def connect(self, service: str) -> None:
        """Open a connection to a service, in a thread, for its first call."""
        self._early.connect(getattr(self._aws, service))

    def expect(self, account: str, reads: Sequence[Read]) -> None:
        """Let AWS be asked who the caller is, and let reads be made if that is somebody of the expected account."""
        self._expected.set_result((account, reads))

    def target(self, loaded: LoadedManifest, resources: Sequence[Resource]) -> Target:
        """Return the manifest's account, from which resources are read already.

        Raises Refused when it is another one, and AwsbaseError when AWS does not say who the caller is.
        """
        # Imported late: by now the first connections are being opened.
        from awsbase.engine.kind import early_reads

        def meanwhile() -> None:
            reads = early_reads(loaded.kinds, resources)
            # The fingerprint is kept, and the run needs it next.
            self._early.begin(self._aws, reads, lambda: loaded.fingerprint)

        with self._early.held():
            if self._expected.done():
                meanwhile()
                account = self._answer.result() or identify(self._aws, self._wire)
            else:
                account = identify(self._aws, self._wire, meanwhile)
            return Target(check(account, loaded.account), self._clock, self._early)

    def _ask(self, sts: BaseClient) -> None:
        try:
            # Loaded with the client.
            from awsbase.connections import connect

            facts = self._early.facts(self._aws)
            connect(sts, sts.meta.endpoint_url)
            expected, reads = self._expected.result()
            account = identify(self._aws, self._wire)
        except AwsbaseError as error:
            self._answer.set_exception(error)
            return
        except BaseException:  # noqa: BLE001, `target` asks again, and raises what goes wrong then
            self._answer.set_result(None)
            return
        self._answer.set_result(account)
        with suppress(Exception):  # `target` says what is wrong with the account, and the run what it could not read
            check(account, expected)
            self._early.allow()
            for fact, *arguments in reads:
                facts.read(fact, *arguments)
