"""An account of the sandbox that is adopted as the command does it: what was listed, the manifest, the counts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from awsbase.adopt import target
from awsbase.adopt.count import Count, counted
from awsbase.adopt.proof import Proven, Target, proven
from awsbase.adopt.sections import names, section
from awsbase.adopt.sections.account import tags_of
from awsbase.adopt.seen import Seen
from awsbase.adopt.survey import Survey, survey
from awsbase.aws import Aws
from awsbase.engine.account import Account, check, identify
from awsbase.engine.changes import Report
from awsbase.engine.execution import execute
from awsbase.engine.facts import Facts, ReadCache
from awsbase.engine.kind import Kinds
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.manifest.base import Base
from awsbase.manifest.manifest import Manifest
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import HOME, account


@dataclass(frozen=True)
class Adopted:
    """What came of adopting an account."""

    survey: Survey
    target: Target
    proven: Proven
    count: Count

    @property
    def text(self) -> str:
        """The manifest."""
        return self.proven.text

    @property
    def resources(self) -> dict[str, Resource]:
        """What the manifest compiles to, by address."""
        return {each.address: each for several in self.proven.resources.values() for each in several}


def adopted(
    sandbox: Sandbox,
    *,
    only: Sequence[str] = (),
    caller: str | None = None,
    kinds: Kinds = KINDS,
    scope: Scope = HOME,
    file: Path = Path("acme.yaml"),
) -> Adopted:
    """Adopt the sandbox's account as one whose home is that of `scope`, or `only` these sections of it."""
    reached, cache = reached_from(scope, sandbox, caller), ReadCache()
    chosen = [name for name in Manifest.model_fields if name in names() and (not only or name in only)]
    drawn = {kind for name in chosen for kind in section(name).KINDS} if only else set(kinds)
    step = partial(execute, "plan", kinds=kinds, account=reached, clock=sandbox.clock, cache=cache)

    def plan(resources: Sequence[Resource], manifest: Manifest) -> Report:
        return step(resources)

    found = survey(reached, scope, [each for kind, each in kinds.items() if kind in drawn], cache=cache)
    with ThreadPoolExecutor(4, "fact") as readers:
        labels = tags_of(found.described) if "account" in chosen else {}
        seen = Seen(Base(scope.name, scope, labels), Facts(reached.aws, readers, cache), tuple(found.described))
        drafts = {name: section(name).draft for name in chosen}
        goal = target.new(file, scope.account, scope.name, scope.home)
        done = proven(seen, drafts, goal, plan)
    return Adopted(found, goal, done, counted(found, done))


def reached_from(scope: Scope, sandbox: Sandbox, caller: str | None) -> Account:
    """Return the sandbox's account as the caller reaches it, in whichever partition it is."""
    if scope.partition == HOME.partition:
        return account(sandbox, caller)
    wire = Wire()
    aws = Aws(sandbox.session(caller), scope.home, attach=[wire.attach], attempts=1)
    return check(identify(aws, wire), scope.account)
