"""S3's lock on public buckets, for the account as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.facts.optional import empty_if
from awsbase.records import record

FOUR = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@record(kw_only=True)
class PublicAccessBlock(Resource):
    """No bucket of the account is public, whatever its own settings and policy say."""

    @property
    def address(self) -> str:
        return "public-access-block/account"


def public_access(facts: Facts, account: str) -> Mapping[str, bool]:
    """Read the account's four switches; what was never set is off."""
    said = empty_if(
        "NoSuchPublicAccessBlockConfiguration", facts.aws.s3control.get_public_access_block, AccountId=account
    )
    have = said["PublicAccessBlockConfiguration"] if said else {}
    return {name: have.get(name, False) for name in FOUR}


def ensure_public_access_block(run: Run, want: PublicAccessBlock) -> None:
    """Switch all four on."""
    have = run.read(public_access, want.scope.account)
    wanted = dict.fromkeys(FOUR, True)
    if drift := compare(have, wanted):
        run.update(
            "public access block",
            drift,
            run.aws.s3control.put_public_access_block,
            AccountId=want.scope.account,
            PublicAccessBlockConfiguration=wanted,
        )


def public_access_reads(want: PublicAccessBlock) -> Iterator[Read]:
    """Yield the facts that the recipe of public access reads, to prefetch them."""
    yield public_access, want.scope.account


def read_permissions(want: PublicAccessBlock) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("s3", "GetAccountPublicAccessBlock")


def write_permissions(want: PublicAccessBlock) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("s3", "PutAccountPublicAccessBlock")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the block, if all four switches are on."""
    have = facts.read(public_access, scope.account)
    want = PublicAccessBlock(scope=scope)
    if all(have.values()):
        yield Described(want)
    elif any(have.values()):
        yield NotExpressible(want.address, tuple(f"{name} is off" for name, on in have.items() if not on))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("s3", "GetAccountPublicAccessBlock")


KIND = Kind(
    ensure_public_access_block,
    public_access_reads,
    resource=PublicAccessBlock,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="No bucket of the account is public, whatever its own settings and policy say.",
        why="One switch above all buckets, present and future: a slip in one of them opens nothing.",
        undo=(TAKE_OUT, "aws s3control delete-public-access-block --account-id ACCOUNT"),
        controls=("CIS 2.1.4", "FSBP S3.1"),
    ),
    word="public-access-block",
    found_by="there is one",
    owns="all four switches",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="who stops using awsbase does not ask for public buckets"),
)
