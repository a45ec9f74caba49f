"""Identity providers of OpenID Connect: whose tokens the account accepts in place of keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime

from awsbase.access.assuming import accepts
from awsbase.access.attributes import retagging
from awsbase.access.comparison import shortened
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.quotas import OIDC_CLIENTS, OIDC_PROVIDERS, first_out, others, room_beside
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.facts import tags
from awsbase.facts.authorization import ALL_OF_IAM, RoleFacts, authorization, roles
from awsbase.policies.document import listed, principals
from awsbase.records import record

HTTPS = "https://"


@record(kw_only=True)
class OidcProvider(Resource):
    """The provider of one URL, which has these audiences among its client ids; those of others stay.

    It gets no thumbprint. AWS verifies the certificates of most providers by its own list of authorities, and where it
    does not, a thumbprint is what somebody chose.
    """

    url: str
    audiences: frozenset[str]
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """The URL as ARNs and condition keys have it."""
        return self.url.removeprefix(HTTPS)

    @property
    def address(self) -> str:
        return f"oidc-provider/{self.issuer}"

    @property
    def arn(self) -> str:
        return self.scope.global_arn("iam", f"oidc-provider/{self.issuer}")


@record
class ProviderFacts:
    """A provider as it is."""

    audiences: frozenset[str]
    tags: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None


def oidc_provider(facts: Facts, arn: str) -> ProviderFacts | None:
    """Return one provider with its tags; None when it is not there."""
    from botocore.exceptions import ClientError

    try:
        have = facts.aws.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return None
    labels = {tag["Key"]: tag["Value"] for tag in have.get("Tags", [])}
    return ProviderFacts(frozenset(have.get("ClientIDList", [])), labels, have.get("CreateDate"))


def oidc_providers(facts: Facts) -> tuple[str, ...]:
    """List the ARNs of the account's providers."""
    answer = facts.aws.iam.list_open_id_connect_providers()
    return tuple(each["Arn"] for each in answer["OpenIDConnectProviderList"])


def provider_reads(want: OidcProvider) -> Iterator[Read]:
    """Yield the facts that the recipe of a provider reads, to prefetch them."""
    yield oidc_provider, want.arn
    yield (authorization,)


def ensure_oidc_provider(run: Run, want: OidcProvider) -> str:
    """Keep one provider with the audiences that the manifest needs; returns its ARN."""
    iam = run.aws.iam
    have = run.read(oidc_provider, want.arn)
    untagged = tags.missing(have.tags, tags.wanted(want)) if have else {}
    missing = sorted(want.audiences - have.audiences) if have else []
    if have is None:
        arns = others(run, want, lambda each: each.arn)
        remedy = "delete {excess} that nobody needs"
        room_beside(run, OIDC_PROVIDERS, "IAM", held=run.read(oidc_providers), wanted=arns, remedy=remedy)
    else:
        remedy = "take away {excess} client ids that nobody needs"
        first_out(run, OIDC_CLIENTS, want.address, held=len(have.audiences), coming=len(missing), remedy=remedy)

    if have is None:
        run.create(
            "oidc provider",
            iam.create_open_id_connect_provider,
            risk=access(opening(run, want, want.audiences)),
            Url=want.url,
            ClientIDList=sorted(want.audiences),
            Tags=tags.pairs(tags.with_origin(want)),
        )
        have = ProviderFacts(want.audiences, tags.wanted(want))
    run.created_at(have.created)

    for audience in missing:
        run.create(
            f"client id {audience}",
            iam.add_client_id_to_open_id_connect_provider,
            risk=access(opening(run, want, frozenset({audience}))),
            OpenIDConnectProviderArn=want.arn,
            ClientID=audience,
        )

    if untagged:
        drift: list[Drift] = compare(have.tags, untagged)
        run.update(
            "tags",
            drift,
            iam.tag_open_id_connect_provider,
            risk=access(retagging(run, have.tags, untagged)),
            OpenIDConnectProviderArn=want.arn,
            Tags=tags.pairs(untagged),
        )
    return want.arn


def opening(run: Run, want: OidcProvider, audiences: frozenset[str]) -> str:
    """Say which roles are open to more tokens once the provider accepts these audiences.

    A role that trusts a provider which is not there lets nobody in, and one that names no audience takes any. The trust
    of the manifest's own roles stands in the plan by itself.
    """
    managed = {each.address for each in run.resources}
    strangers = [role for role in trusting(run, want.arn) if f"role/{role.name}" not in managed]
    opened = sorted(f"role {role.name}" for role in strangers if accepts(role.trust, want.arn, audiences))
    return f"tokens of {want.issuer} let in to {shortened(opened, ', ')} from then on" if opened else ""


def trusting(run: Run, arn: str) -> Iterator[RoleFacts]:
    """Yield the roles whose trust names a provider."""
    for role in run.read(roles).values():
        statements = (each for each in listed(role.trust.get("Statement")) if isinstance(each, Mapping))
        if any(("Federated", arn) in principals(each.get("Principal")) for each in statements):
            yield role


def remove_oidc_provider(run: Run, want: OidcProvider) -> None:
    """Delete a provider that this manifest made, unless a role that stays trusts it."""
    have = run.read(oidc_provider, want.arn)
    if have is None or not tags.made_here(run, want, have.tags):
        return
    names = (role.name for role in trusting(run, want.arn))
    if staying := sorted(f"role {name}" for name in names if not run.is_gone(f"role/{name}")):
        run.note(f"kept: {shortened(staying, ', ')} {'trusts' if len(staying) == 1 else 'trust'} it")
        return

    run.delete("oidc provider", run.aws.iam.delete_open_id_connect_provider, OpenIDConnectProviderArn=want.arn)


def existing_oidc_providers(facts: Facts, scope: Scope) -> Things:
    """Yield each provider of the account."""
    for arn in facts.read(oidc_providers):
        issuer = arn.partition(":oidc-provider/")[2]
        have = facts.read(oidc_provider, arn)
        if have is None:
            yield NotExpressible(f"oidc-provider/{issuer}", ("deleted while it was read",))
            continue
        found = OidcProvider(
            scope=scope, url=f"{HTTPS}{issuer}", audiences=have.audiences, tags=tags.of_others(have.tags)
        )
        yield Described(found, tags=have.tags)


def list_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing all of them needs."""
    yield allow("iam", "ListOpenIDConnectProviders")
    yield allow("iam", "GetOpenIDConnectProvider", on=(scope.global_arn("iam", "oidc-provider/*"),))


def read_permissions(want: OidcProvider) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield ALL_OF_IAM
    yield allow("iam", "ListOpenIDConnectProviders")
    yield allow("iam", "GetOpenIDConnectProvider", on=(want.arn,))


def write_permissions(want: OidcProvider) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow(
        "iam",
        *("CreateOpenIDConnectProvider", "AddClientIDToOpenIDConnectProvider", "TagOpenIDConnectProvider"),
        on=(want.arn,),
    )


def removal_permissions(want: OidcProvider) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("iam", "DeleteOpenIDConnectProvider", on=(want.arn,))


KIND = Kind(
    ensure_oidc_provider,
    provider_reads,
    resource=OidcProvider,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="An identity provider, such as GitHub, whose short-lived tokens roles of the account may trust.",
        why="A pipeline proves with a token of its own who it is, and no access key is stored anywhere.",
        undo=(
            TAKE_OUT,
            "aws iam delete-open-id-connect-provider --open-id-connect-provider-arn ARN",
            "whatever takes a role by its tokens stops at once",
        ),
        controls=("CIS 1.13", "FSBP IAM.3"),
    ),
    word="oidc-provider",
    found_by="URL",
    owns="the client ids that the manifest needs",
    keeps="other client ids, thumbprints, tags",
    quotas=(OIDC_PROVIDERS, OIDC_CLIENTS),
    describe=Describe(existing_oidc_providers, list_permissions),
    absent=Absent(remove_oidc_provider, permissions=removal_permissions),
)
