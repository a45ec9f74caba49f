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
    passwords,
    s3,
    sessions,
)

RULES: tuple[Rule, ...] = (
    *model.RULES,
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
    *billing.RULES,
)
