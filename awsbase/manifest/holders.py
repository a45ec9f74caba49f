"""Groups and roles to which a section gives a policy of their own, called after the section and whoever has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from awsbase.ensure.policy import Policy
from awsbase.manifest.base import Base
from awsbase.manifest.merge import Attach, Yielded
from awsbase.manifest.paths import Steps, shown
from awsbase.manifest.section import ValidationProblem, closest
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

LONGEST_POLICY = 128


def holder_problems(
    names: Sequence[str], at: Steps, manifest: Manifest, word: str, every: Sequence[str], *, roles_only: bool = False
) -> Iterator[ValidationProblem]:
    """Yield those that the manifest does not define, and whose policy, called NAME-WORD-HOLDER, cannot be made.

    `every` are all holders of the section: IAM tells names of policies by their letters, and not by their case.
    """
    for index, name in enumerate(names):
        if wrong := mistake(name, every, manifest, word, roles_only=roles_only):
            yield ValidationProblem((*at, index), *wrong)


def mistake(
    name: str, every: Iterable[str], manifest: Manifest, word: str, *, roles_only: bool = False
) -> tuple[str, str] | None:
    """Say why one holder cannot have its policy, and what to write instead; None if it can."""
    iam = manifest.iam
    known = [*(iam.groups if iam and not roles_only else ()), *(iam.roles if iam else ())]
    if name not in known:
        what, where = ("role", "iam.roles") if roles_only else ("group or role", "iam.groups or iam.roles")
        return f"no {what} called {name!r}", closest(name, known) or f"name one of {where}"
    if (twin := next(each for each in every if each.lower() == name.lower())) != name:
        message = f"the policy of {shown(name)} and that of {shown(twin)} are one name to AWS"
        return message, "give one of them another name"
    if len(name) > (most := LONGEST_POLICY - len(f"{manifest.account.name}-{word}-")):
        message = f"{len(name)} characters are too many for a policy that is called after its holder"
        return message, f"name one with at most {most}"
    return None


def policy_of(
    base: Base, manifest: Manifest, word: str, holder: str, document: Document, at: Steps, *, description: str = ""
) -> Iterator[Yielded]:
    """Yield the policy of one holder, attached to the group and the role of that name."""
    policy = Policy(
        scope=base.scope,
        name=f"{base.name}-{word}-{holder}",
        document=document,
        description=description or f"What the manifest gives to {holder} in {word}",
        tags=base.tags,
    )
    yield policy
    iam = manifest.iam
    for kind, names in (("group", iam.groups), ("role", iam.roles)) if iam else ():
        if holder in names:
            yield Attach(address=f"{kind}/{holder}", policy=policy, at=at)
