"""KMS keys of the account's own, known by their aliases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.access.comparison import widening
from awsbase.engine import quotas
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Condition, Permissions, allow, labelled, made_for
from awsbase.engine.references import references, resolve
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things, refused
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.keys import (
    OWN_BY_AWS,
    YEAR,
    KeyFacts,
    alias_behind,
    aliases,
    key,
    key_arns,
    key_of,
    key_tags,
    lost_key,
)
from awsbase.policies.document import Document, difference, listed, same
from awsbase.prices import Cost, by_use, monthly
from awsbase.prices import table as prices
from awsbase.records import record

GOING = ("PendingDeletion", "PendingReplicaDeletion")
LONGEST_WAIT = 30


class UnusableKey(AwsbaseError):
    """The key that stands where one is wanted cannot be used, and awsbase does not decide what becomes of it."""


@record(kw_only=True)
class Key(Resource):
    """A symmetric key behind `alias/NAME`, enabled, rotated, with this policy.

    The policy is owned wholly and always lets the account itself administer the key; tags are added to.
    """

    name: str
    policy: Document
    description: str = ""
    rotation_days: int = YEAR
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not any(delegates(statement, self.scope) for statement in listed(self.policy.get("Statement"))):
            raise ValueError(f"the policy of {self.address} would lock the account out: build it with key_policy")

    @property
    def address(self) -> str:
        return self.scope.address("key", self.name)

    @property
    def alias(self) -> str:
        return f"alias/{self.name}"

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield monthly(prices.KMS_KEY, self.scope.region)
        yield by_use(prices.KMS_USE, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield from references(self.policy)

    def mentions(self) -> Iterator[str]:
        """Yield what the policy names."""
        return self.needs()


def key_policy(scope: Scope, *statements: Document) -> Document:
    """Make a key policy of these statements and the one that no key can do without."""
    # A key whose policy names nobody who may change it is lost to the account for ever; IAM decides who acts for root.
    account: Document = {
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": {"AWS": scope.global_arn("iam", "root")},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [account, *statements]}


def delegates(statement: object, scope: Scope) -> bool:
    """Tell whether a statement of a key policy hands the key to the account's own IAM."""
    return (
        isinstance(statement, Mapping)
        and statement.get("Effect") == "Allow"
        and statement.get("Principal") == {"AWS": scope.global_arn("iam", "root")}
        and statement.get("Action") == "kms:*"
        and statement.get("Resource") == "*"
        and not statement.get("Condition")
    )


def key_reads(want: Key) -> Iterator[Read]:
    """Yield the facts that the recipe of a key reads, to prefetch them."""
    yield key, want.scope.region, want.alias, want.address


def ensure_key(run: Run, want: Key) -> Any:
    """Keep one key behind its alias: enabled, rotated, with this policy; returns its ARN."""
    kms = run.aws.kms
    policy = resolve(run, want.policy)
    size, remedy = quotas.characters(policy), "let fewer use it, or shorten its statements"
    quotas.fits(run, quotas.KEY_POLICY, f"key {want.alias}", size, remedy)
    behind_alias = run.read(key, want.scope.region, want.alias, want.address)
    have = behind_alias or run.read(lost_key, want.scope.region, want.address)
    tagged = tags_of(run, want, usable(want, have)) if have else tags.wanted(want)

    if have is None:
        # The tag goes with the call: a key has no name, and one whose creation was not heard of is found by it.
        made = run.create(
            "key", kms.create_key, Policy=policy, Description=want.description, Tags=pairs(tags.with_origin(want))
        )
        have = KeyFacts(made["KeyMetadata"]["Arn"], policy, description=want.description)
    run.created_at(have.created)

    # In turn: two calls at once would need another connection, whose handshake takes longer than the second call.
    if behind_alias is None:
        run.create(f"alias {want.alias}", kms.create_alias, AliasName=want.alias, TargetKeyId=have.arn)

    if drift := compare({"state": have.state}, {"state": "Enabled"}):
        why = "what is encrypted under it can be read again"
        run.update("state", drift, kms.enable_key, risk=access(why), KeyId=have.arn)

    if not same(have.policy, policy):
        drift = [Drift(*each) for each in difference(have.policy, policy)]
        why = widening(have.policy, policy)
        sent = {"PolicyName": "default", "Policy": policy}
        run.update("policy", drift, kms.put_key_policy, risk=access(why), KeyId=have.arn, **sent)

    if drift := compare({"rotation days": have.rotation_days}, {"rotation days": want.rotation_days}):
        why = "it rotates more seldom" if have.rotation_days and have.rotation_days < want.rotation_days else ""
        days = want.rotation_days
        run.update(
            "rotation", drift, kms.enable_key_rotation, risk=access(why), KeyId=have.arn, RotationPeriodInDays=days
        )

    if drift := compare({"description": have.description}, {"description": want.description}):
        run.update("description", drift, kms.update_key_description, KeyId=have.arn, Description=want.description)

    add_tags(run, want, tagged, kms.tag_resource, form=pairs, KeyId=have.arn)
    return have.arn


def remove_key(run: Run, want: Key) -> None:
    """Schedule the deletion of a key that this manifest made and nothing uses; its alias goes with it, in 30 days."""
    from awsbase.facts.key_users import users_of

    region = want.scope.region
    have = run.read(key, region, want.alias, want.address) or run.read(lost_key, region, want.address)
    if have is None or have.state in GOING or not tags.made_here(run, want, run.read(key_tags, region, have.arn)):
        return
    id = have.arn.rpartition("/")[2]
    names = tuple(sorted(alias for alias, target in run.read(aliases, region).items() if target == id))
    if using := [each for each in run.read(users_of, want.scope, have.arn, names) if not run.is_gone(each)]:
        run.note(f"kept: {', '.join(using)} could not be read without it")
        return

    run.delete("key", run.aws.kms.schedule_key_deletion, KeyId=have.arn, PendingWindowInDays=LONGEST_WAIT)


def usable(want: Key, have: KeyFacts) -> KeyFacts:
    """Return a key that can serve; raise UnusableKey for one about to go, or one that cannot encrypt for others."""
    if have.state == "PendingDeletion":
        when = f" on {have.goes:%Y-%m-%d}" if have.goes else ""
        id, region = have.arn.rpartition("/")[2], want.scope.region
        raise UnusableKey(
            f"the key behind {want.alias} ({have.arn}) is to be deleted{when}, "
            "and with it everything that is encrypted under it is lost",
            hint=f"keep it with `aws kms cancel-key-deletion --region {region} --key-id {id}` and "
            f"`aws kms enable-key --region {region} --key-id {id}`; "
            "to let it go, name another alias for the new key in the manifest",
        )
    if have.spec != "SYMMETRIC_DEFAULT":
        raise UnusableKey(
            f"the key behind {want.alias} ({have.arn}) is of the kind {have.spec}, which encrypts nothing for others",
            hint="name another alias in the manifest",
        )
    if have.origin != "AWS_KMS" or have.replica:
        what = "a replica of one in another region" if have.replica else f"made of material from {have.origin}"
        raise UnusableKey(
            f"the key behind {want.alias} ({have.arn}) is {what}, and AWS cannot rotate it here",
            hint="name another alias in the manifest",
        )
    return have


def tags_of(run: Run, want: Key, have: KeyFacts) -> Mapping[str, str]:
    """Return the tags that the resource has."""
    return tags.current(run, want, want.scope.region, have.arn, (key_tags, want.scope.region, have.arn))


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as KMS wants them."""
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


def things(facts: Facts, scope: Scope) -> Things:
    """Yield each key of a region: AWS's own, and those of the account under the first of their aliases."""
    from botocore.exceptions import ClientError

    region = scope.region
    behind, arns = facts.read_all((aliases, region), (key_arns, region))
    of_aws = {id: alias for alias, id in behind.items() if alias.startswith(OWN_BY_AWS)}
    names = {id: alias_behind(facts, region, id) for id in arns}
    own = [(id, arn) for id, arn in arns.items() if id not in of_aws]
    facts.prefetch(read for id, arn in own for read in reads_of(scope, id, arn, names[id]))
    for id, arn in arns.items():
        name = scope.address("key", names[id] or id)
        if id in of_aws:
            yield LeftAlone(name, "AWS", f"its alias {of_aws[id]}")
            continue
        try:
            yield from told(scope, names[id], name, *facts.read_all(*reads_of(scope, id, arn, names[id])))
        except ClientError as error:
            yield refused(name, error)


def reads_of(scope: Scope, id: str, arn: str, alias: str) -> tuple[Read, Read]:
    """Return the reads that tell all of a key: those that its recipe asks, too."""
    region = scope.region
    whole = (key, region, f"alias/{alias}", scope.address("key", alias)) if alias else (key_of, region, id)
    return whole, (key_tags, region, arn)


def told(scope: Scope, alias: str, name: str, have: KeyFacts | None, tagged: Mapping[str, str]) -> Things:
    """Yield a key as it is, or what of it no manifest says; nothing once it is gone."""
    if have is None:
        return
    if have.manager == "AWS":
        yield LeftAlone(name, "AWS", "KMS says so")
    elif said := tuple(beyond_words(scope, have, alias)):
        yield NotExpressible(name, said)
    else:
        days = have.rotation_days or 0
        yield Described(
            Key(scope=scope, name=alias, policy=have.policy, description=have.description, rotation_days=days), tagged
        )


def beyond_words(scope: Scope, have: KeyFacts, alias: str) -> Iterator[str]:
    """Yield what makes a key one that no manifest keeps."""
    if not alias:
        yield "no alias"
    if have.state in GOING:
        yield f"state: it goes on {have.goes:%Y-%m-%d}" if have.goes else "state: it goes"
    if have.spec != "SYMMETRIC_DEFAULT":
        yield f"kind: {have.spec}"
    if have.origin != "AWS_KMS":
        yield f"origin: {have.origin}"
    if have.replica:
        yield "replica of a key in another region"
    if not any(delegates(each, scope) for each in listed(have.policy.get("Statement"))):
        yield "policy: IAM policies of the account do not count"


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that it takes to list keys."""
    return read_permissions(Key(scope=scope, name="*", policy=key_policy(scope)))


def any_key(scope: Scope) -> tuple[str, ...]:
    """Return the ARN of any key of a region: what its id will be, nobody knows before it is there."""
    return (scope.arn("kms", "key/*"),)


KEY_SETTINGS = ("EnableKey", "EnableKeyRotation", "UpdateKeyDescription")


def behind(alias: str) -> Condition:
    """Make the condition that a key stands behind an alias."""
    return Condition("ForAnyValue:StringEquals", "kms:ResourceAliases", frozenset([alias]))


def read_permissions(want: Key) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow("kms", "ListAliases", "ListKeys")
    yield allow(
        "kms", "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags", on=any_key(want.scope)
    )


def write_permissions(want: Key) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("kms", "CreateKey", "TagResource", when=labelled(want.address))
    # Before there is a key, and a tag or an alias to know it by, KMS asks whether its maker can set the policy again.
    yield allow("kms", "PutKeyPolicy", on=any_key(want.scope))
    yield allow("kms", "CreateAlias", on=(want.scope.arn("kms", want.alias),))
    # One that was just made is known by its tag, for an alias takes up to five minutes to count.
    yield allow("kms", "CreateAlias", "TagResource", *KEY_SETTINGS, on=any_key(want.scope), when=made_for(want.address))
    # One that is adopted is known by its alias.
    yield allow("kms", *KEY_SETTINGS, on=any_key(want.scope), when=behind(want.alias))


def removal_permissions(want: Key) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    from awsbase.facts import key_users

    yield from key_users.permissions(want.scope)
    yield allow("kms", "ScheduleKeyDeletion", on=any_key(want.scope), when=made_for(want.address))


KIND = Kind(
    ensure_key,
    key_reads,
    resource=Key,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A KMS key behind an alias, rotated every year; the account's IAM policies say who uses it.",
        why="Whoever reads what is encrypted needs two rights instead of one, and every use stands in the trail.",
        undo=(
            TAKE_OUT,
            "be sure that nothing is encrypted under it any more: what is, is lost with it",
            "aws kms describe-key --key-id alias/NAME --region REGION tells its id",
            "aws kms schedule-key-deletion --key-id ID --pending-window-in-days 30 --region REGION",
        ),
        controls=("CIS 3.5", "CIS 3.6"),
        cost=(
            f"{prices.KMS_KEY} a month, as much again after the first rotation and after the second, and "
            f"{prices.KMS_USE.rate}"
        ),
    ),
    word="key",
    found_by="alias, else its tag",
    owns="policy, yearly rotation, description, enabled",
    keeps="tags, grants",
    quotas=(quotas.KEY_POLICY,),
    absent=Absent(
        remove_key,
        exempt="what is encrypted under it is lost with it",
        leaves={"kms": "keys stay, disabled, until their deletion in 30 days"},
        turn="after all",
        permissions=removal_permissions,
    ),
    describe=Describe(things, describe_permissions, everywhere=True),
)
