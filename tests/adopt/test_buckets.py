"""General buckets are drafted as the manifest said that made them; others are told with the reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import yaml

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections import buckets as section
from awsbase.adopt.seen import Seen
from awsbase.adopt.survey import things_of
from awsbase.engine.facts import Facts, ReadCache
from awsbase.engine.things import Described
from awsbase.ensure import KINDS
from awsbase.manifest.base import Base
from awsbase.testing.sample import HOME, account
from tests.adopt.reconciled import account_of

MANIFEST = """\
version: 1
account: {id: "123456789012", name: acme, region: eu-west-1}
iam:
  groups: {Developers: {policies: []}}
  roles: {app: {trust: {services: [ec2.amazonaws.com]}}}
state: {}
buckets:
  releases: {preset: releases, key: own, readers: [app], writers: [Developers], lock: {}}
  site: {cloudfront: [E2EXAMPLE7ABC], transitions: {STANDARD_IA: 30, GLACIER_IR: 60}}
  other-name:
    bucket: other-name
    key: alias/acme-data
    readers: [Developers]
    expire_days: 300
    unfinished_uploads_days: 1
    versions: {keep_days: 40, at_least: 5, transitions: {GLACIER: 1}}
    cors:
      origins: ["https://app.acme.example"]
      methods: [PUT]
      headers: [Content-Type]
      expose: []
      max_age_seconds: 60
  plain: {writers: [app], replicate: {account: "123456789012", bucket: acme-copies, deletions: true}}
  copies: {key: own, lock: {days: 45}, replicas_from: {account: "123456789012", role: acme-replicates-plain}}
"""


def test_buckets_are_drafted_as_the_manifest_said_that_made_them() -> None:
    sandbox = account_of(MANIFEST)
    for name, region in (("theirs", "eu-west-1"), ("acme-london", "eu-west-2")):
        there = {"LocationConstraint": region}
        sandbox.client("s3", region).create_bucket(Bucket=name, CreateBucketConfiguration=there)
    reached, draft = account(sandbox, None), Draft("buckets")
    with ThreadPoolExecutor(4) as readers:
        facts = Facts(reached.aws, readers, ReadCache())
        found = chain.from_iterable(things_of(facts, reached, KINDS[kind], HOME) for kind in section.KINDS)
        described = tuple(each for each in found if isinstance(each, Described))
        # What the section state makes by itself, a plan finds out.
        seen = Seen(Base("acme", HOME, {}), facts, described, taken=frozenset({"bucket/acme-state"}))
        section.draft(seen, draft)

    said: Any = yaml.safe_load(MANIFEST)["buckets"]
    assert draft.value == said
    assert draft.reasons == {
        "bucket/theirs": ("policy: no statement of awsbase in it, or one of another section",),
        "bucket/acme-london@eu-west-2": ("region: a manifest keeps buckets in eu-west-1",),
    }
