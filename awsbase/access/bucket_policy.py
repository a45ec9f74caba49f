"""Bucket policies: the statements that are ours, and what those of others do to those who need the bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field

from awsbase.access.denials import Refusals, Request, refusals, services
from awsbase.access.public import is_public
from awsbase.engine.references import Reference
from awsbase.engine.scope import Scope
from awsbase.errors import AwsbaseError
from awsbase.facts.buckets import OURS, BucketFacts, bucket_arn
from awsbase.policies.document import Document, listed
from awsbase.records import record

SSE = "s3:x-amz-server-side-encryption"
ENCRYPTED = (SSE, f"{SSE}-aws-kms-key-id", f"{SSE}-customer-algorithm")
# The groups of AWS that are everybody, or everybody with an account of any kind.
EVERYBODY = {"AllUsers", "AuthenticatedUsers"}


def only_under(key: str, scope: Scope, name: str) -> tuple[Document, ...]:
    """Make the statements that refuse uploads under any key but the one that stands at the address `key`.

    An upload that says nothing of encryption passes: the bucket encrypts it with its own key.
    """
    header, named, brought = ENCRYPTED
    # "Not equal", with IfExists or without, also holds for a header that is not there: hence Null, which asks for it.
    conditions: dict[str, Document] = {
        "OtherEncryption": {"Null": {header: "false"}, "StringNotEquals": {header: "aws:kms"}},
        "OtherKey": {"Null": {named: "false"}, "StringNotEquals": {named: Reference(key)}},
        # Asked for aws:kms without a key, S3 takes the key aws/s3 and not that of the bucket.
        "UnnamedKey": {"Null": {named: "true"}, "StringEquals": {header: "aws:kms"}},
        "BroughtKey": {"Null": {brought: "false"}},
    }
    return tuple(
        {
            "Sid": f"{OURS}No{sid}",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn(scope, name)}/*",
            "Condition": condition,
        }
        for sid, condition in conditions.items()
    )


def is_ours(statement: object) -> bool:
    """Tell whether awsbase wrote this statement of a policy."""
    return isinstance(statement, Mapping) and str(statement.get("Sid", "")).startswith(OURS)


class PublicBucket(AwsbaseError):
    """The bucket to be adopted is open to the world on purpose."""


class Obstructed(AwsbaseError):
    """A policy that others wrote refuses those for whom the bucket is there."""


@record
class Use:
    """Who needs a bucket: services by our statements, and people of the account if they upload to it.

    `headers` are what a service puts into each upload, by the name of the service.
    """

    name: str
    named_at: str
    key: object = None
    statements: Sequence[Document] = ()
    people: bool = False
    headers: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


def theirs(have: BucketFacts) -> list[object]:
    """Return the statements of a bucket policy that others wrote."""
    return [statement for statement in listed(have.policy.get("Statement")) if not is_ours(statement)]


def closed(have: BucketFacts, use: Use) -> None:
    """Raise PublicBucket for a bucket that its policy or its ACL opens to the world."""
    advice = f"choose another name in {use.named_at}"
    for statement in listed(have.policy.get("Statement")):
        if is_public(statement):
            raise PublicBucket(
                f"a statement of the bucket policy of {use.name!r} lets everybody in, and what this bucket is to hold "
                f"is nobody else's business: {json.dumps(statement)}",
                hint=f"remove that statement, or {advice}; S3 takes it for public unless a condition names fixed "
                "callers, such as aws:SourceArn, aws:SourceVpce or aws:PrincipalOrgID without a wildcard",
            )
    world = sorted(EVERYBODY & have.acl.keys())
    if world and not have.block.get("IgnorePublicAcls"):
        raise PublicBucket(
            f"the ACL of {use.name!r} lets everybody in: {granted({who: have.acl[who] for who in world})}",
            hint=f"set it with `aws s3api put-bucket-acl --bucket {use.name} --acl private`, or {advice}",
        )


def granted(acl: Mapping[str, Sequence[str]]) -> str:
    """Return what an ACL grants to others in one line."""
    return "; ".join(f"{who}: {', '.join(rights)}" for who, rights in sorted(acl.items()))


def obstacles(have: BucketFacts, use: Use, scope: Scope) -> list[str]:
    """Raise Obstructed when statements of others refuse those whom the bucket is for; return what to look at.

    A bucket that is not there yet has no statements of others.
    """
    foreign, notes = theirs(have), []
    refused: dict[str, list[str]] = {}
    for request in services(use.statements, scope, use.headers):
        found = refusals(foreign, request)
        what = f"{request.sender[1]} {request.action}"
        for name in found.certain:
            refused.setdefault(name, []).append(what)
        notes += [f"{name} of the bucket policy may refuse {what}: see that it does not" for name in found.possible]
    if use.people:
        uploads_refused, advice = refused_to_people(foreign, use, scope)
        refused |= {name: [*refused.get(name, ()), *whats] for name, whats in uploads_refused.items()}
        notes += advice
    if refused:
        whole = "; ".join(f"{name} refuses {', '.join(dict.fromkeys(whats))}" for name, whats in refused.items())
        raise Obstructed(
            f"the bucket policy of {use.name!r} keeps out those whom the bucket is for: {whole}",
            hint="take that statement out of the policy, or except them in its Condition or Principal; "
            f"or choose another name in {use.named_at}",
        )
    return list(dict.fromkeys(notes))


def refused_to_people(foreign: list[object], use: Use, scope: Scope) -> tuple[dict[str, list[str]], list[str]]:
    """Return what the statements of others refuse to people of the account, by statement, and what to look at.

    An upload may name the key of the bucket or say nothing of encryption. Where one way is left, a note says so.
    """
    arn = bucket_arn(scope, use.name)
    known = {"aws:securetransport": "true", "aws:principalisawsservice": "false", "aws:principalaccount": scope.account}

    def asked(action: str, resource: str, headers: Mapping[str, object] | None = None) -> Refusals:
        return refusals(foreign, Request(("AWS", scope.account), action, resource, {**known, **(headers or {})}))

    bare = asked("s3:PutObject", f"{arn}/*", dict.fromkeys(ENCRYPTED))
    named = asked("s3:PutObject", f"{arn}/*", with_key(use.key))
    refused: dict[str, list[str]] = {}
    notes = []
    for name in {*bare.certain, *named.certain} if bare.certain and named.certain else ():
        refused[name] = ["every upload under the key of the bucket"]
    if bare.certain and not named.certain:
        notes.append(
            f"{' and '.join(bare.certain)} of the bucket policy: refused are uploads that say nothing of encryption, "
            "such as the lock files of OpenTofu before 1.10.2; that can go, since the bucket encrypts by itself"
        )
    if named.certain and not bare.certain:
        notes.append(
            f"{' and '.join(named.certain)} of the bucket policy: refused are uploads that name the key of the bucket; "
            "leave kms_key_id out of the backend"
        )
    for action, resource in (("s3:ListBucket", arn), ("s3:GetObject", f"{arn}/*"), ("s3:DeleteObject", f"{arn}/*")):
        found = asked(action, resource)
        if action == "s3:DeleteObject":
            # Nobody needs to delete but who unlocks, and a table may hold the lock.
            notes += [f"{name} of the bucket policy refuses to delete lock files" for name in found.certain]
            continue
        for name in found.certain:
            refused.setdefault(name, []).append(f"{action} to everybody")
        notes += [f"{name} of the bucket policy lets in some people only: see who" for name in found.possible]
    return refused, notes


def with_key(key: object) -> dict[str, object]:
    """Return the headers of an upload that names a key; without a key those of an upload under S3's own."""
    sse, named, brought = ENCRYPTED
    if key is None:
        return {sse: "AES256", named: None, brought: None}
    return {sse: "aws:kms", named: key, brought: None}
