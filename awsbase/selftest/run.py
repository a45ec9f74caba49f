"""A whole selftest: what earlier ones left is taken away, each sample is tried, and the account compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial

from awsbase.adopt.survey import Survey, survey
from awsbase.aws import Attach, Aws
from awsbase.engine.account import Account
from awsbase.engine.facts import Facts, ReadCache
from awsbase.engine.run import Interrupted
from awsbase.engine.scope import Scope
from awsbase.engine.things import Described
from awsbase.ensure import KINDS
from awsbase.ensure.regions import regions
from awsbase.facts import tags
from awsbase.facts.authorization import authorization
from awsbase.samples.sample import HOME, Reached, Sample
from awsbase.selftest.choice import Choice
from awsbase.selftest.empty import is_setting, name_in, of_aws, ways_away
from awsbase.selftest.fence import Fence
from awsbase.selftest.hands import Hands
from awsbase.selftest.naming import Naming, mark_of, run_of
from awsbase.selftest.recording import Recorder
from awsbase.selftest.trial import REMOVED, Bench, Result, removed, tried


@dataclass
class Place:
    """Where a selftest works: the account, how hands connect to it, and what its names begin with.

    An `isolated` account has things of others, which hands must not touch.
    """

    bench: Bench
    connect: Callable[[list[Attach]], Aws]
    prefix: str
    fence: Fence = field(default_factory=Fence)
    isolated: bool = False
    recorder: Recorder | None = None
    tell: Callable[[str], object] = lambda text: None

    @property
    def account(self) -> Account:
        return self.bench.account

    @property
    def scope(self) -> Scope:
        """The account, as a manifest with the prefix as its name would call it."""
        return replace(HOME, account=self.account.id, name=self.prefix)

    def hands(self, naming: Naming) -> Hands:
        """Return hands for a sample with these names."""

        def connect(attach: list[Attach]) -> Aws:
            fenced = [self.fence.around(lambda: naming.name)] if self.isolated else []
            listening = [self.recorder.attach] if self.recorder else []
            return self.connect([*attach, *fenced, self.fence.listen, *listening])

        return Hands(self.bench.clock, self.account, connect, naming)

    @contextmanager
    def facts(self) -> Iterator[Facts]:
        """Yield facts of the account, read anew."""
        with ThreadPoolExecutor(4, "fact") as readers:
            yield Facts(self.account.aws, readers, ReadCache())

    def survey(self) -> Survey:
        """List what the account has; raises Interrupted."""
        return survey(
            self.account, self.scope, list(KINDS.values()), observer=self.bench.observer, stop=self.bench.stop
        )


@dataclass
class Selftest:
    """What came of a selftest: of each sample, of what earlier ones left, and how the account differs from before.

    `kept` is what has to differ, each with the reason, and `differences` is what should not.
    """

    account: str
    prefix: str
    choices: Sequence[Choice]
    budget: Decimal
    results: list[Result] = field(default_factory=list)
    cleaned: list[Result] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    usd: Decimal = Decimal(0)
    stopped: str = ""

    @property
    def failed(self) -> bool:
        """Tell whether something went wrong, or was not tried that should have been."""
        return bool(self.stopped or self.differences) or any(each.failed for each in (*self.results, *self.cleaned))


def selftest(place: Place, choices: Sequence[Choice], budget: Decimal, before: Survey) -> Selftest:
    """Take away what earlier selftests left, and try the samples one after the other, within the budget."""
    result = Selftest(place.account.id, place.prefix, choices, budget)
    run = run_of(place.bench.clock.now())
    try:
        clean(place, result.cleaned)
        for choice in choices:
            if choice.why_not:
                continue
            if result.usd + choice.usd > budget:
                result.stopped = f"the budget of ${budget} ends before {choice.sample.name}, which costs ${choice.usd}"
                break
            result.usd += choice.usd
            attempt(place, choice.sample, run, result.results)
        result.kept, result.differences = differences(before, place.survey(), place.prefix)
    except Interrupted:
        result.stopped = "interrupted: run it again, or with --clean"
    return result


def attempt(place: Place, sample: Sample, run: str, results: list[Result]) -> None:
    """Try one sample; raises Interrupted."""
    hands = place.hands(Naming.of(sample, place.prefix, run, place.account.id))

    def entering(name: str, step: str, part: str) -> None:
        if not part:
            place.tell(f"{name}: {step}")
        if place.recorder:
            place.recorder.enter(name, f"{step}: {part}" if part else step, hands.naming)

    place.bench.entering = entering
    try:
        results.append(Result(sample.name, hands.naming.name))
        tried(place.bench, hands, sample, results[-1])
    finally:
        if place.recorder:
            place.recorder.leave()


def clean(place: Place, results: list[Result]) -> None:
    """Take away what earlier selftests with this prefix left; raises Interrupted."""
    from awsbase.samples import SAMPLES

    by_mark = {mark_of(sample): sample for sample in SAMPLES}
    for name in earlier(place):
        if (sample := by_mark.get(name[-4:])) is None:
            results.append(Result(name, name, {REMOVED: ["no sample of this release has such names"]}))
            continue
        hands = place.hands(Naming(name, place.account.id))
        result = Result(sample.name, name)
        # What was made by hand is there only if the selftest came so far.
        tidy = replace(hands.naming.sample(sample), after=partial(attempt_after, sample))
        removed(place.bench, hands, tidy, result)
        results.append(result)


def attempt_after(sample: Sample, aws: Reached) -> None:
    """Take away what was made by hand; what is not there need not go."""
    from botocore.exceptions import ClientError

    try:
        sample.after(aws)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if "NotFound" not in code and not code.startswith("NoSuch"):
            raise


def earlier(place: Place) -> list[str]:
    """Return the names of selftests that left something: by the tag of origin, and of groups, which take no tags."""
    with place.facts() as facts:
        iam = facts.read(authorization)
        indexes = [facts.read(tags.indexed, region) for region in facts.read(regions).on]
        every: list[Mapping[str, str]] = [each for index in indexes for each in index.values()]
        every += [user.tags for user in iam.users.values()]
        every += [role.tags for role in iam.roles.values()]
        texts = [each.get(tags.CREATED_BY, "") for each in every] + [each.name for each in iam.groups.values()]
    return sorted({name for text in texts if (name := name_in(text, place.prefix))})


def differences(before: Survey, after: Survey, prefix: str) -> tuple[list[str], list[str]]:
    """Name what an account has, lacks, or has otherwise than before: what is to be so, and what is not."""
    old, new = listed(before), listed(after)
    expected, others = list[str](), list[str]()
    for name in sorted({*old, *new}):
        if old.get(name) == new.get(name):
            continue
        how = "is there now" if name not in old else "is gone" if name not in new else "is another"
        if why := foreseen(name, prefix):
            expected.append(f"{name} {how}: {why}")
        else:
            others.append(f"{name} {how}")
    return expected, others


def foreseen(address: str, prefix: str) -> str:
    """Return why something differs after a selftest; empty when it must not."""
    ways = ways_away(address)
    if ways and all(each.remove is None for each in ways):
        return "a setting that awsbase never reverts"
    return "; ".join(text for each in ways for text in each.leaves.values()) if name_in(address, prefix) else ""


def listed(found: Survey) -> dict[str, object]:
    """Return what a survey found by name, as far as it can be compared; without what AWS looks after."""
    things = [each for each in found.things if not of_aws(each)]
    return {each.name: each.resource if isinstance(each, Described) else type(each) for each in things}


def names_of(found: Survey, account: Account) -> set[str]:
    """Return what others are called in an account, and the caller, to be replaced in recordings."""
    theirs = [each for each in found.things if not (of_aws(each) or is_setting(each))]
    named = {each.name.partition("/")[2].partition("@")[0] for each in theirs}
    return named.union(account.caller.split("/")[1:])
