"""The accounts that edits begin from: what each manifest says, and what people did beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from awsbase.sandbox import Sandbox
from awsbase.testing.sample import ACCOUNT

Prepare = Callable[[Sandbox], object]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{}"
KEYS = [
    KEY.format("Gd7Tt5N4IuPtC0sN0qQpBq3rmfEtFqL1nq1s9Pz7p1A"),
    KEY.format("H1w9oU3vXkq8nB0s5m2Zr7c4Yt6pLdEaQfGhJiKlMnO"),
]
LAMBDA = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:rotate"


def untouched(sandbox: Sandbox) -> None:
    """Leave an account as it is."""


@dataclass(frozen=True)
class Start:
    """A manifest that was reconciled, with what was there `before` and what people did `after`."""

    manifest: Mapping[str, Any]
    before: Prepare = untouched
    after: Prepare = untouched


def confirmed(sandbox: Sandbox) -> None:
    """Let everybody confirm their subscription."""
    for region in ("eu-west-1", "us-east-1"):
        sns = sandbox.client("sns", region)
        for one in sns.list_subscriptions()["Subscriptions"]:
            if one["SubscriptionArn"] == "PendingConfirmation":
                sandbox.confirm(one["TopicArn"], one["Endpoint"])


def customers(sandbox: Sandbox) -> None:
    """Keep the data of customers in a bucket that awsbase did not make."""
    s3 = sandbox.client("s3", "eu-west-1")
    s3.create_bucket(Bucket="customers-acme", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="customers-acme", Key="orders", Body=b"all of them")


def function(sandbox: Sandbox) -> None:
    """Have a log group, a secret, a parameter, a repository and a volume key of somebody else."""
    customers(sandbox)
    sandbox.client("logs", "eu-west-1").create_log_group(logGroupName="theirs")
    secrets = sandbox.client("secretsmanager", "eu-west-1")
    secrets.create_secret(Name="theirs", SecretString="kept")
    sandbox.client("ssm", "eu-west-1").put_parameter(Name="/theirs/region", Value="kept", Type="String")
    sandbox.client("ecr", "eu-west-1").create_repository(repositoryName="theirs")


def unlimited(sandbox: Sandbox) -> None:
    """Have a log group of somebody else that keeps its events for ever."""
    sandbox.client("logs", "eu-west-1").create_log_group(logGroupName="/old/app")


def people(sandbox: Sandbox) -> None:
    """Have a group that denies by an inline policy, and a policy that asks for tags and paths."""
    iam = sandbox.client("iam")
    deny = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}'
    iam.create_group(GroupName="Suspended")
    iam.put_group_policy(GroupName="Suspended", PolicyName="nothing", PolicyDocument=deny)
    asks = """{"Version": "2012-10-17", "Statement": [
        {"Sid": "Prod", "Effect": "Allow", "Action": "*", "Resource": "*",
         "Condition": {"StringEquals": {"aws:PrincipalTag/team": "prod", "aws:ResourceTag/owner": "web"}}},
        {"Sid": "Dev", "Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:user/dev/*"}]}"""
    iam.create_policy(PolicyName="by-tag", PolicyDocument=asks)


SECURITY = {"email": ["sec@acme.example", "ann@acme.example"]}
NOTIFY = {"security": SECURITY, "billing": {"email": ["cfo@acme.example"]}, "quiet": {"email": ["nobody@acme.example"]}}


def all_but_the_quiet(sandbox: Sandbox) -> None:
    """Let everybody confirm but who hears the quiet channel."""
    for region in ("eu-west-1", "us-east-1"):
        for one in sandbox.client("sns", region).list_subscriptions()["Subscriptions"]:
            if one["SubscriptionArn"] == "PendingConfirmation" and not one["TopicArn"].endswith("quiet"):
                sandbox.confirm(one["TopicArn"], one["Endpoint"])


READS = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}]
TRUSTED = {"services": ["ec2.amazonaws.com"]}
LEAVE = {"Sid": "Leave", "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
CLOSE = {"Sid": "Close", "Effect": "Deny", "Action": "account:CloseAccount", "Resource": "*"}


def deploying(sandbox: Sandbox) -> None:
    """Let a role of the account dev make a bucket."""
    world = sandbox.world
    assert world
    listed = sandbox.client("organizations").list_accounts()["Accounts"]
    dev: Any = world.accounts[next(each["Id"] for each in listed if each["Name"] == "dev")]
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    dev.client("iam").create_role(
        RoleName="deploy", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )
    s3 = dev.client("s3", "eu-west-1", caller="role/deploy")
    for _ in range(3):
        with suppress(ClientError):  # what is new in an account is refused at first
            s3.create_bucket(Bucket="dev-app", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


def others_who_trust_github(sandbox: Sandbox) -> None:
    """Have a role that trusts GitHub from when there was a provider, whatever a token is for."""
    issuer = "token.actions.githubusercontent.com"
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {f"{issuer}:sub": "repo:acme/*"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    sandbox.client("iam").create_role(RoleName="old-ci", AssumeRolePolicyDocument=document)


BACK_VAULT = "arn:aws:backup:eu-west-1:111122223333:backup-vault:back-backups"

RECORDS: dict[str, dict[str, Any]] = {
    "@": {"alias": {"to": "d1.cloudfront.net"}, "MX": ["10 mail.acme.example"]},
    "shop": {"CAA": ['0 issue "amazon.com"']},
    "www": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"], "TXT": ["ours"]},
    "_sip._tcp": {"SRV": ["1 1 5060 sip.acme.example"]},
    "docs": {"CNAME": "acme.github.io"},
    "sub": {"NS": ["ns1.acme.example"], "DS": ["1 13 2 ABCD"]},
}
CERTIFICATES = {"web": {"domains": ["acme.example", "*.acme.example"]}}

STARTS: Mapping[str, Start] = {
    "nothing": Start({}),
    "old pipeline": Start({}, before=others_who_trust_github),
    "github": Start({"ci": {"github": {"repository": "acme/infra", "repository_id": "1", "owner_id": "2"}}}),
    "gitlab": Start({"ci": {"gitlab": {"project": "acme/infra"}}}),
    "theirs": Start({}, before=function),
    "contacts": Start(
        {
            "account": {"alias": "acme-first"},
            "contacts": {
                kind: {"name": "Sec", "title": "Team", "email": f"{who}@acme.example", "phone": "+1 5"}
                for kind, who in (("security", "sec"), ("billing", "cfo"), ("operations", "ops"))
            },
        }
    ),
    "channels": Start({"notify": NOTIFY}, after=all_but_the_quiet),
    "watched": Start(
        {"notify": NOTIFY, "audit": {}, "alarms": {"security": {"controls": ["trail-changes", "root-use"]}}},
        after=all_but_the_quiet,
    ),
    "money": Start(
        {
            "notify": NOTIFY,
            "alarms": {
                "billing": {"amounts": [10, 50]},
                "budget": {"amount": 100, "notify": "billing"},
                "anomaly": {"above": 20, "notify": "billing"},
            },
        },
        after=all_but_the_quiet,
    ),
    "domains": Start({"zones": {"acme.example": {"records": RECORDS}}, "certificates": CERTIFICATES}),
    "trail": Start({"audit": {"bucket_retention_days": 900, "access_logs": {}, "data_events": True}}),
    "guarded": Start(
        {
            "root": {"mfa": "hardware"},
            "protect": {"metadata_hops": 1, "config": {}, "guardduty": {"plans": ["s3"]}, "flow_logs": {}},
        }
    ),
    "network": Start(
        {
            "network": {"flow_logs": {}},
            "security_groups": {
                "web": {"description": "web", "ingress": [{"ports": 443, "cidr": ["203.0.113.0/24"]}]},
                "db": {"description": "db", "ingress": [{"ports": 5432, "groups": ["web"]}]},
            },
            "key_pairs": {"ops": {"public_key": KEYS[0]}},
        }
    ),
    "servers": Start(
        {
            "security_groups": {
                "web": {"preset": "web", "from": ["203.0.113.0/24"]},
                "db": {"preset": "db", "port": 5432, "from": ["web"]},
            },
            "key_pairs": {"ops": {"public_key": KEYS[0]}},
            "iam": {
                "roles": {
                    "app": {"preset": "instance", "only_from": ["vpc-11112222"]},
                    "plain": {"preset": "instance"},
                    "worker": {"trust": {"services": ["ec2.amazonaws.com"]}, "policies": []},
                    "ci": {"preset": "pipeline"},
                }
            },
            "launch_templates": {"web": {"security_groups": ["web"], "public_address": False, "role": "plain"}},
        }
    ),
    "bastion": Start(
        {
            "network": {},
            "iam": {
                "groups": {
                    "Ops": {"policies": ["aws:ReadOnlyAccess"]},
                    "Administrators": {"policies": ["awsbase:administrator"]},
                },
                "users": {"ann": {"groups": ["Ops"], "ssh_keys": [KEYS[0]]}, "bob": {"groups": ["Ops"]}},
            },
            "bastion": {"mode": "ssh", "allow": ["203.0.113.0/24"]},
        }
    ),
    "kept": Start(
        {
            "iam": {"groups": {"Ops": {"policies": []}, "Writers": {"policies": []}}},
            "state": {"writers": ["Writers"]},
            "secrets": {"app/db": {"generate": {}, "readers": ["Ops"]}},
        },
    ),
    "buckets": Start(
        {
            "iam": {"groups": {"Ops": {"policies": []}, "Writers": {"policies": []}}},
            "buckets": {
                "data": {
                    "key": "own",
                    "readers": ["Ops"],
                    "writers": ["Writers"],
                    "versions": {"keep_days": 365, "at_least": 10},
                    "expire_days": 900,
                    "lock": {"days": 30},
                    "cors": {"origins": ["https://acme.example"]},
                    "cloudfront": ["E2EXAMPLE7ABC"],
                },
                "plain": {
                    "preset": "releases",
                    "writers": ["Writers"],
                    "replicate": {"account": ACCOUNT, "bucket": "acme-copies"},
                },
                "copies": {"replicas_from": {"account": ACCOUNT, "role": "acme-replicates-plain"}},
            },
        },
    ),
    "people": Start(
        {
            "account": {"tags": {"owner": "platform"}},
            "iam": {
                "password_policy": {"max_age_days": 90},
                "policies": {"read": {"statements": READS}},
                "groups": {
                    "Ops": {"policies": ["read"]},
                    "Empty": {"policies": []},
                    "Suspended": {"policies": []},
                    "Administrators": {"policies": ["awsbase:administrator"]},
                },
                "users": {
                    "ann": {"groups": ["Administrators"]},
                    "bob": {"groups": ["Empty"], "tags": {"team": "web"}},
                    "eve": {"groups": ["Empty", "Suspended"]},
                },
                "roles": {"app": {"trust": TRUSTED, "policies": ["read"], "boundary": "aws:ReadOnlyAccess"}},
            },
        },
        before=people,
    ),
    "organization": Start(
        {
            "organization": {
                "units": ["Workloads", "Security"],
                "policies": {"stay": {"statements": [LEAVE, CLOSE], "on": ["Workloads"]}},
                "services": ["account"],
                "new_accounts": {"dev": {"email": "aws+dev@acme.example", "unit": "Workloads"}},
            }
        },
        after=deploying,
    ),
    "fleet": Start(
        {
            "fleet": {"code": "fleet.zip"},
            "fleet_access": {"hub": "210987654321", "organization": "o-acme123456"},
        }
    ),
    "written": Start(
        {
            "log_groups": {
                "/app/pay": {"retention_days": 400, "protect": True, "mask": ["EmailAddress"], "writers": ["server"]},
                "/app/web": {},
            },
            "repositories": {"api": {"readers": ["server"], "accounts": ["210987654321"]}},
            "iam": {
                "roles": {
                    "server": {"trust": TRUSTED, "policies": []},
                    "other": {"trust": TRUSTED, "policies": []},
                }
            },
        },
        before=unlimited,
    ),
    "backups": Start({"backups": {"ebs": {"schedules": {"daily": {"keep_days": 14}, "weekly": {"days": ["monday"]}}}}}),
    "vault": Start(
        {
            "backups": {
                "ebs": False,
                "vault": {"lock": {"keep_at_least_days": 14, "keep_at_most_days": 400}},
                "plans": {
                    "data": {
                        "services": ["dynamodb", "efs"],
                        "rules": {
                            "daily": {},
                            "monthly": {"day_of_month": 1, "keep_days": 400, "cold_after_days": 30},
                        },
                        "copies": [{"vault": BACK_VAULT, "keep_days": 60}],
                    }
                },
            }
        }
    ),
    "mail": Start(
        {
            "zones": {"acme.example": {}},
            "iam": {"groups": {"Ops": {"policies": []}, "Web": {"policies": []}}},
            "mail": {
                "domains": {"acme.example": {"dmarc": "reject"}},
                "smtp": {"from": ["app@acme.example"], "readers": ["Web"]},
            },
        }
    ),
}
