"""A sandbox as the account of a selftest: another number, few regions, and clients as for any account."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from awsbase.aws import Attach, Aws
from awsbase.engine.account import check, identify
from awsbase.engine.wire import Wire
from awsbase.samples import SAMPLES
from awsbase.samples.sample import HOME, Sample
from awsbase.sandbox import Sandbox
from awsbase.selftest.fence import Fence
from awsbase.selftest.naming import PREFIX
from awsbase.selftest.recording import Recorder
from awsbase.selftest.run import Place
from awsbase.selftest.trial import Bench
from awsbase.testing.subject import FEWER

ACCOUNT = "210987654321"


def account() -> Sandbox:
    """Return an account that nobody has used."""
    return Sandbox(account=ACCOUNT, rules=FEWER)


def place(sandbox: Sandbox, folder: Path | None = None, *, isolated: bool = False, caller: str | None = None) -> Place:
    """Return the sandbox as a place for a selftest, which is recorded into a folder."""
    wire, fence = Wire(), Fence()
    recorder = Recorder(folder, sandbox.clock.now) if folder else None

    def connect(attach: Sequence[Attach]) -> Aws:
        return Aws(sandbox.session(caller), HOME.region, attach=attach, attempts=1)

    listening = [fence.listen, *([recorder.attach] if recorder else [])]
    reached = check(identify(connect([wire.attach, *listening]), wire), ACCOUNT)
    return Place(Bench(reached, sandbox.clock), connect, PREFIX, fence, isolated, recorder)


def sample(name: str) -> Sample:
    """Return the sample of a name."""
    return next(each for each in SAMPLES if each.name == name)
