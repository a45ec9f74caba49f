"""Plans of AWS Backup say what AWS keeps, and what it would not keep is a mistake of the manifest."""

from __future__ import annotations

import pytest

from awsbase.manifest.manifest import Manifest
from tests.manifest.saying import ACCOUNT, mistakes
from tests.manifest.test_backups import of

BACK = "arn:aws:backup:eu-west-1:111122223333:backup-vault:back-backups"


def test_a_plan_alone_gets_a_locked_vault_a_role_and_what_it_needs() -> None:
    made = of("backups: {ebs: false, plans: {data: {}}}")
    assert list(made) == [
        "key/acme-backups",
        "backup-vault/acme-backups",
        "backup-settings/region",
        "role/acme-backup",
        "backup-plan/data",
    ]
    plan, vault = made["backup-plan/data"], made["backup-vault/acme-backups"]
    assert [each.said for each in plan.rules] == ["cron(0 3 * * ? *) into acme-backups, kept 35 days"]
    assert (plan.having, len(plan.resources)) == ({"backup": "true"}, 5)
    assert (vault.lock.least, vault.lock.final_after) == (7, None)
    assert set(plan.needs()) == {"backup-vault/acme-backups", "role/acme-backup", "backup-settings/region"}
    assert made["backup-settings/region"].services == {"RDS", "Aurora", "DynamoDB", "EFS", "S3"}


@pytest.mark.parametrize(
    ("said", "managed"),
    [
        ("{}", set()),
        ("{services: [dynamodb], rules: {a: {cold_after_days: 1, keep_days: 91}}}", {"DynamoDB"}),
        (f"{{copies: [{{vault: '{BACK}'}}]}}", {"DynamoDB"}),
        (f"{{services: [rds], copies: [{{vault: '{BACK}'}}]}}", set()),
    ],
)
def test_copies_of_tables_are_left_to_dynamodb_unless_they_move(said: str, managed: set[str]) -> None:
    assert of(f"backups: {{plans: {{data: {said}}}}}")["backup-settings/region"].managed == managed


def test_rights_to_buckets_are_given_only_where_buckets_are_copied() -> None:
    for services, rights in (("[rds]", 0), ("[rds, s3]", 2)):
        role = of(f"backups: {{plans: {{data: {{services: {services}}}}}}}")["role/acme-backup"]
        assert sum("S3" in arn for arn in role.policies) == rights


def test_the_account_with_the_vault_makes_no_more_than_that() -> None:
    made = of('backups: {ebs: false, vault: {copies_from: ["210987654321"]}}')
    assert list(made) == ["key/acme-backups", "backup-vault/acme-backups"]


MISTAKES = {
    "cold for too short": (
        "plans: {data: {services: [efs], rules: {a: {cold_after_days: 30, keep_days: 119}}}}",
        "keep_days: 120 or more",
    ),
    "cold where AWS has none": (
        "plans: {data: {rules: {a: {cold_after_days: 30, keep_days: 400}}}}",
        "nothing of rds and aurora and s3 in cold storage",
    ),
    "continuous for too long": ("plans: {data: {rules: {a: {continuous: true, keep_days: 36}}}}", "35 days at most"),
    "continuous and cold": (
        "plans: {data: {rules: {a: {continuous: true, cold_after_days: 1}}}}",
        "does not move to cold storage",
    ),
    "two rhythms": ("plans: {data: {rules: {a: {days: [sunday], day_of_month: 1}}}}", "both days and day_of_month"),
    "no time to finish": ("plans: {data: {rules: {a: {start_within_hours: 168}}}}", "write at least 169"),
    "shorter than the lock": ("plans: {data: {rules: {a: {keep_days: 6}}}}", "less than 7 days"),
    "longer than the lock": (
        "{vault: {lock: {keep_at_most_days: 30}}, plans: {data: {}}}",
        "more than 30 days",
    ),
    "lock without room": ("vault: {lock: {keep_at_least_days: 9, keep_at_most_days: 8}}", "write at least 9"),
    "cooling off": ("vault: {lock: {final_after_days: 2}}", "3"),
    "copies from itself": ('vault: {copies_from: ["123456789012"]}', "the account itself"),
    "copies to itself": (
        f"plans: {{data: {{copies: [{{vault: '{BACK.replace('111122223333', '123456789012')}'}}]}}}}",
        "lost together with the first",
    ),
    "copies to another partition": (
        f"plans: {{data: {{copies: [{{vault: '{BACK.replace('arn:aws:', 'arn:aws-cn:')}'}}]}}}}",
        "outside of aws",
    ),
    "no ARN": ("plans: {data: {copies: [{vault: back-backups}]}}", "arn:aws:backup:eu-west-1"),
    "plan name": ("plans: {my plan: {}}", "1 to 50 letters"),
}


@pytest.mark.parametrize(("said", "why"), MISTAKES.values(), ids=MISTAKES)
def test_what_aws_would_not_keep_is_a_mistake(said: str, why: str) -> None:
    said = said if said.startswith("{") else f"{{{said}}}"
    assert why in str(mistakes(f"{ACCOUNT}backups: {said}\n", Manifest))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("{vault: {lock: {final_after_days: 2}}}", "backups.vault.lock.final_after_days: must be at least 3, not 2"),
        (
            "{vault: {lock: {keep_at_least_days: 9, keep_at_most_days: 8}}}",
            "backups.vault.lock: keep_at_most_days is 8, less than keep_at_least_days, write at least 9",
        ),
        (
            "{plans: {data: {services: [rdss]}}}",
            "backups.plans.data.services[0]: must be rds, aurora, dynamodb, efs or s3, not 'rdss', did you mean 'rds'?",
        ),
        ("{vault: {lock: true}}", "backups.vault.lock: must be a mapping or false, not true"),
        ("{plans: {data: {services: []}}}", "backups.plans.data.services: must have at least 1 item, not 0"),
    ],
    ids=["in a lock that could be false", "of such a lock", "the only item of a list", "the other form", "no item"],
)
def test_one_mistake_is_reported_once(said: str, expected: str) -> None:
    assert mistakes(f"{ACCOUNT}backups: {said}\n", Manifest) == [f"m.yaml:3: {expected}"]
