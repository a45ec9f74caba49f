"""The next run of a test, after AWS's reads show what the last one wrote."""

from __future__ import annotations

from awsbase.engine.lock import CLOCK_SKEW, READ_LAG
from awsbase.sandbox import Message, Reply, Sandbox

# The value of the lock's parameter is JSON within JSON.
RELEASED = rb"\"released\": true"


def later(sandbox: Sandbox) -> None:
    """Let so much time pass at AWS that a run which begins now need not wait for reads that lag behind."""
    sandbox.clock.advance((READ_LAG + CLOCK_SKEW).total_seconds() + 1)


def unhurried(sandbox: Sandbox) -> Sandbox:
    """Let time pass at AWS after each run that wrote, once it has released its lock; return the sandbox."""
    answer = sandbox.answer

    def answering(message: Message) -> Reply:
        reply = answer(message)
        if RELEASED in message.body and b"/locks/awsbase/" in message.body:
            later(sandbox)
        return reply

    sandbox.answer = answering  # type: ignore[method-assign]
    return sandbox
