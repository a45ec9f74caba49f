"""Accounts that others made are adopted with an empty plan, and each thing in them is told as what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from awsbase.engine.scope import Scope
from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import Adopted, adopted
from awsbase.testing.sample import HOME
from tests.adopt import accounts
from tests.adopt.test_contract import check
from tests.adopt.wild import wild
from tests.organizations import TAGS, regions

CHINA = Scope(HOME.account, home="cn-north-1", region="cn-north-1", name="acme")
DESCRIBED = "described"
NO_SECTION = "no section"
NOT_GENERAL = "policy: no statement of awsbase in it"
NO_TRAIL = "key: none"
EMPTY = {"regions/enabled": DESCRIBED, "existing-vpc/default": "AWS", "root/account": "billing alerts are off"}
# What each account holds, and what is told of it: that it is described, whose it is, or how the reason begins.
TOLD: Mapping[Callable[[Sandbox], None], Mapping[str, str]] = {
    accounts.nothing: EMPTY,
    accounts.bucket_with_fifty_tags: {"bucket/acme-state": "encryption"},
    accounts.state_of_a_module: {"bucket/acme-tfstate": "encryption"},
    accounts.bucket_that_denies_other_encryption: {"bucket/acme-trail-logs": NOT_GENERAL},
    accounts.bucket_with_grants: {"bucket/acme-access-logs": NOT_GENERAL},
    accounts.public_bucket: {"bucket/acme-web": NOT_GENERAL},
    accounts.ninety_nine_filters: {
        "log-group/trail-logs": NO_SECTION,
        **{f"metric-filter/trail-logs/f{number}": "a filter that feeds X" for number in range(99)},
    },
    accounts.group_with_ten_policies: {"group/Ops": DESCRIBED},
    accounts.people_with_fifty_tags: {"role/ci": "QuotaExceeded", "user/alice": "is in no group"},
    accounts.no_vpc: {"regions/enabled": DESCRIBED},
    accounts.vpc_of_ipv6: {"existing-vpc/vpc-": "subnets: none leads", "existing-subnet/subnet-": "private"},
    accounts.topic_of_others: {
        "key/": "no alias",
        "topic/acme-billing@us-east-1": "no alarm of a manifest speaks on it",
        "subscription/acme-billing/email:cfo@acme.example@us-east-1": "nobody has confirmed it yet",
        "subscription/acme-billing/email:left@acme.example@us-east-1": "nobody has confirmed it yet",
        "subscription/acme-billing/sms:+15550100@us-east-1": "its topic is none",
    },
    accounts.trail_of_objects: {"trail/main": NO_TRAIL, "bucket/trail-logs-x": NOT_GENERAL},
    accounts.trail_of_a_management_account: {"trail/org-trail": NO_TRAIL, "bucket/org-trail-logs": NOT_GENERAL},
    accounts.member_of_an_organization: {"trail/aws-controltower-BaselineCloudTrail": "AWS Organizations"},
}
WILD = {
    "account-alias/wild-shop": DESCRIBED,
    "alarm/bill over 100@us-east-1": "a billing alarm at 100 USD",
    "alarm/root used": "equals control root-use",
    "alarm/shop errors": "an alarm on AWS/Lambda",
    "bucket/wild-backup": NOT_GENERAL,
    "bucket/wild-site": NOT_GENERAL,
    "bucket/wild-stack": "CloudFormation, stack shop",
    "bucket/wild-trail": NOT_GENERAL,
    "elastic-ip/": "leads nowhere",
    "group/admins": DESCRIBED,
    "group/devs": "inline policy 'all'",
    "instance-profile/web": DESCRIBED,
    "instance/i-": "a manifest says no machine",
    "internet-gateway/igw-": "a manifest has it in a VPC of its own",
    "key-pair/ann@laptop": DESCRIBED,
    "key-pair/laptop": DESCRIBED,
    "key/app": "rotation",
    "launch-template/web": "'' is no instance type",
    "log-group//aws/lambda/shop": "retention: it keeps its events for ever",
    "log-group/CloudTrail/logs": "retention: it keeps its events for ever",
    "metric-filter/CloudTrail/logs/Root": "equals control root-use",
    "password-policy/account": DESCRIBED,
    "policy/shop": DESCRIBED,
    "role/AWSDataLifecycleManagerDefaultRole": DESCRIBED,
    "role/aws-controltower-ForwardSnsNotificationRole": "AWS Control Tower",
    "role/cdk-hnb659fds-deploy-role-123456789012-eu-west-1": "AWS CDK",
    "role/open": DESCRIBED,
    "role/partner": DESCRIBED,
    "role/shop-lambda": "CloudFormation, stack shop",
    "role/stacksets-exec-0123456789abcdef": "StackSets",
    "role/web": DESCRIBED,
    "secret/rds!db-0123": "rds",
    "secret/shop/api": DESCRIBED,
    "secret/shop/key": "key: no manifest keeps key/app",
    "security-group/web": DESCRIBED,
    "service-linked-role/AWSServiceRoleForsupport": "AWS",
    "snapshot-policy/policy-": "it lacks the tag awsbase:address",
    "subscription/alerts/email:ann@acme.example": "its topic is none",
    "subscription/alerts/https:https://hooks.example/": "its topic is none",
    "topic/alerts": "name: a channel's topic",
    "topic/orders@us-east-1": "name: a channel's topic",
    "trail/main": NO_TRAIL,
    "trail/old@us-east-1": "a second copy",
    "user/ann": DESCRIBED,
    "user/bob": "attachment arn:aws:iam::aws:policy/ReadOnlyAccess",
    "user/deploy": "inline policy 's3'",
}


def told(found: Adopted) -> dict[str, str]:
    """Return what is told of each thing."""
    count = found.count
    reasons: dict[str, str] = dict.fromkeys(count.described, DESCRIBED)
    reasons |= {each.name: each.owner for each in count.left_alone}
    reasons |= {each.name: "; ".join(each.fields) for each in count.not_expressible}
    return reasons | {each.name: f"unread: {each.message}" for each in count.unread}


def differences(expected: Mapping[str, str], have: Mapping[str, str]) -> dict[str, Any]:
    """Return what is told otherwise; a name that ends where AWS gives an id stands for one that begins so."""
    return {
        name: [text for each, text in have.items() if each == name or each.startswith(name)]
        for name, start in expected.items()
        if not any(text.startswith(start) for each, text in have.items() if each == name or each.startswith(name))
    }


@pytest.mark.sampled(2)
@pytest.mark.parametrize("make", TOLD, ids=lambda make: make.__name__)
def test_what_others_made_is_told_as_it_is(make: Callable[[Sandbox], None]) -> None:
    sandbox = Sandbox(pages=2)
    make(sandbox)
    sandbox.calls.clear()
    found = adopted(sandbox)
    check(sandbox, found)
    assert differences(TOLD[make], told(found)) == {}
    assert found.count.unread == ()


def test_an_account_that_grew_by_hand_is_told_thing_by_thing() -> None:
    sandbox = Sandbox(pages=2)
    wild(sandbox)
    sandbox.calls.clear()
    found = adopted(sandbox)
    check(sandbox, found)
    assert differences(WILD, told(found)) == {}
    assert found.count.unread == ()
    keys = {each.fields for each in found.count.not_expressible if each.name.startswith("key/")}
    # It was scheduled on the day of the clock, or on the day before if that has just ended.
    days = [(sandbox.clock.now() + timedelta(days=days)).date().isoformat() for days in (6, 7)]
    assert ("no alias",) in keys
    assert any(("no alias", f"state: it goes on {day}") in keys for day in days)


def test_regions_that_an_organization_closes_are_told_once_each() -> None:
    sandbox = Sandbox(pages=2, deny=[regions(HOME.region)])
    found = adopted(sandbox)
    check(sandbox, found)
    closed = [each.name for each in found.count.unread if each.closed and each.name.startswith("region ")]
    assert len(closed) == len(set(closed)) == 16
    assert told(found)["root/account"].startswith("whether billing alerts are on could not be read")


@pytest.mark.sampled(1)
@pytest.mark.parametrize("where", ["an organization that asks for tags", "China"])
def test_other_rules_and_other_partitions_change_nothing(where: str) -> None:
    scope = CHINA if where == "China" else HOME
    sandbox = Sandbox(pages=2, deny=[] if where == "China" else [TAGS])
    found = adopted(sandbox, scope=scope)
    check(sandbox, found)
    assert differences(EMPTY, told(found)) == {}
    assert found.count.unread == ()
