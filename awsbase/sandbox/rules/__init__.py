"""The rules of the strict sandbox, in the order in which they look at a request: one module, one row."""

from awsbase.sandbox.rule import Rule
from awsbase.sandbox.rules import (
    billing,
    cloudtrail,
    documents,
    iam,
    iam_corrections,
    identity,
    kms,
    mfa,
    model,
    monitoring,
    paging,
    passwords,
    report,
    s3,
    sessions,
    sns,
    tagging,
)

RULES: tuple[Rule, ...] = (
    *model.RULES,
    *paging.FIRST,
    *sessions.RULES,
    *identity.RULES,
    *iam.RULES,
    *mfa.RULES,
    *passwords.RULES,
    *iam_corrections.RULES,
    *documents.RULES,
    *kms.RULES,
    *s3.RULES,
    *cloudtrail.RULES,
    *sns.RULES,
    *monitoring.RULES,
    *tagging.RULES,
    *report.RULES,
    *billing.RULES,
    *paging.LAST,
)
